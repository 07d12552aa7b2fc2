/** Masks in a real browser: drawn over weights, edited, saved as versions, taken back; and neurons picked as a mask. */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, isBuilt } from '../fixtures/served'
import { openWindow, violationsOn, type ServedWindow } from '../fixtures/window'

let opened: ServedWindow | undefined
let page: Page

beforeAll(async () => {
  if (!isBuilt || !chromiumPath) return
  opened = await openWindow('corrupted-addition')
  page = opened.page
})
afterAll(() => opened?.close())

const editor = (): Locator => page.locator('.mask-editor')
const kept = async (): Promise<number> => {
  const [, count] = /([\d,]+) of [\d,]+ kept/.exec((await editor().locator('.panel-subtitle').textContent()) ?? '')!
  return Number(count!.replaceAll(',', ''))
}

describe.skipIf(!isBuilt || !chromiumPath)('masks', () => {
  test('neurons that were removed become a mask of that name', async () => {
    await page.getByRole('treeitem', { name: /No regularization/ }).first().click()
    await page.getByRole('button', { name: 'Neurons', exact: true }).first().click()
    // The order of the neurons arrives with the first points of the curve.
    await page.locator('.prune-count').filter({ hasText: /^0 of 256/ }).waitFor()
    await expect.poll(() => page.locator('.prune-reading dd').first().textContent()).toMatch(/%/)
    await page.getByRole('slider', { name: 'Neurons removed' }).last().press('PageUp')
    await page.locator('.prune-count').filter({ hasText: /^10 of 256/ }).waitFor()
    await page.getByRole('button', { name: 'Save as mask' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('low IPR')
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()

    await page.getByText('Saved mask “low IPR”, version 1', { exact: true }).waitFor()
  })

  test('are laid over the weights, edited row by row, and undo takes one row back', async () => {
    await page.getByRole('button', { name: 'Weights', exact: true }).first().click()
    await page.getByRole('button', { name: 'Arrays and masks' }).click()
    await editor().getByRole('combobox', { name: 'Mask', exact: true }).selectOption({ label: 'low IPR, version 1' })
    await page.getByText('Weights under low IPR, version 1').waitFor()
    await page.getByLabel('A click changes').selectOption({ label: 'a row' })
    const canvas = editor().locator('canvas')
    await canvas.waitFor()
    const before = await kept()
    const { width, height } = (await canvas.boundingBox())!

    await canvas.click({ position: { x: width / 2, y: height / 3 } })
    await page.getByText('entries changed and not saved').waitFor()
    const once = await kept()
    await canvas.click({ position: { x: width / 2, y: (2 * height) / 3 } })
    await expect.poll(kept).not.toBe(once)
    await editor().getByRole('button', { name: /^Undo/ }).click()
    await expect.poll(kept).toBe(once)

    expect(once).not.toBe(before)
    expect(await violationsOn(page)).toEqual([])
  })

  test('are saved as the next version, under which the network fares as it says', async () => {
    await editor().getByRole('button', { name: 'Save version' }).click()

    await page.getByText('Weights under low IPR, version 2').waitFor()
    expect(await editor().getByText(/test accuracy under it \d/).textContent()).toMatch(/\d+\.\d %/)
  })

  test('that are removed come back with undo', async () => {
    const choices = editor().getByRole('combobox', { name: 'Mask', exact: true }).locator('option')
    const titles = async (): Promise<readonly string[]> => choices.allTextContents()
    await editor().getByRole('button', { name: 'Remove the mask' }).click()
    await expect.poll(titles).not.toContain('low IPR, version 2')

    await editor().getByRole('button', { name: /^Undo/ }).click()

    await expect.poll(titles).toContain('low IPR, version 2')
  })

  test('nothing was complained about on the console', () => {
    expect(opened!.complaints).toEqual([])
  })
})
