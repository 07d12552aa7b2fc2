/** Reading a trained transformer in a real browser over the real program: what its heads look at, and what its stream says. */
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

const heads = (): Locator => page.locator('.attention-grid-head')
const inspector = (): Locator => page.getByRole('complementary', { name: 'Inspector' })

async function open(view: string): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.keyboard.type(`Open ${view}`)
  await page.getByRole('option', { name: `Open ${view}` }).first().click()
}

/** Score of every head, exactly. */
async function scores(): Promise<readonly number[]> {
  const labels = await heads().evaluateAll((found) => found.map((head) => head.getAttribute('title') ?? ''))
  return labels.map((label) => Number(/ ([-−\d.]+)$/.exec(label)?.[1]?.replace('−', '-') ?? NaN))
}

const violations = (): Promise<readonly string[]> => violationsOn(page)

describe.skipIf(!isBuilt || !chromiumPath)('reading a transformer', { timeout: 60_000 }, () => {
  test('its induction heads stand in the second layer, and the scrubber goes back to where there were none', async () => {
    await page.getByRole('treeitem', { name: /Two layers/ }).first().click()
    await open('attention')
    await expect.poll(async () => (await scores()).filter((score) => score > 0.5).length, { timeout: 20_000 }).toBe(2)
    await expect.poll(() => heads().first().textContent(), { timeout: 20_000 }).toMatch(/^Head 0\.0, induction 0\.\d\d$/)
    await expect.poll(() => inspector().textContent()).toMatch(/Head 1\.\d/)

    await heads().first().click()
    await expect.poll(() => inspector().textContent()).toContain('blocks.0.attn.hook_z[head=0]')
    await page.getByRole('slider', { name: 'Checkpoint' }).first().focus()
    await page.keyboard.press('Home')

    await expect.poll(async () => Math.max(...(await scores())), { timeout: 20_000 }).toBeLessThan(0.3)
    await page.keyboard.press('End')
    expect(await violations()).toEqual([])
  })

  test('the stream answers right at its end and nowhere before, and the parts sum to the logit', async () => {
    await open('lens')
    await expect.poll(() => page.locator('.lens-table-row').count(), { timeout: 20_000 }).toBe(4)
    const framed = (row: number): Promise<number> => page.locator('.lens-table-row').nth(row).locator('.lens-table-marked').count()
    await expect.poll(() => framed(3), { timeout: 20_000 }).toBeGreaterThan(3)
    expect(await framed(1)).toBeLessThan(3)

    await page.locator('.lens-table-row').nth(3).locator('[role=gridcell]').nth(1).click()
    await expect.poll(() => inspector().textContent()).toContain('blocks.1.hook_resid_post[pos=1]')
    const bars = await page.locator('.signed-bars-row').evaluateAll((rows) => rows.map((row) => row.getAttribute('title') ?? ''))
    const values = bars.map((title) => Number(/: (.*)$/.exec(title)![1]!.replace('−', '-')))
    expect(values.slice(0, -1).reduce((sum, value) => sum + value, 0)).toBeCloseTo(values.at(-1)!, 3)

    expect(await violations()).toEqual([])
    expect(opened!.complaints).toEqual([])
  })
})
