/**
 * The help pages' Markdown as HTML. The pages are this program's own, and still nothing but Markdown comes through: raw
 * HTML is shown as text, pictures are left out, and a link leads to another page here or to an https address.
 */
import { Marked, type Tokens } from 'marked'

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** The page a link on `from` leads to, as a name without suffix; undefined when it leads out. */
export function linkedPage(href: string, from: string): string | undefined {
  const path = /^([\w./-]+)\.md(?:#.*)?$/.exec(href)?.[1]
  if (path === undefined) return undefined
  const parts = [...from.split('/').slice(0, -1), ...path.split('/')]
  const walked: string[] = []
  for (const part of parts) {
    if (part === '..') walked.pop()
    else if (part !== '.') walked.push(part)
  }
  return walked.join('/')
}

/** The HTML of a page; `page` is its own name, which relative links start from. */
export function pageHtml(markdown: string, page: string): string {
  const marked = new Marked({
    gfm: true,
    renderer: {
      html: ({ text }: Tokens.HTML | Tokens.Tag) => escaped(text),
      image: ({ text }: Tokens.Image) => escaped(text),
      link(token: Tokens.Link) {
        const words = this.parser.parseInline(token.tokens)
        const inner = linkedPage(token.href, page)
        if (inner !== undefined) return `<a href="#" data-page="${escaped(inner)}">${words}</a>`
        if (!/^https:\/\//.test(token.href)) return words
        return `<a href="${escaped(token.href)}" target="_blank" rel="noreferrer noopener">${words}</a>`
      },
    },
  })
  return marked.parse(markdown, { async: false })
}
