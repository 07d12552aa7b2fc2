/** The desktop shell against a stand-in for Electron: what is set on windows, sessions and schemes, and what it answers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserWindow as RealWindow, Session } from 'electron'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { appOrigin, declareAppScheme, serveAppScheme } from '@main/host/shell/app-scheme'
import { askWhereDownloadsGo, chooseProject } from '@main/host/shell/dialogs'
import { lockDownPages, lockDownSession, openOutside } from '@main/host/shell/lockdown'
import { menuTemplate } from '@main/host/shell/menu'
import { printToPdf } from '@main/host/shell/print'
import { projectFileIn } from '@main/host/shell/project-file'
import { openWorkbenchWindow } from '@main/host/shell/window'
import { filesUnder } from '@main/host/serve/renderer-files'
import {
  app,
  BrowserWindow,
  contextBridge,
  dialog,
  FakeFrame,
  FakeSession,
  ipcRenderer,
  protocol,
  screen,
  shell,
  type FakePort,
} from '../../../fixtures/electron-fake'

const folder = mkdtempSync(join(tmpdir(), 'grokscope-shell-'))
const stateFile = join(folder, 'state', 'window.json')

beforeAll(() => {
  mkdirSync(join(folder, 'renderer'))
  writeFileSync(join(folder, 'renderer', 'index.html'), '<title>workbench</title>')
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  lockDownPages()
})
beforeEach(() => {
  BrowserWindow.all.length = 0
  dialog.asked.length = 0
  shell.opened.length = 0
  rmSync(stateFile, { force: true })
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The code under test is typed by the real module; the stand-in implements the part of it that is used. */
const asReal = (session: FakeSession): Session => session as unknown as Session

function openWindow(): { readonly window: BrowserWindow; readonly ports: FakePort[] } {
  const ports: FakePort[] = []
  const onPort = (port: unknown): void => void ports.push(port as FakePort)
  const window: unknown = openWorkbenchWindow({ preload: '/out/preload/preload.cjs', stateFile, icon: '/icon.png', onPort })
  return { window: window as BrowserWindow, ports }
}

interface Stoppable {
  readonly url: string
  isPrevented: boolean
  preventDefault(): void
}

function eventAt(url: string): Stoppable {
  return {
    url,
    isPrevented: false,
    preventDefault() {
      this.isPrevented = true
    },
  }
}

describe('a window', () => {
  test('is isolated, sandboxed, without Node, and shows only the application’s own scheme', () => {
    const { window } = openWindow()

    expect(window.options.webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      experimentalFeatures: false,
      webviewTag: false,
      preload: '/out/preload/preload.cjs',
    })
    expect(window.webContents.url).toBe('app://grokscope/')
  })

  test('appears when its page has drawn, not before', () => {
    const { window } = openWindow()
    const before = window.isShown
    window.emit('ready-to-show')

    expect({ before, after: window.isShown }).toEqual({ before: false, after: true })
  })

  test('comes back where it was left', () => {
    openWindow().window.close()

    expect(openWindow().window.options).toMatchObject({ x: 10, y: 20, width: 1200, height: 800 })
  })

  test('comes back maximized when it was', () => {
    const first = openWindow().window
    first.maximize()
    first.close()

    expect(openWindow().window.isMaximized()).toBe(true)
  })

  test('is placed anew when the screen it was on is gone', () => {
    openWindow().window.close()
    const { displays } = screen
    screen.displays = [{ workArea: { x: 5000, y: 0, width: 1920, height: 1080 } }]
    const { options } = openWindow().window
    screen.displays = displays

    expect({ x: options['x'], width: options['width'] }).toEqual({ x: undefined, width: 1440 })
  })

  test.each(['', '{', '[]', 'null', '{"bounds":{"x":0,"y":0,"width":"wide","height":1}}', '{"bounds":{"width":1}}'])(
    'a state file that holds %j counts as none',
    (text) => {
      mkdirSync(join(folder, 'state'), { recursive: true })
      writeFileSync(stateFile, text)

      expect(openWindow().window.options['width']).toBe(1440)
    },
  )

  test('whose page process died is loaded again, but not over and over', () => {
    const { webContents } = openWindow().window
    webContents.emit('render-process-gone', {}, { reason: 'crashed' })
    webContents.emit('render-process-gone', {}, { reason: 'crashed' })

    expect(webContents.reloadCount).toBe(1)
  })
})

