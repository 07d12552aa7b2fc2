/** A tiny ticket experiment in a real browser: planned on the time line, trained, read, and put into the report. */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestHost, ended } from '../fixtures/host'
import { chromiumPath, isBuilt } from '../fixtures/served'
import { openWindow, violationsOn, type ServedWindow } from '../fixtures/window'

let opened: ServedWindow | undefined
let page: Page

/** A project with one run: addition mod 7 on the paper's perceptron in small. */
async function makeProject(path: string): Promise<void> {
  const it = await createTestHost({ opensProject: false })
  try {
    await it.host.createProject(path)
    const { jobId } = await it.client.runs.start({
      name: 'dense sums',
      spec: {
        task: { id: 'modular-arithmetic', settings: { p: 7, trainFraction: 0.8 } },
        model: { id: 'embedding-perceptron', settings: { d_model: 12, d_mlp: 10 } },
        optimizer: { id: 'adamw', settings: { learningRate: 0.02, weightDecay: 1, beta2: 0.98 } },
        loss: { id: 'cross-entropy', settings: {} },
        schedule: { steps: 60, measureEvery: 5, checkpointEvery: 20, checkpointOnEvent: 'moments' },
        seed: 1,
      },
    })
    expect(await ended(it.client, jobId)).toMatchObject({ state: 'finished' })
  } finally {
    await it.end()
  }
}

beforeAll(async () => {
  if (!isBuilt || !chromiumPath) return
  opened = await openWindow(makeProject)
  page = opened.page
}, 120_000)
afterAll(() => opened?.close())

const tickets = (): Locator => page.locator('.tickets')
const uncheck = (name: string): Promise<void> => tickets().getByRole('checkbox', { name, exact: true }).uncheck()

describe.skipIf(!isBuilt || !chromiumPath)('the Tickets view', { timeout: 180_000 }, () => {
  test('begins with a plan, whose moment is taken from the time line and whose cost is told', async () => {
    await page.getByRole('treeitem', { name: /dense sums/ }).first().click()
    await page.getByRole('button', { name: 'Tickets', exact: true }).first().click()
    await tickets().getByRole('button', { name: 'Step 60, from the time line' }).click()
    for (const name of ['generalized', 'dense with the ticket’s L1 norm', 'ticket from memorization', 'ticket from the transition', 'GraSP at initialization', 'SynFlow at initialization']) await uncheck(name)
    await tickets().getByRole('textbox', { name: 'Seeds' }).fill('1, 2')
    await tickets().getByRole('textbox', { name: 'Seeds' }).press('Enter')
    await tickets().getByRole('spinbutton', { name: 'Accuracy that counts as fitted' }).fill('0.5')
    await tickets().getByRole('spinbutton', { name: 'Accuracy that counts as fitted' }).press('Enter')

    await tickets().getByText(/5 arms, \d+ trainings, at most [\d,]+ steps/).waitFor()
    expect(await violationsOn(page)).toEqual([])
  })

  test('trains every arm and shows when each memorized and generalized', async () => {
    await tickets().getByRole('button', { name: 'Train every arm' }).click()
    await tickets().locator('.experiment-bar .tag', { hasText: 'finished' }).waitFor({ timeout: 150_000 })

    await tickets().getByText('10 of 10 trainings done').waitFor()
    const arms = await tickets().locator('.tickets-arms [role=row] [role=gridcell]:first-child').allTextContents()
    expect(arms.map((title) => title.trim())).toEqual(expect.arrayContaining(['Dense', 'Magnitude at step 60, 60 %', 'Random at step 60, 60 %']))
    expect(await violationsOn(page)).toEqual([])
  })

  test('draws the ticket’s weights where its mask keeps them, and how its mask overlaps the others', async () => {
    await tickets().locator('.tickets-arms [role=row]', { hasText: 'Magnitude at step 60' }).click()
    const [, kept, count] = /([\d,]+) of ([\d,]+) kept/.exec((await tickets().locator('.tickets-mask .panel-subtitle').textContent())!)!.map((text) => Number(text.replaceAll(',', '')))
    const numbers = await tickets().locator('.tickets-overlap').textContent()

    expect(kept! / count!).toBeGreaterThan(0.1)
    expect(kept! / count!).toBeLessThan(0.9)
    expect(numbers).toMatch(/chance 0\.\d+/)
  })

  test('goes into the report as a table of its arms with its pictures, and out again with one undo', async () => {
    const count = page.getByRole('button', { name: /^Report \(\d+\)/ })
    await tickets().getByRole('button', { name: 'Add to report' }).click()
    await expect.poll(() => count.textContent()).toContain('(3)')

    await page.locator('.library-tree').focus()
    await page.keyboard.press('Control+z')
    await expect.poll(() => count.textContent()).toContain('(0)')
  })

  test('leaves the bar below it where many runs fill the library', async () => {
    const [middle, bar] = [await page.locator('.workbench-middle').boundingBox(), await page.locator('.status-bar').boundingBox()]
    const shown = await page.locator('.tickets').boundingBox()

    expect(middle!.y + middle!.height).toBeLessThanOrEqual(bar!.y + 1)
    expect(shown!.y + shown!.height).toBeLessThanOrEqual(bar!.y + 1)
  })

  test('leads from an arm to its run in another view', async () => {
    await page.getByRole('button', { name: 'Open in Training' }).click()

    await page.locator('.training-head h2').filter({ hasText: /Magnitude/ }).waitFor()
  })

  test('nothing was complained about on the console', () => {
    expect(opened!.complaints).toEqual([])
  })
})
