/** The built served workbench, in a real browser and against senders that are none. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { packMessage, unpackMessage } from '@contract/packing'
import { chromiumPath, isBuilt, launchBrowser, startServed, type Served } from '../fixtures/served'

const workspace = mkdtempSync(join(tmpdir(), 'grokscope-e2e-'))
let served: Served

beforeAll(async () => {
  if (isBuilt) served = await startServed(workspace)
})
afterAll(async () => {
  await served?.stop()
  rmSync(workspace, { recursive: true, force: true })
})

/** A cookie header, the way a browser gets it. */
async function enter(): Promise<string> {
  const token = new URL(served.address).hash.replace('#token=', '')
  const body = JSON.stringify({ token })
  const answer = await fetch(`${served.origin}/session`, { method: 'POST', headers: { origin: served.origin }, body })
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

async function openSocket(): Promise<WebSocket> {
  const headers = { cookie: await enter(), origin: served.origin }
  const socket = new WebSocket(`${served.origin.replace('http', 'ws')}/rpc`, { headers })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return socket
}

const closeOf = (socket: WebSocket): Promise<number> => new Promise((resolve) => socket.once('close', resolve))

async function hello(): Promise<unknown> {
  const socket = await openSocket()
  const answer = new Promise<Uint8Array>((resolve) => socket.once('message', (data: Buffer) => resolve(data)))
  socket.send(packMessage({ kind: 'request', id: 1, method: 'system.hello', args: { protocol: 1 } }))
  const message = unpackMessage(new Uint8Array(await answer))
  socket.close()
  return message
}

describe.skipIf(!isBuilt)('the served workbench', () => {
  test('answers a window that speaks its protocol', async () => {
    expect(await hello()).toMatchObject({ kind: 'response', id: 1, value: { shell: 'served', protocol: 1 } })
  })

  const deep = (depth: number): Uint8Array => {
    const json = new TextEncoder().encode('['.repeat(depth) + ']'.repeat(depth))
    const length = Math.ceil((4 + json.length) / 8) * 8
    const bytes = new Uint8Array(length).fill(0x20)
    new DataView(bytes.buffer).setUint32(0, length - 4, true)
    bytes.set(json, 4)
    return bytes
  }

  test.each([
    ['text', 'hello'],
    ['nothing', new Uint8Array(0)],
    ['a header longer than the message', new Uint8Array([255, 255, 255, 255, 0, 0, 0, 0])],
    ['noise', Uint8Array.from({ length: 4096 }, (_, i) => (i * 167) % 256)],
    ['brackets nested 100,000 deep', deep(100_000)],
    ['brackets nested 5,000,000 deep', deep(5_000_000)],
  ])('survives a socket that sends %s', async (_what, bytes) => {
    const socket = await openSocket()
    const closed = closeOf(socket)
    socket.send(bytes)
    setTimeout(() => socket.close(), 1000)
    await closed

    expect(await hello()).toMatchObject({ value: { shell: 'served' } })
  })

  test('survives a window that leaves in the middle of a hundred calls', async () => {
    const socket = await openSocket()
    for (let id = 0; id < 100; id++) socket.send(packMessage({ kind: 'request', id, method: 'runs.list', args: {} }))
    socket.terminate()

    expect(await hello()).toMatchObject({ value: { shell: 'served' } })
  })

  test('writes nothing to its standard error in all of this', () => {
    expect(served.stderr()).toBe('')
  })

  /** A start that is expected to fail: its exit code and what it says. */
  async function failingStart(args: readonly string[]): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'grokscope-e2e-'))
    try {
      const other = await startServed(folder, args)
      await other.stop()
      return 'served'
    } catch (error) {
      return (error as Error).message
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  test('a start that cannot be says why in one line', async () => {
    const { port } = new URL(served.origin)

    expect(await failingStart(['--project', join(workspace, 'missing.grokscope')])).toMatch(
      /ended with 1 .*\ngrokscope: .+ \(PROJECT_NOT_FOUND\)\n$/,
    )
    expect(await failingStart(['--port', port])).toMatch(/ended with 1 .*\ngrokscope: port \d+ is in use; leave --port out\n$/)
    expect(await failingStart(['--bogus'])).toMatch(/ended with 2 .*\ngrokscope: Unknown option '--bogus'; .+\n$/)
  })

  test.skipIf(process.platform === 'win32')('stops with code 0 when it is asked to, and its port is free', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'grokscope-e2e-'))
    const other = await startServed(folder)
    const code = await other.stop()
    rmSync(folder, { recursive: true })

    expect(code).toBe(0)
    await expect(fetch(`${other.origin}/health`)).rejects.toThrow()
  })
})

