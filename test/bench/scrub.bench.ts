/**
 * How closely the pictures of a view follow a hand on the time line, in a real browser over the built program and its
 * sample projects. The hand goes back and forth over the stored checkpoints, `movesPerSecond` of them a second. A picture
 * is a panel; it has followed when something in it was drawn anew since the frame before: on its canvases, or in the
 * document. Nothing else is drawn while the hand moves.
 *
 * Questions are requests that the window sends for a move; answers count those that were cancelled, too.
 */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { chromiumPath, isBuilt, launchBrowser, startServed } from '../fixtures/served'
import { root } from '../tools/sources'

type Report = (name: string, value: number, unit: string) => void

const movesPerSecond = 40
const seconds = 5

const subjects = [
  { sample: 'induction', run: /Two layers/, views: ['Attention', 'Lens', 'Weights'] },
  { sample: 'modular-addition', run: /^(?=.*Weight decay)(?!.*No weight)/, views: ['Attention', 'Lens', 'Weights'] },
  { sample: 'corrupted-addition', run: /seed 1/, views: ['Neurons'] },
] as const

export default async function bench(report: Report): Promise<void> {
  if (!isBuilt || !chromiumPath) throw new Error('needs `npm run build` and a Chromium')
  const folder = mkdtempSync(join(tmpdir(), 'grokscope-scrub-'))
  try {
    for (const { sample, run, views } of subjects) {
      const project = join(folder, `${sample}.grokscope`)
      copyFileSync(join(root, 'resources/samples', `${sample}.grokscope`), project)
      const served = await startServed(folder, ['--project', project])
      const browser = await launchBrowser()
      try {
        const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
        const wire = countMessages(page)
        await page.goto(served.address)
        await page.getByRole('treeitem', { name: run }).first().click()
        for (const view of views) {
          await page.getByRole('button', { name: view, exact: true }).first().click()
          await page.waitForTimeout(4000)
          const before = processorTimes(served.process.pid!)
          const { pictures, moves, frames } = await followed(page, wire)
          const spent = processorTimes(served.process.pid!)
          const name = `${sample}, ${view}`
          for (const [title, perSecond] of pictures) report(`${name}: ${title.slice(0, 40)}`, perSecond, 'updates/s')
          report(`${name}: questions a move`, wire.sent / moves, '')
          report(`${name}: answered`, wire.received / seconds, '/s')
          report(`${name}: frames drawn`, frames / seconds, '/s')
          for (const [process, ms] of spent) report(`${name}: processor time of ${process}`, (ms - (before.get(process) ?? 0)) / moves, 'ms a move')
        }
      } finally {
        await browser.close()
        await served.stop()
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Milliseconds of processor time so far, of the server, the analyst below it and the browser that is this process's child.
 * Unlike rates they hardly depend on what else the machine does. Empty where there is no /proc.
 */
function processorTimes(server: number): ReadonlyMap<string, number> {
  const times = new Map<string, number>()
  if (!existsSync('/proc/self/stat')) return times
  const parents = new Map<number, number>()
  const spent = new Map<number, number>()
  const commands = new Map<number, string>()
  for (const pid of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      parents.set(pid, Number(fields[1]))
      spent.set(pid, 10 * (Number(fields[11]) + Number(fields[12])))
      commands.set(pid, readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
    } catch {
      // It ended in between.
    }
  }
  const isBelow = (pid: number, ancestor: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) if (at === ancestor) return true
    return false
  }
  const sum = (isOne: (pid: number) => boolean): number =>
    [...spent].reduce((total, [pid, ms]) => total + (isOne(pid) ? ms : 0), 0)
  times.set('main', sum((pid) => pid === server))
  times.set('analyst', sum((pid) => pid !== server && isBelow(pid, server)))
  times.set('browser', sum((pid) => isBelow(pid, process.pid) && /chrom/.test(commands.get(pid) ?? '')))
  return times
}

interface Wire {
  sent: number
  received: number
}

/** Requests and answers on the page's socket, until they are set back. */
function countMessages(page: Page): Wire {
  const wire: Wire = { sent: 0, received: 0 }
  const isKind = (payload: string | Buffer, kind: string): boolean =>
    Buffer.from(payload).subarray(4, 60).toString('latin1').includes(`"kind":"${kind}"`)
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => void (wire.sent += isKind(payload, 'request') ? 1 : 0))
    socket.on('framereceived', ({ payload }) => void (wire.received += isKind(payload, 'response') ? 1 : 0))
  })
  return wire
}

interface Followed {
  /** Title of each panel, and how many pictures a second it showed. */
  readonly pictures: readonly (readonly [string, number])[]
  readonly moves: number
  readonly frames: number
}

async function followed(page: Page, wire: Wire): Promise<Followed> {
  wire.sent = 0
  wire.received = 0
  return page.evaluate(
    async ({ movesPerSecond, seconds }) => {
      const track = document.querySelector<HTMLElement>('.scrubber-track')!
      const panels = [...document.querySelectorAll<HTMLElement>('.dock-panel .panel')].filter(({ clientHeight }) => clientHeight > 0)
      const touched = new Set<Element>()
      const touch = (node: Node): void => {
        const panel = (node instanceof Element ? node : node.parentElement)?.closest('.panel')
        if (panel) touched.add(panel)
      }
      for (const name of ['putImageData', 'drawImage', 'clearRect'] as const) {
        const drawn = CanvasRenderingContext2D.prototype[name] as (...args: unknown[]) => void
        Object.assign(CanvasRenderingContext2D.prototype, {
          [name](this: CanvasRenderingContext2D, ...args: unknown[]) {
            touch(this.canvas)
            drawn.apply(this, args)
          },
        })
      }
      const observer = new MutationObserver((changes) => changes.forEach(({ target }) => touch(target)))
      for (const body of document.querySelectorAll('.panel-body')) {
        observer.observe(body, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['style'] })
      }
      const changes = panels.map(() => 0)
      let frames = 0
      let direction = -1
      let moves = 0
      const move = (): void => {
        const at = Number(track.getAttribute('aria-valuenow'))
        if (at <= Number(track.getAttribute('aria-valuemin'))) direction = 1
        if (at >= Number(track.getAttribute('aria-valuemax'))) direction = -1
        const key = direction < 0 ? 'ArrowLeft' : 'ArrowRight'
        track.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
        moves++
      }
      const startMs = performance.now()
      while (performance.now() - startMs < 1000 * seconds) {
        await new Promise((resolve) => requestAnimationFrame(resolve))
        frames++
        // As many moves as are due; a frame that took long has more of them.
        while (moves < ((performance.now() - startMs) / 1000) * movesPerSecond) move()
        panels.forEach((panel, i) => void (changes[i]! += touched.has(panel) ? 1 : 0))
        touched.clear()
      }
      observer.disconnect()
      const titles = panels.map((panel) => panel.getAttribute('aria-label') ?? '')
      return { pictures: titles.map((title, i) => [title, changes[i]! / seconds] as const), moves, frames }
    },
    { movesPerSecond, seconds },
  )
}
