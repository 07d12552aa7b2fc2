import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import html from '@main/lab/reports/html'
import print from '@main/lab/reports/print'
import { drawing, hostileReport, sampleReport } from '../main/lab/reports/sample-report'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

describe.skipIf(!executablePath)('an exported report in a browser without a network', () => {
  const folder = mkdtempSync(join(tmpdir(), 'grokscope-report-'))
  let browser: Browser

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath!, args: flags })
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Opens the text as a file; every complaint of the page and every request that is not the file is collected. */
  async function open(text: string): Promise<{ page: Page; complaints: string[] }> {
    const path = join(folder, `${Math.random().toString(36).slice(2)}.html`)
    writeFileSync(path, text)
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    await page.context().setOffline(true)
    const complaints: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      if (!/^(file|data|blob):/.test(request.url())) complaints.push(`requested ${request.url()}`)
    })
    await page.goto(pathToFileURL(path).href)
    return { page, complaints }
  }

  test('charts are live, pictures are hidden, and the page complains of nothing', async () => {
    const { page, complaints } = await open(html.render(sampleReport(), drawing))

    expect(await page.locator('.live canvas').count()).toBe(1)
    expect(await page.locator('img.static').isVisible()).toBe(false)
    expect(complaints).toEqual([])
    await page.close()
  })
  test('the data behind a figure and the whole document can be saved', async () => {
    const { page, complaints } = await open(html.render(sampleReport(), drawing))
    const save = async (button: string): Promise<string> => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).click()])
      return download.suggestedFilename()
    }
    const names = [await save('Save data as CSV'), await save('Save as JSON')]

    expect(names).toEqual([
      'which-neurons-memorize-figure-2.csv',
      'which-neurons-memorize.json',
    ])
    expect(complaints).toEqual([])
    await page.close()
  })
  test('in print the pictures take the place of the charts', async () => {
    const { page } = await open(html.render(sampleReport(), drawing))
    await page.emulateMedia({ media: 'print' })

    expect(await page.locator('.live').isVisible()).toBe(false)
    expect(await page.locator('img.static').isVisible()).toBe(true)
    await page.close()
  })
  test('the page for printing shows its pictures without scripts and becomes a PDF', async () => {
    const { page, complaints } = await open(print.render(sampleReport(), drawing))
    const width = await page.locator('img.static').evaluate((image) => (image as HTMLImageElement).naturalWidth)
    const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true })

    expect(width).toBe(680)
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    expect(complaints).toEqual([])
    await page.close()
  })
  test.each([html, print])('nothing in a hostile $id report runs, loads or leaves its place', async (format) => {
    const { page, complaints } = await open(format.render(hostileReport(), drawing))
    // Over the chart a tooltip with hostile text is drawn.
    for (const chart of await page.locator('.live').all()) await chart.hover()
    await page.locator('summary').first().click()

    const seen = await page.evaluate(() => ({
      attacked: 'attacked' in window,
      polluted: 'polluted' in {},
      strangers: document.querySelectorAll('img:not(.static), main script, a, iframe, link').length,
      notes: document.querySelectorAll('.note').length,
    }))
    expect(seen).toEqual({ attacked: false, polluted: false, strangers: 0, notes: 1 })
    expect(complaints).toEqual([])
    await page.close()
  })
})