describe.skipIf(!isBuilt || !chromiumPath)('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  async function openPage(address: string): Promise<{ readonly page: Page; readonly complaints: string[] }> {
    const context = await browser.newContext()
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(address)
    return { page, complaints }
  }

  test('the printed address opens the workbench, without complaints, and the token leaves the address', async () => {
    const { page, complaints } = await openPage(served.address)
    await page.getByRole('button', { name: 'New run' }).waitFor()

    expect(page.url()).toBe(`${served.origin}/`)
    expect(await page.evaluate('document.cookie')).toBe('')
    expect(await page.evaluate('crossOriginIsolated')).toBe(true)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('the address still opens after a reload and in a second tab', async () => {
    const { page } = await openPage(served.address)
    await page.getByRole('button', { name: 'New run' }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'New run' }).waitFor()
    const second = await page.context().newPage()
    await second.goto(served.address)

    await second.getByRole('button', { name: 'New run' }).waitFor()
    await page.context().close()
  })

  test.each([
    ['without its token', '/', 'Open the complete address'],
    ['with the token of another start', '/#token=nonsense', 'belongs to another start'],
  ])('an address %s says what to do', async (_which, path, words) => {
    const { page } = await openPage(served.origin + path)

    await page.getByText(words).waitFor()
    await page.context().close()
  })

  test('the page can run no script but the renderer’s own', async () => {
    const { page } = await openPage(served.address)
    await page.getByRole('button', { name: 'New run' }).waitFor()
    const blocked = page.evaluate(`new Promise((resolve) => {
      const directives = []
      addEventListener('securitypolicyviolation', (event) => {
        directives.push(event.effectiveDirective + ' ' + event.blockedURI)
        if (directives.length === 3) resolve(directives.sort())
      })
      const inline = document.createElement('script')
      inline.textContent = 'window.wasRun = true'
      const foreign = document.createElement('script')
      foreign.src = 'https://evil.example/x.js'
      document.body.append(inline, foreign)
      fetch('https://evil.example/').catch(() => undefined)
    })`)

    expect(await blocked).toEqual([
      'connect-src https://evil.example/',
      'script-src-elem https://evil.example/x.js',
      'script-src-elem inline',
    ])
    expect(await page.evaluate('window.wasRun')).toBeUndefined()
    await page.context().close()
  })

  test('a page of another origin can neither read the workbench nor open its socket', async () => {
    const { page: own } = await openPage(served.address)
    await own.getByRole('button', { name: 'New run' }).waitFor()
    const page = await own.context().newPage()
    // Another port is another origin that shares cookies: what the rules about Origin are for.
    await page.route('http://127.0.0.1:9/**', (route) => route.fulfill({ contentType: 'text/html', body: '<p>evil</p>' }))
    await page.goto('http://127.0.0.1:9/')
    const outcome = await page.evaluate(`(async () => {
      const read = await fetch('${served.origin}/', { credentials: 'include' }).then(() => 'read', () => 'refused')
      const post = await fetch('${served.origin}/session', { method: 'POST', credentials: 'include', body: '{}' })
        .then(() => 'read', () => 'refused')
      const socket = await new Promise((resolve) => {
        const opened = new WebSocket('${served.origin.replace('http', 'ws')}/rpc')
        opened.onopen = () => resolve('opened')
        opened.onerror = () => resolve('refused')
      })
      return { read, post, socket }
    })()`)

    expect(outcome).toEqual({ read: 'refused', post: 'refused', socket: 'refused' })
    await own.context().close()
  })
})
