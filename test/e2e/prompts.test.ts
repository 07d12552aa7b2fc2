/** Prompts in a real browser: drawn for the run that is selected, read in its tokens, kept, and removed with the keyboard. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, isBuilt, launchBrowser, startServed, type Served } from '../fixtures/served'

const workspace = mkdtempSync(join(tmpdir(), 'grokscope-e2e-'))
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const complaints: string[] = []
let served: Served
let browser: Browser
let page: Page

beforeAll(async () => {
  if (!isBuilt || !chromiumPath) return
  served = await startServed(workspace)
  browser = await launchBrowser()
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(served.address)
})
afterAll(async () => {
  await browser?.close()
  await served?.stop()
  rmSync(workspace, { recursive: true, force: true })
})

async function violations(): Promise<readonly string[]> {
  await page.evaluate(axeSource)
  const found = await page.evaluate<string>(
    `axe.run(document).then(({ violations }) => JSON.stringify(violations.map((v) => v.id + ': ' + v.nodes[0].html.slice(0, 200))))`,
  )
  return JSON.parse(found) as string[]
}

describe.skipIf(!isBuilt || !chromiumPath)('the Prompts view', () => {
  test('draws prompts in the tokens of the selected run, keeps them and removes them with the keyboard', async () => {
    await page.getByRole('treeitem', { name: /No regularization/ }).first().click()
    await page.getByRole('button', { name: 'Prompts', exact: true }).click()
    await page.getByRole('button', { name: 'New prompt set' }).first().click()
    await page.getByText('100 of 100 prompts fit this tokenizer.').waitFor()

    const residues = page.locator('.prompt-table tbody tr').first()
    const [clean, corrupted] = await Promise.all(['clean', 'corrupted'].map((kind) => residues.locator(`.prompt-text-${kind} mark`).allTextContents()))
    expect([clean!.length, corrupted!.length]).toEqual([1, 1])
    expect(clean).not.toEqual(corrupted)
    expect(await violations()).toEqual([])

    await page.getByRole('textbox', { name: 'Name' }).fill('sums by hand')
    await page.getByRole('button', { name: 'Keep in the project' }).click()
    const kept = page.locator('.set-list-set', { hasText: 'sums by hand' })
    await kept.and(page.locator('[aria-current]')).waitFor()
    expect(await violations()).toEqual([])

    await kept.focus()
    await page.keyboard.press('Delete')
    await page.getByText('100 prompts with their answers leave the project').waitFor()
    await page.getByRole('button', { name: 'Remove the set' }).press('Enter')
    await page.getByText('No prompt set yet').waitFor()
    expect(await kept.count()).toBe(0)
  })

  test('nothing was complained about on the console', () => {
    expect(complaints).toEqual([])
  })
})
