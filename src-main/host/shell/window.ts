/** The workbench's window and the port through which its page reaches the services. */
import { BrowserWindow, MessageChannelMain, screen, type MessagePortMain, type WebContents } from 'electron'
import { appOrigin } from './app-scheme'
import { minimumSize, readWindowState, stateOnScreens, writeWindowState } from './window-state'

export interface WindowOptions {
  /** The built preload script; CommonJS, because a sandboxed page's can be nothing else. */
  readonly preload: string
  readonly stateFile: string
  /** Picture for the task bar, where the system takes it from the window. */
  readonly icon: string
  /** Serves the contract over the port of a page that asked for one. */
  readonly onPort: (port: MessagePortMain) => void
  /** False for the self-test. */
  readonly isShown?: boolean
}

/** The settings under which any page of this application runs. */
export const pagePreferences = {
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  spellcheck: false,
} as const

const smallestPauseMs = 10_000

export function openWorkbenchWindow(options: WindowOptions): BrowserWindow {
  const { preload, stateFile, icon, onPort, isShown = true } = options
  const screens = screen.getAllDisplays().map(({ workArea }) => workArea)
  const { bounds, isMaximized } = stateOnScreens(readWindowState(stateFile), screens)
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    ...bounds,
    minWidth: minimumSize.width,
    minHeight: minimumSize.height,
    show: false,
    title: 'Grokscope',
    icon,
    // The dark theme's ground; what shows until the page has drawn.
    backgroundColor: '#14161a',
    webPreferences: { ...pagePreferences, preload },
  })
  if (isMaximized && isShown) window.maximize()
  if (isShown) window.once('ready-to-show', () => window.show())
  window.on('close', () => {
    if (isShown) writeWindowState(stateFile, { bounds: window.getNormalBounds(), isMaximized: window.isMaximized() })
  })
  answerPortRequests(window.webContents, onPort)
  reloadAfterCrash(window.webContents)
  void window.loadURL(`${appOrigin}/`)
  return window
}

/** A page asks once a load; only the window's own top page is answered, through the preload script. */
function answerPortRequests(contents: WebContents, onPort: (port: MessagePortMain) => void): void {
  contents.ipc.on('grokscope-connect', ({ senderFrame }) => {
    // A frame is gone (null) when its page was left before its question arrived.
    if (!senderFrame || senderFrame.parent !== null || senderFrame.origin !== appOrigin) return
    const { port1, port2 } = new MessageChannelMain()
    onPort(port1)
    senderFrame.postMessage('grokscope-port', null, [port2])
  })
}

/** The work lives in this process and its children, so a page whose process died is simply loaded again, once in a while. */
function reloadAfterCrash(contents: WebContents): void {
  let reloadedAtMs = -Infinity
  contents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit' || performance.now() - reloadedAtMs < smallestPauseMs) return
    reloadedAtMs = performance.now()
    contents.reload()
  })
}
