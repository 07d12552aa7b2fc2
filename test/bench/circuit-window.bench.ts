/**
 * Circuits as a person waits for them, in a real browser over the built program: from starting it to the first circuit of
 * a sample project, and a graph of twelve layers of twelve heads with its 32,491 edges scored and 2,000 of them drawn.
 *
 * A step counts from the key, or the movement of the pointer, to the end of the next frame's work.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { chromiumPath, isBuilt, launchBrowser, startServed } from '../fixtures/served'
import { root } from '../tools/sources'
import { quantile, stepTimes } from './components/frame-times'

type Report = (name: string, value: number, unit: string) => void

export default async function bench(report: Report): Promise<void> {
  if (!isBuilt || !chromiumPath) throw new Error('needs `npm run build` and a Chromium')
  const folder = mkdtempSync(join(tmpdir(), 'grokscope-bench-'))
  try {
    await firstCircuit(join(folder, 'first'), report)
    const project = join(folder, 'large.grokscope')
    const sizes = ['n_layers=12', 'n_heads=12', 'd_model=48', 'd_head=4', 'd_mlp=96'].flatMap((set) => ['--set', `model.${set}`])
    const short = ['--set', 'schedule.steps=1', '--set', 'schedule.checkpointEvery=1', '--set', 'task.p=31']
    const training = ['run', 'nanda-2023', '--scale', 'smoke', '--seeds', '1', ...sizes, ...short, '--project', project, '--quiet']
    // It ends with a status that says that the paper's claims do not hold after one step.
    spawnSync(process.execPath, [join(root, 'out/main/headless.js'), ...training])
    await atTwelveByTwelve(join(folder, 'second'), project, report)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function openCircuits(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Circuits', exact: true }).first().click()
}
const faithfulness = (page: Page) => page.locator('.circuit-cut-reading b').nth(2)

async function firstCircuit(workspace: string, report: Report): Promise<void> {
  mkdirSync(workspace, { recursive: true })
  const project = join(workspace, 'induction.grokscope')
  copyFileSync(join(root, 'resources/samples/induction.grokscope'), project)
  const browser = await launchBrowser()
  const startMs = performance.now()
  const served = await startServed(workspace, ['--project', project])
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  await page.goto(served.address)
  await page.getByRole('treeitem', { name: /Two layers/ }).first().click()
  await openCircuits(page)
  await page.locator('.circuit-graph-node').first().waitFor()
  report('start to first scores drawn', performance.now() - startMs, 'ms')
  await page.waitForFunction(() => /\d/.test(document.querySelectorAll('.circuit-cut-reading b')[2]?.textContent ?? ''))
  report('start to a circuit with its faithfulness', performance.now() - startMs, 'ms')
  await browser.close()
  await served.stop()
}

async function atTwelveByTwelve(workspace: string, project: string, report: Report): Promise<void> {
  const browser = await launchBrowser()
  const served = await startServed(workspace, ['--project', project])
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  await page.goto(served.address)
  // The session is restored by then; a panel opened before would be closed again.
  await page.getByRole('treeitem', { name: /^Weight decay/ }).first().click()
  await openCircuits(page)
  await page.getByRole('combobox', { name: /^Method/ }).selectOption('eap')
  await page.locator('.circuit-terms-state', { hasText: '32,491 edges' }).waitFor({ timeout: 120_000 })
  await faithfulness(page).waitFor()
  const slider = page.locator('.circuit-cut').getByRole('slider', { name: 'Edges kept' })
  await slider.focus()
  await slider.press('Home')
  for (let i = 0; i < 73; i++) await slider.press('PageUp')
  for (let i = 0; i < 2; i++) await slider.press('ArrowRight')
  await page.waitForTimeout(4000)
  report('edges drawn', Number((await page.locator('.circuit-cut-reading b').first().textContent())?.replace(',', '')), '')
  await slider.focus()
  const slides = await stepTimes(page, { key: 'ArrowRight', repeats: 40 })
  report('slider, key to shown frame: median', quantile(slides, 0.5), 'ms')
  report('slider, key to shown frame: 95 %', quantile(slides, 0.95), 'ms')
  const hovers = await hoverTimes(page, 100)
  report('pointer, movement to shown frame: median', quantile(hovers, 0.5), 'ms')
  report('pointer, movement to shown frame: 95 %', quantile(hovers, 0.95), 'ms')
  await browser.close()
  await served.stop()
}

/** Moves the pointer over the graph, dispatched in the page so that no wire is measured. */
async function hoverTimes(page: Page, repeats: number): Promise<number[]> {
  return page.evaluate(async (count) => {
    const graph = document.querySelector('.circuit-graph')!
    const { left, top, width, height } = graph.getBoundingClientRect()
    const times: number[] = []
    for (let i = 0; i < count; i++) {
      await new Promise((resolve) => requestAnimationFrame(resolve))
      const startMs = performance.now()
      const at = { clientX: left + (width * (i % 20)) / 20, clientY: top + (height * i) / count }
      graph.dispatchEvent(new PointerEvent('pointermove', { ...at, bubbles: true }))
      await new Promise<void>((resolve) => {
        requestAnimationFrame(() => {
          const channel = new MessageChannel()
          channel.port1.onmessage = () => resolve()
          channel.port2.postMessage(0)
        })
      })
      times.push(performance.now() - startMs)
    }
    return times
  }, repeats)
}