describe('a page', () => {
  const elsewhere = ['https://evil.example/', 'file:///etc/passwd', 'app://grokscope.evil/', 'app://print/', 'about:blank']

  test.each(elsewhere)('cannot go to %s', (url) => {
    const { webContents } = openWindow().window

    for (const way of ['will-navigate', 'will-redirect', 'will-frame-navigate']) {
      const event = eventAt(url)
      webContents.emit(way, event)
      expect({ way, isPrevented: event.isPrevented }).toEqual({ way, isPrevented: true })
    }
  })

  test('may load itself again', () => {
    const event = eventAt('app://grokscope/index.html')
    openWindow().window.webContents.emit('will-navigate', event)

    expect(event.isPrevented).toBe(false)
  })

  test('cannot open a window or embed one', () => {
    const { webContents } = openWindow().window
    const attached = eventAt('')
    webContents.emit('will-attach-webview', attached)

    expect(webContents.windowOpen?.({ url: 'app://grokscope/' })).toEqual({ action: 'deny' })
    expect(attached.isPrevented).toBe(true)
  })

  test('may link to papers at once, and elsewhere after a question', async () => {
    await openOutside('https://arxiv.org/abs/2310.13061')
    await openOutside('https://elsewhere.example/')
    dialog.response = 0
    await openOutside('https://elsewhere.example/page')
    dialog.response = 1

    expect(shell.opened).toEqual(['https://arxiv.org/abs/2310.13061', 'https://elsewhere.example/page'])
    expect(dialog.asked).toHaveLength(2)
  })

  const never = ['javascript:alert(1)', 'file:///etc/passwd', 'smb://host/share', 'http://arxiv.org', 'nonsense']

  test.each([...never, 'https://arxiv.org@evil.example/'])('can never hand %s to the system', async (url) => {
    await openOutside(url)

    expect({ opened: shell.opened, asked: dialog.asked }).toEqual({ opened: [], asked: [] })
  })

  test('that looks like a known host is asked about', async () => {
    await openOutside('https://arxiv.org.evil.example/')

    expect({ opened: shell.opened, questions: dialog.asked.length }).toEqual({ opened: [], questions: 1 })
  })
})

describe('a session', () => {
  const session = new FakeSession()
  beforeAll(() => lockDownSession(asReal(session)))

  test.each(['media', 'geolocation', 'notifications', 'midi', 'clipboard-read', 'openExternal', 'fullscreen'])(
    'grants no %s',
    (permission) => {
      const answers: boolean[] = []
      const request = session.permissionRequest as (...args: unknown[]) => void
      const check = session.permissionCheck as (...args: unknown[]) => boolean
      request({ getURL: () => `${appOrigin}/` }, permission, (answer: boolean) => answers.push(answer))

      expect([...answers, check(null, permission, appOrigin)]).toEqual([false, false])
    },
  )

  test('lets the workbench, and nobody else, write to the clipboard', () => {
    const check = session.permissionCheck as (...args: unknown[]) => boolean

    expect(check(null, 'clipboard-sanitized-write', appOrigin)).toBe(true)
    expect(check(null, 'clipboard-sanitized-write', 'https://evil.example')).toBe(false)
  })

  test('fetches nothing from the network', () => {
    const outcomes = ['app://grokscope/a.js', 'blob:app', 'https://evil.example/', 'http://127.0.0.1/', 'file:///etc/passwd']
    const cancelled = outcomes.map((url) => {
      let answer: unknown
      const ask = session.beforeRequest as (...args: unknown[]) => void
      ask({ url }, (given: { cancel: boolean }) => (answer = given.cancel))
      return answer
    })

    expect(cancelled).toEqual([false, false, true, true, true])
  })

  test('asks where a download goes', () => {
    askWhereDownloadsGo(asReal(session))
    const asked: unknown[] = []
    const setSaveDialogOptions = (options: unknown): void => void asked.push(options)
    session.emit('will-download', {}, { getFilename: () => 'report.html', setSaveDialogOptions })

    expect(asked).toEqual([{ title: 'Save', defaultPath: 'report.html' }])
  })
})

describe('the scheme', () => {
  const session = new FakeSession()
  beforeAll(() => serveAppScheme(asReal(session), filesUnder(join(folder, 'renderer'))))

  const ask = async (url: string, method = 'GET'): Promise<Response> => {
    const handler = session.protocol.handlers.get('app')
    if (!handler) throw new Error('the scheme is not handled')
    return handler(new Request(url, { method }))
  }

  test('is a standard secure origin without privileges beyond that', () => {
    declareAppScheme()

    expect(protocol.privileged).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
    ])
  })

  test('answers the page with its policy', async () => {
    const answer = await ask('app://grokscope/')

    expect({ status: answer.status, text: await answer.text() }).toEqual({ status: 200, text: '<title>workbench</title>' })
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'; ")
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('cross-origin-opener-policy')).toBe('same-origin')
  })

  const outside = [
    'app://grokscope/..%2fsecret.txt',
    'app://grokscope/%252e%252e/secret.txt',
    'app://grokscope/..%5csecret.txt',
    'app://grokscope/index.html%00.txt',
    'app://grokscope//secret.txt',
    'app://evil/index.html',
    'app://grokscope.evil/index.html',
  ]

  test.each(outside)('does not answer %s', async (url) => {
    const answer = await ask(url)

    expect([400, 404]).toContain(answer.status)
    expect(await answer.text()).not.toContain('secret')
  })

  test('answers GET and HEAD only', async () => {
    expect((await ask('app://grokscope/', 'POST')).status).toBe(405)
    expect(await (await ask('app://grokscope/', 'HEAD')).text()).toBe('')
  })
})

