/**
 * The desktop application as built: its main script under Node, its preload script and its page in a real browser. Only
 * the `electron` module between them is replaced, and the scheme, which no other browser knows, is answered under https.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { app, BrowserWindow, dialog, session, type FakePort } from '../fixtures/electron-fake'
import { chromiumPath, isBuilt, launchBrowser } from '../fixtures/served'
import { root } from '../tools/sources'

const folder = mkdtempSync(join(tmpdir(), 'grokscope-shell-'))
const pageOrigin = 'https://grokscope.test'

/** Typed arrays do not survive the browser's driver, which speaks JSON; they travel as base64. */
const codec = `
  const encode = (value) => JSON.stringify(value, (_key, item) => ArrayBuffer.isView(item)
    ? { $array: item.constructor.name, base64: btoa(Array.from(new Uint8Array(item.buffer, item.byteOffset, item.byteLength),
        (byte) => String.fromCharCode(byte)).join('')) }
    : item)
  const decode = (text) => JSON.parse(text, (_key, item) => item && item.$array
    ? new globalThis[item.$array](Uint8Array.from(atob(item.base64), (letter) => letter.charCodeAt(0)).buffer)
    : item)`

const { encode, decode } = new Function(`${codec}; return { encode, decode }`)() as {
  encode(value: unknown): string
  decode(text: string): unknown
}

/** Gives the preload script what it requires, and carries messages of its port to and from the driver. */
function preloadScript(): string {
  const preload = readFileSync(join(root, 'out/preload/preload.cjs'), 'utf8')
  return `{
    ${codec}
    const listeners = new Map()
    const require = () => ({
      contextBridge: { exposeInMainWorld: (name, value) => { window[name] = value } },
      ipcRenderer: {
        on: (channel, listener) => listeners.set(channel, listener),
        send: () => {
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = ({ data }) => toMain(encode(data))
          window.fromMain = (text) => port1.postMessage(decode(text))
          askForPort().then(() => listeners.get('grokscope-port')({ ports: [port2] }))
        },
      },
    })
    const module = { exports: {} }
    ;((require, module, exports) => {${preload}
    })(require, module, module.exports)
  }`
}

async function openPage(browser: Browser, window: BrowserWindow): Promise<Page> {
  const page = await (await browser.newContext()).newPage()
  let port: FakePort | undefined
  await page.exposeFunction('toMain', (text: string) => port?.postMessage(decode(text)))
  await page.exposeFunction('askForPort', () => {
    const { ipc, mainFrame } = window.webContents
    ipc.emit('grokscope-connect', { senderFrame: mainFrame })
    port = mainFrame.posted.at(-1)?.ports[0]
    port?.on('message', ({ data }: { data: unknown }) => {
      void page.evaluate(`window.fromMain(${JSON.stringify(encode(data))})`).catch(() => undefined)
    })
    port?.start()
  })
  await page.addInitScript(preloadScript())
  await page.route(`${pageOrigin}/**`, async (route) => {
    const url = route.request().url().replace(pageOrigin, 'app://grokscope')
    const answer = await session.defaultSession.protocol.handlers.get('app')!(new Request(url))
    const headers = Object.fromEntries(answer.headers)
    await route.fulfill({ status: answer.status, headers, body: Buffer.from(await answer.arrayBuffer()) })
  })
  return page
}

describe.skipIf(!isBuilt)('the built desktop application', () => {
  beforeAll(async () => {
    app.paths['userData'] = folder
    vi.stubEnv('HOME', folder)
    await import(/* @vite-ignore */ join(root, 'out/main/main.js'))
    app.becomeReady()
    await vi.waitFor(() => expect(BrowserWindow.all.length + dialog.asked.length).toBeGreaterThan(0), { timeout: 20_000 })
  })
  afterAll(async () => {
    app.quit()
    await vi.waitFor(() => expect(app.exits).not.toEqual([]), { timeout: 20_000 })
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true, force: true })
  })

  test('opens one sandboxed window on its own scheme', () => {
    expect(dialog.asked).toEqual([])
    expect(BrowserWindow.all.map(({ webContents }) => webContents.url)).toEqual(['app://grokscope/'])
    expect(BrowserWindow.all[0]?.options.webPreferences).toMatchObject({ sandbox: true, contextIsolation: true })
    expect(app.isSandboxed).toBe(true)
  })

  test.skipIf(!chromiumPath)('shows the workbench, which reaches the services over its port', async () => {
    const browser = await launchBrowser()
    const page = await openPage(browser, BrowserWindow.all[0]!)
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${pageOrigin}/`)

    await page.getByRole('button', { name: 'New run' }).waitFor()
    // The backend's name in the status bar has come from the compute process, through main, over the port.
    await page.getByText(/own kernels|WebAssembly|JavaScript|tfjs-node/).first().waitFor()
    expect(complaints).toEqual([])
    await browser.close()
  })

  test('a second start brings its project file to the first', async () => {
    app.emit('second-instance', {}, [], '', { file: join(folder, 'missing.grokscope') })
    await vi.waitFor(() => expect(dialog.asked).toHaveLength(1))

    expect(dialog.asked[0]).toMatchObject({ kind: 'error', options: { title: 'The project cannot be opened' } })
    expect(BrowserWindow.all[0]?.isFocusedNow).toBe(true)
  })

  test('quitting waits until the host has let go of everything', async () => {
    app.quit()
    const exitsAtOnce = [...app.exits]
    await vi.waitFor(() => expect(app.exits).toEqual([0]), { timeout: 20_000 })

    expect(exitsAtOnce).toEqual([])
  })
})
