/** A checkpoint of somebody else's, from a drop on the window to a run whose parity card can be read; and prompts beside it. */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scoped } from '@main/engine/tf'
import { exportedNetwork } from '@main/lab/exporters/exported-network'
import { chromiumPath, isBuilt } from '../fixtures/served'
import { npzFile } from '../fixtures/npz'
import { randomTokens, tinyTransformer } from '../fixtures/transformers'
import { openWindow, violationsOn, type ServedWindow } from '../fixtures/window'

let opened: ServedWindow | undefined
let page: Page

beforeAll(async () => {
  if (!isBuilt || !chromiumPath) return
  opened = await openWindow()
  page = opened.page
})
afterAll(() => opened?.close())

type Files = Readonly<Record<string, Uint8Array>>

/** Two layers with LayerNorm, named and configured as TransformerLens does, and its logits on three sequences. */
function foreign(): { readonly files: Files; readonly reference: Uint8Array } {
  const network = tinyTransformer({ settings: { normalization: 'LN', biases: true, activation: 'gelu' } })
  const { tensors, config } = exportedNetwork(network)
  const tokens = randomTokens(3)
  const logits = scoped(() => Float32Array.from(network.run(tokens).dataSync()))
  network.dispose()
  const reference = npzFile({ tokens: { shape: [3, 5], data: tokens }, logits: { shape: [3, 5, 7], data: logits } })
  return { files: { 'model.safetensors': tensors, 'config.json': new TextEncoder().encode(config) }, reference }
}

/** As the browser tells of files that are let go over the window. */
async function drop(files: Files): Promise<void> {
  const contents = Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')] as const)
  await page.evaluate((given) => {
    const transfer = new DataTransfer()
    for (const [name, text] of given) transfer.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name))
    for (const type of ['dragover', 'drop']) window.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, cancelable: true }))
  }, contents)
}

const violations = (): Promise<readonly string[]> => violationsOn(page)

const dialogue = (): Locator => page.getByRole('dialog')
const said = (text: RegExp): Locator => page.locator('.toast-title').filter({ hasText: text }).last()

/** Takes what is proposed until no question is left. */
async function answerAll(): Promise<void> {
  const takes = dialogue().getByRole('button', { name: /^Take / })
  for (let left = await takes.count(); left > 0; left = await takes.count()) {
    await takes.first().click()
    await expect.poll(() => takes.count()).toBeLessThan(left)
  }
}

describe.skipIf(!isBuilt || !chromiumPath)('a checkpoint dropped on the window', () => {
  test('is proposed as a transformer, every tensor accounted for', async () => {
    await page.getByRole('treeitem', { name: /seed 1/ }).first().waitFor()
    await drop({ ...foreign().files, 'reference.npz': foreign().reference })
    await dialogue().getByRole('tab', { name: /Parameters/ }).waitFor()

    expect(await dialogue().getByRole('combobox', { name: 'Named and shaped as' }).inputValue()).toBe('transformer-lens')
    expect(await dialogue().getByRole('row', { name: /blocks\.0\.attn\.W_Q/ }).count()).toBe(1)
    expect(await dialogue().locator('.mapping-table-wrong, .mapping-table-missing').count()).toBe(0)
    expect(await violations()).toEqual([])
  })

  test('cannot be checked before its questions are answered', async () => {
    const check = dialogue().getByRole('button', { name: 'Check the network' })
    if ((await dialogue().getByRole('button', { name: /^Take / }).count()) > 0) {
      expect(await check.getAttribute('aria-disabled')).toBe('true')
    }
    await answerAll()

    await expect.poll(() => check.getAttribute('aria-disabled')).toBeNull()
  })

  test('has the logits of its reference on the parity card', async () => {
    await dialogue().getByRole('button', { name: 'Check the network' }).click()
    await dialogue().locator('.parity-card').waitFor()

    const says = await dialogue().locator('.parity-card').textContent()
    expect(says).toContain('Every tensor is used')
    expect(says).toContain('105 logits compared')
    expect(says).toContain('within what sums of another order come to')
    expect(await violations()).toEqual([])
  })

  test('becomes a run that is selected, with its card in the inspector', async () => {
    await dialogue().getByRole('button', { name: /^Import as/ }).click()
    await dialogue().waitFor({ state: 'hidden' })
    const run = page.getByRole('treeitem', { name: /^model/ })
    await run.waitFor()

    expect(await run.getAttribute('aria-selected')).toBe('true')
    await page.getByRole('region', { name: 'Where it came from' }).getByText('105 logits compared').waitFor()
  })

  test('is saved as a processed copy that says the same', async () => {
    await page.getByRole('button', { name: 'Save processed copy' }).click()
    await dialogue().getByText('Fold normalization').waitFor()
    await dialogue().getByRole('button', { name: 'Save processed copy' }).click()
    await dialogue().waitFor({ state: 'hidden' })

    await page.getByRole('treeitem', { name: /^model, processed/ }).waitFor()
    await said(/^Log-probabilities on random tokens differ by at most \d/).waitFor()
  })

  test('is recognized when it is dropped again', async () => {
    await drop(foreign().files)
    await dialogue().getByText('These files were imported before').waitFor()
    await page.keyboard.press('Escape')
    await dialogue().waitFor({ state: 'hidden' })
  })

  test('that is damaged is refused in a sentence', async () => {
    const { files } = foreign()
    await drop({ 'model.safetensors': files['model.safetensors']!.slice(0, 3000) })
    await dialogue().locator('.error-state-message').filter({ hasText: 'of a file of 3000' }).waitFor()
    await page.keyboard.press('Escape')
    await dialogue().waitFor({ state: 'hidden' })
  })
})

describe.skipIf(!isBuilt || !chromiumPath)('anything else dropped on the window', () => {
  test('is kept as a prompt set where it is one', async () => {
    await drop({ 'greetings.csv': new TextEncoder().encode('clean,corrupted,answer\n3 4,3 5,6\n1 2,1 3,0\n') })

    await said(/greetings: 2 prompts/).waitFor()
  })

  test('is told what can be dropped', async () => {
    await drop({ 'picture.png': Uint8Array.of(1, 2, 3) })

    await said(/picture\.png cannot be opened; drop a \.grokscope project/).waitFor()
  })

  test('nothing was complained about on the console', () => {
    expect(opened!.complaints).toEqual([])
  })
})