describe('the port', () => {
  test('is given to the window’s own page, one for each question', () => {
    const { window, ports } = openWindow()
    const { ipc, mainFrame } = window.webContents
    ipc.emit('grokscope-connect', { senderFrame: mainFrame })
    ipc.emit('grokscope-connect', { senderFrame: mainFrame })

    expect(mainFrame.posted.map(({ channel, ports: given }) => [channel, given.length])).toEqual([
      ['grokscope-port', 1],
      ['grokscope-port', 1],
    ])
    expect(ports).toHaveLength(2)
    expect(mainFrame.posted[0]?.ports[0]?.other).toBe(ports[0])
  })

  test.each([
    ['a frame that is gone', null],
    ['a frame inside the page', new FakeFrame(appOrigin, new FakeFrame(appOrigin))],
    ['a page of another origin', new FakeFrame('https://evil.example')],
    ['a page without an origin', new FakeFrame('null')],
  ])('is not given to %s', (_who, senderFrame) => {
    const { window, ports } = openWindow()
    window.webContents.ipc.emit('grokscope-connect', { senderFrame })

    expect({ ports: ports.length, posted: senderFrame?.posted ?? [] }).toEqual({ ports: 0, posted: [] })
  })

  test('crosses the preload script as a message of the page’s own window, and nothing else does', async () => {
    const posted: unknown[] = []
    Object.assign(globalThis, { window: { postMessage: (...args: unknown[]) => posted.push(args) } })
    await import('@main/host/entry/preload')
    const bridge = contextBridge.exposed.get('grokscope') as { connect(): void }
    bridge.connect()
    ipcRenderer.emit('grokscope-port', { ports: ['the port'] })
    Reflect.deleteProperty(globalThis, 'window')

    expect([...contextBridge.exposed.keys()]).toEqual(['grokscope'])
    expect({ frozen: Object.isFrozen(bridge), names: Object.keys(bridge) }).toEqual({ frozen: true, names: ['connect'] })
    expect(ipcRenderer.sent).toEqual([{ channel: 'grokscope-connect', args: [] }])
    expect(posted).toEqual([['grokscope-port', '*', ['the port']]])
  })
})

describe('files from outside', () => {
  test.each([
    [['/apps/grokscope', '.'], undefined],
    [['--flag', 'a.grokscope'], '/here/a.grokscope'],
    [['a.grokscope', '/there/b.GROKSCOPE'], '/there/b.GROKSCOPE'],
    [['--user-data-dir=x.grokscope', 'notes.txt'], undefined],
  ])('the command line %j names %j', (args, file) => {
    expect(projectFileIn(args, '/here')).toBe(file)
  })

  test('the open dialog offers projects, and dismissing it chooses nothing', async () => {
    dialog.opens = { canceled: false, filePaths: ['/there/b.grokscope'] }
    const chosen = await chooseProject(undefined, '/here')
    dialog.opens = { canceled: true, filePaths: [] }
    const dismissed = await chooseProject(new BrowserWindow() as unknown as RealWindow, '/here')

    expect({ chosen, dismissed }).toEqual({ chosen: '/there/b.grokscope', dismissed: undefined })
    expect(dialog.asked[0]?.options).toMatchObject({ filters: [{ extensions: ['grokscope'] }] })
  })
})

describe('printing', () => {
  test('happens in a hidden window of its own that is gone afterwards', async () => {
    const made: BrowserWindow[] = []
    const watch = (): void => void made.push(BrowserWindow.all.at(-1)!)
    app.on('web-contents-created', watch)
    const bytes = await printToPdf('<p>report</p>')
    app.off('web-contents-created', watch)
    const [window] = made
    const page = await window?.webContents.session.protocol.handlers.get('app')?.(new Request('app://print/'))

    expect(new TextDecoder().decode(bytes)).toBe('%PDF-fake')
    expect(window?.options).toMatchObject({ show: false, webPreferences: { sandbox: true, contextIsolation: true } })
    expect(await page?.text()).toBe('<p>report</p>')
    expect(page?.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(BrowserWindow.all).toEqual([])
  })
})

describe('the menu', () => {
  test.each(['linux', 'darwin', 'win32'] as const)('on %s opens projects and quits', (platform) => {
    const template = menuTemplate({ openProject() {}, newWindow() {}, openHelp() {} }, platform)
    const items = template.flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []))

    expect(items.map(({ label }) => label)).toContain('Open project…')
    expect(template.some(({ role }) => role === 'appMenu') || items.some(({ role }) => role === 'quit')).toBe(true)
  })
})
