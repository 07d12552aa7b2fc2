/** Patching a trained transformer in a real browser over the real program: which sites carry the answer. */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, isBuilt } from '../fixtures/served'
import { openWindow, violationsOn, type ServedWindow } from '../fixtures/window'

let opened: ServedWindow | undefined
let page: Page

beforeAll(async () => {
  if (!isBuilt || !chromiumPath) return
  opened = await openWindow('induction')
  page = opened.page
})
afterAll(() => opened?.close())

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

const violations = (): Promise<readonly string[]> => violationsOn(page)

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
    expect(opened!.complaints).toEqual([])
  })
})
