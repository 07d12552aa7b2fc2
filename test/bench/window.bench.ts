/**
 * What a person waits for, in a real browser over the built program: from starting it to the first picture of the sample
 * project, and from one position of the prune slider to the next at the paper's size (p = 97, 500 neurons).
 *
 * A slider step counts from the key, pressed at the start of a frame, to the end of the next frame's work, which shows
 * the new count, numbers and marker. At 60 frames a second 16.7 ms of it are the frame itself.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromiumPath, isBuilt, launchBrowser, startServed } from '../fixtures/served'
import { root } from '../tools/sources'
import { quantile, stepTimes } from './components/frame-times'

type Report = (name: string, value: number, unit: string) => void

export default async function bench(report: Report): Promise<void> {
  if (!isBuilt || !chromiumPath) throw new Error('needs `npm run build` and a Chromium')
  const folder = mkdtempSync(join(tmpdir(), 'grokscope-bench-'))
  try {
    await firstPicture(join(folder, 'first'), report)
    const project = join(folder, 'paper.grokscope')
    const sizes = ['--scale', 'paper', '--arm', 'base', '--set', 'schedule.steps=30', '--set', 'schedule.checkpointEvery=1']
    const training = ['run', 'doshi-2023', ...sizes, '--project', project, '--quiet']
    spawnSync(process.execPath, [join(root, 'out/main/headless.js'), ...training])
    await atPaperSize(join(folder, 'second'), project, report)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function firstPicture(workspace: string, report: Report): Promise<void> {
  const browser = await launchBrowser()
  const startMs = performance.now()
  const served = await startServed(workspace)
  report('start to address', performance.now() - startMs, 'ms')
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  await page.goto(served.address)
  await page.locator('.dock-panel canvas').first().waitFor()
  await page.locator('.prune-reading').first().waitFor()
  report('start to first picture of the sample project', performance.now() - startMs, 'ms')
  await browser.close()
  await served.stop()
}

async function atPaperSize(workspace: string, project: string, report: Report): Promise<void> {
  const browser = await launchBrowser()
  const served = await startServed(workspace, ['--project', project])
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } })
  await page.goto(served.address)
  const slider = page.getByRole('slider', { name: /remove/i }).first()
  await slider.waitFor()
  // The curve is complete when its end can be reached.
  await page.waitForTimeout(4000)
  await slider.focus()
  const slides = await stepTimes(page, { key: 'ArrowRight', repeats: 120 })
  const removed = Number(await slider.getAttribute('aria-valuenow'))
  if (removed !== slides.length) throw new Error(`the slider stands at ${removed} after ${slides.length} steps`)
  report('slider, key to shown frame, p = 97: median', quantile(slides, 0.5), 'ms')
  report('slider, key to shown frame, p = 97: 95 %', quantile(slides, 0.95), 'ms')
  await browser.close()
  await served.stop()
}
