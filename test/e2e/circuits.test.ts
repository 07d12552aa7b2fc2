/** Circuits of a trained transformer in a real browser over the real program: what is kept, how faithful it is, what an edge does. */
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
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

const numberIn = (text: string): number => Number(text.replaceAll('−', '-').replaceAll(',', ''))
const reading = async (at: number): Promise<number> => numberIn((await page.locator('.circuit-cut-reading b').nth(at).textContent()) ?? '')
const kept = (): Promise<number> => reading(0)
const faithfulness = (): Promise<number> => reading(2)
const slider = () => page.locator('.circuit-cut').getByRole('slider', { name: 'Edges kept' })

describe.skipIf(!isBuilt || !chromiumPath)('circuits of a transformer', { timeout: 120_000 }, () => {
  test('every edge is scored exactly; all of them are wholly faithful, one is not, and undo goes back', async () => {
    await page.getByRole('treeitem', { name: /Two layers/ }).first().click()
    await page.getByRole('treeitem', { name: /step 400/ }).first().click()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('Open circuits')
    await page.getByRole('option', { name: 'Open circuits' }).first().click()
    await page.getByRole('combobox', { name: /^Method/ }).selectOption('exact-edges')
    await page.locator('.circuits-graph').getByText('Exact edge patching').waitFor()
    const button = page.getByRole('button', { name: 'Score', exact: true })
    if (await button.isVisible()) await button.click()
    await expect.poll(faithfulness, { timeout: 60_000 }).toBeGreaterThan(0)
    await slider().press('Home')
    for (let i = 0; i < 40; i++) await slider().press('PageUp')
    await expect.poll(kept, { timeout: 20_000 }).toBe(4)
    const first = await kept()

    await slider().press('End')
    await expect.poll(faithfulness, { timeout: 20_000 }).toBeCloseTo(1, 3)
    const all = await kept()
    expect(all).toBeGreaterThan(first)
    await slider().press('Home')
    await expect.poll(kept, { timeout: 20_000 }).toBe(1)
    await expect.poll(faithfulness, { timeout: 20_000 }).toBeLessThan(0.9)
    await page.locator('.library-tree').focus()
    await page.keyboard.press('Control+z')
    await expect.poll(kept, { timeout: 20_000 }).toBe(all)
    await page.keyboard.press('Control+z')
    await expect.poll(kept, { timeout: 20_000 }).toBe(first)
  })

  test('the effect of the largest edge, measured alone, is its exact score; the heads are reached by keyboard', async () => {
    await page.locator('.circuit-graph-node').first().focus()
    await page.keyboard.press('Shift+ArrowRight')
    await page.locator('.circuits-inspector h3').waitFor()
    const values = page.locator('.circuits-inspector .key-value-value')
    const exactly = async (at: number): Promise<number> => numberIn((await values.nth(at).getAttribute('title')) ?? 'NaN')
    await expect.poll(() => exactly(1), { timeout: 20_000 }).not.toBeNaN()

    const [score, effect] = [await exactly(0), await exactly(1)]
    expect(Math.abs(score)).toBeGreaterThan(1)
    expect(Math.abs(effect - score)).toBeLessThan(1e-3 * Math.abs(score))
    await page.keyboard.press('ArrowRight')
    expect(await page.evaluate(() => document.activeElement?.className)).toContain('circuit-graph-node')
  })

  test('the circuit leaves as a file that the program reads again, and nothing is wrong with the page', async () => {
    const arriving = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export the circuit' }).click()
    await page.getByRole('menuitem', { name: 'Export circuit as JSON' }).click()
    const record = JSON.parse(readFileSync((await (await arriving).path())!, 'utf8')) as { format: string; edges: readonly object[]; faithfulness: number }

    expect(record).toMatchObject({ format: 'grokscope-circuit', version: 1, network: { layers: 2 } })
    expect(record.edges).toHaveLength(await kept())
    expect(record.faithfulness).toBeCloseTo(await faithfulness(), 3)
    expect(await violationsOn(page)).toEqual([])
    expect(opened!.complaints).toEqual([])
  })
})
