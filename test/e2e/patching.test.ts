/** Patching a trained transformer in a real browser over the real program: which sites carry the answer. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../tools/sources'
import { chromiumPath, isBuilt, launchBrowser, startServed, type Served } from '../fixtures/served'

const workspace = mkdtempSync(join(tmpdir(), 'grokscope-e2e-'))
const project = join(workspace, 'heads.grokscope')
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const complaints: string[] = []
let served: Served
let browser: Browser
let page: Page

beforeAll(async () => {
  if (!isBuilt || !chromiumPath) return
  copyFileSync(join(root, 'resources/samples/induction.grokscope'), project)
  served = await startServed(workspace, ['--project', project])
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

const map = (name: 'positions' | 'heads'): Locator => page.locator(`.patching-${name}`)
const readings = async (): Promise<readonly number[]> =>
  (await page.locator('.pairs-panel-readings > div').evaluateAll((all) => all.map((one) => one.getAttribute('title') ?? ''))).map(
    (exact) => Number(exact.replace('−', '-')),
  )
const isWhole = (name: 'positions' | 'heads'): Promise<boolean> =>
  map(name).evaluate((panel) => !panel.textContent!.includes('partial') && panel.querySelector('canvas') !== null)

/** Walks to a cell from the upper left corner and chooses it. */
async function choose(name: 'positions' | 'heads', { layer, column }: { layer: number; column: number }): Promise<void> {
  await map(name).locator('.heatmap').focus()
  await page.keyboard.press('Escape')
  await page.keyboard.press('ArrowRight')
  for (let i = 0; i < Math.min(column, 60); i++) await page.keyboard.press('ArrowRight')
  for (let i = 0; i < layer; i++) await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
}

async function violations(): Promise<readonly string[]> {
  await page.evaluate(axeSource)
  const found = await page.evaluate<string>(
    `axe.run(document).then(({ violations }) => JSON.stringify(violations.map((v) => v.id + ': ' + v.nodes[0].html.slice(0, 200))))`,
  )
  return JSON.parse(found) as string[]
}

describe.skipIf(!isBuilt || !chromiumPath)('patching a transformer', { timeout: 60_000 }, () => {
  test('the last residual stream carries the whole answer at its last position and nothing at its first', async () => {
    await page.getByRole('treeitem', { name: /Two layers/ }).first().click()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('Open patching')
    await page.getByRole('option', { name: 'Open patching' }).first().click()
    await page.getByLabel('Site of the map of positions').selectOption('resid_post')
    await expect.poll(() => isWhole('positions'), { timeout: 20_000 }).toBe(true)

    await choose('positions', { layer: 1, column: 0 })
    await expect.poll(async () => (await readings())[3], { timeout: 10_000 }).toBeCloseTo(0, 4)
    await choose('positions', { layer: 1, column: 1000 })
    await expect.poll(async () => (await readings())[3], { timeout: 10_000 }).toBeCloseTo(1, 4)
    const [clean, corrupted, patched] = await readings()
    expect(clean).toBeGreaterThan(corrupted! + 3)
    expect(patched).toBeCloseTo(clean!, 3)
  })

  test('heads patched together are one set that undo takes apart', async () => {
    await expect.poll(() => isWhole('heads'), { timeout: 20_000 }).toBe(true)
    await choose('heads', { layer: 0, column: 0 })
    await page.getByRole('button', { name: 'Add to the set' }).first().click()
    await choose('heads', { layer: 1, column: 1 })
    await page.getByRole('button', { name: 'Add to the set' }).first().click()

    await page.getByRole('button', { name: 'Set of 2' }).waitFor()
    expect(await map('heads').locator('.heatmap-marked').count()).toBe(2)
    await page.locator('.patching-switch button').nth(1).click()
    await page.getByRole('heading', { name: /Attention of head 1\.1/ }).waitFor()
    await page.locator('.library-tree').focus()
    await page.keyboard.press('Control+z')

    await page.getByRole('button', { name: 'Set of 1' }).waitFor()
    expect(await violations()).toEqual([])
    expect(complaints).toEqual([])
  })
})
