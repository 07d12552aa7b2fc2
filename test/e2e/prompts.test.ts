/** Prompts in a real browser: drawn for the run that is selected, read in its tokens, kept, and removed with the keyboard. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, isBuilt } from '../fixtures/served'
import { openWindow, violationsOn, type ServedWindow } from '../fixtures/window'

let opened: ServedWindow | undefined
let page: Page

beforeAll(async () => {
  if (!isBuilt || !chromiumPath) return
  opened = await openWindow()
  page = opened.page
})
afterAll(() => opened?.close())

const violations = (): Promise<readonly string[]> => violationsOn(page)

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
    expect(opened!.complaints).toEqual([])
  })
})
