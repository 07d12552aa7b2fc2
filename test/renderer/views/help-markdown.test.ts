import { linkedPage, pageHtml } from '@renderer/views/help/markdown'
import { describe, expect, test } from 'vitest'

/** The page as the browser would hold it. */
function page(markdown: string, name = 'glossary'): HTMLElement {
  const element = document.createElement('article')
  element.innerHTML = pageHtml(markdown, name)
  return element
}

describe('a help page', () => {
  test.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    'text <b onclick="alert(1)">bold</b>',
    '[x](javascript:alert(1))',
    '![x](https://elsewhere.example/pixel.png)',
    '<iframe src="https://elsewhere.example"></iframe>',
  ])('lets no HTML of its own through: %s', (markdown) => {
    const html = page(markdown)

    expect(html.querySelector('script, img, iframe, b, [onclick], [onerror]')).toBeNull()
    expect(html.innerHTML).not.toMatch(/href="javascript/)
  })

  test('shows Markdown as headings, tables and code', () => {
    const html = page('# Title\n\n| a | b |\n|---|---|\n| 1 | `2` |\n')

    expect([html.querySelector('h1')?.textContent, html.querySelector('td code')?.textContent]).toEqual(['Title', '2'])
  })

  test.each([
    ['symptoms.md', 'glossary', 'symptoms'],
    ['errors/CANCELLED.md', 'glossary', 'errors/CANCELLED'],
    ['../glossary.md#mask', 'errors/CANCELLED', 'glossary'],
    ['INTERNAL.md', 'errors/CANCELLED', 'errors/INTERNAL'],
    ['https://arxiv.org/abs/2310.13061', 'glossary', undefined],
  ])('a link to %s on %s leads to the page %s', (href, from, name) => {
    expect(linkedPage(href, from)).toBe(name)
  })
})
