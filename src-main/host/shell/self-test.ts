/**
 * The proof a machine with the real binary can give in one command: `grokscope start --self-test`.
 * Opens a hidden window, lets its page ask for a port and call the main process, and prints what was found as JSON.
 */
import type { BrowserWindow } from 'electron'
import { protocolVersion } from '../../contract/words'

const capMs = 30_000

/** Runs in the page's own world, exactly as the renderer would. */
const pageScript = `new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error('no answer over the port')), ${capMs})
  addEventListener('message', (event) => {
    if (event.source !== window || event.data !== 'grokscope-port') return
    const [port] = event.ports
    const values = new Float32Array([1, 2.5])
    port.onmessage = ({ data }) => resolve({
      reply: data,
      origin: location.origin,
      isIsolated: crossOriginIsolated,
      hasNode: typeof process !== 'undefined' || typeof require !== 'undefined',
      arrayBytes: structuredClone(values).byteLength,
    })
    port.postMessage({ kind: 'request', id: 1, method: 'system.hello', args: { protocol: ${protocolVersion} } })
  })
  window.grokscope.connect()
})`

export interface SelfTestReport {
  readonly isGood: boolean
  readonly [finding: string]: unknown
}

export async function testItself(window: BrowserWindow, project: () => unknown): Promise<SelfTestReport> {
  const { electron, chrome, node, napi } = process.versions
  const versions = { electron, chrome, node, napi, platform: `${process.platform}-${process.arch}` }
  try {
    const contents = window.webContents
    if (contents.isLoading()) await new Promise<void>((resolve) => contents.once('did-finish-load', () => resolve()))
    const page = (await contents.executeJavaScript(pageScript)) as Record<string, unknown> // as written above
    const reply = page['reply'] as { value?: unknown } | undefined
    const isGood = reply?.value !== undefined && page['hasNode'] === false
    return { isGood, ...versions, page, project: await project() }
  } catch (error) {
    return { isGood: false, ...versions, failure: error instanceof Error ? error.message : String(error) }
  }
}
