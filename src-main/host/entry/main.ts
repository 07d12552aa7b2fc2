/** Composition root of the desktop application. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { app, BrowserWindow, session, utilityProcess, type MessagePortMain } from 'electron'
import { failureOf } from '../../base/result'
import { contract } from '../../contract'
import { utilityCompute, type SpawnCompute } from '../compute/compute-process'
import { messagePortTransport } from '../rpc/electron'
import { servePeer } from '../rpc/peer'
import { defaultWorkspace } from '../serve/options'
import { filesOfDevServer, filesUnder } from '../serve/renderer-files'
import { createHost, type Host } from '../services/host'
import { declareAppScheme, serveAppScheme } from '../shell/app-scheme'
import { askWhereDownloadsGo, chooseFolder, chooseProject, showFailure } from '../shell/dialogs'
import { diagnose } from '../shell/doctor'
import { lockDownPages, lockDownSession, openOutside } from '../shell/lockdown'
import { showMenu } from '../shell/menu'
import { printToPdf } from '../shell/print'
import { projectFileIn } from '../shell/project-file'
import { testItself } from '../shell/self-test'
import { openWorkbenchWindow } from '../shell/window'

const isSelfTest = process.argv.includes('--self-test')
// The first argument is this program; unpackaged, the second is its folder.
const given = projectFileIn(process.argv.slice(app.isPackaged ? 1 : 2), process.cwd())
let asked: string | undefined = given
let host: Host | undefined

function report(thrown: unknown): void {
  process.stderr.write(`grokscope: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`)
}

/** A utility process rather than a fork, which packaging forbids: the application must not pass for a Node. */
const spawnCompute: SpawnCompute = (role) => {
  const stdio: ('ignore' | 'pipe')[] = ['ignore', 'ignore', 'pipe']
  const serviceName = `Grokscope ${role}`
  return utilityCompute(utilityProcess.fork(join(import.meta.dirname, 'compute.js'), [role], { stdio, serviceName }))
}

async function openProject(file: string): Promise<void> {
  if (!host) {
    asked = file // opened as soon as there is a host
    return
  }
  try {
    await host.openProject(file)
  } catch (thrown) {
    showFailure('The project cannot be opened', failureOf(thrown))
  }
}

function openWindow(isShown = true): BrowserWindow {
  return openWorkbenchWindow({
    preload: join(import.meta.dirname, '../preload/preload.cjs'),
    stateFile: join(app.getPath('userData'), 'window.json'),
    icon: join(import.meta.dirname, '../renderer/icon.png'),
    isShown,
    onPort(port: MessagePortMain) {
      if (host) servePeer(messagePortTransport(port), contract, host.services, { onBroken: report })
    },
  })
}

function focusWindow(): void {
  const window = BrowserWindow.getAllWindows()[0]
  if (!window) return void openWindow()
  if (window.isMinimized()) window.restore()
  window.focus()
}

async function start(): Promise<void> {
  const devServer = app.isPackaged ? undefined : process.env['ELECTRON_RENDERER_URL']
  const devAddresses = devServer ? [devServer, devServer.replace(/^http/, 'ws')] : []
  const files = devServer ? filesOfDevServer(devServer) : filesUnder(join(import.meta.dirname, '../renderer'))
  serveAppScheme(session.defaultSession, files, devAddresses)
  lockDownSession(session.defaultSession, devAddresses)
  askWhereDownloadsGo(session.defaultSession)

  const workspace = isSelfTest ? mkdtempSync(join(tmpdir(), 'grokscope-test-')) : defaultWorkspace()
  const choose = (folder: string): Promise<string | undefined> =>
    chooseProject(BrowserWindow.getFocusedWindow() ?? undefined, folder)
  host = await createHost({
    workspace,
    shell: 'electron',
    spawn: spawnCompute,
    pdf: printToPdf,
    dialogs: { chooseProject: choose, chooseFolder: (folder) => chooseFolder(BrowserWindow.getFocusedWindow() ?? undefined, folder) },
    findings: diagnose,
  })
  if (isSelfTest) return finishSelfTest(host)
  if (asked) await openProject(asked)
  showMenu({
    newWindow: () => void openWindow(),
    openHelp: (url) => void openOutside(url),
    openProject: () => void choose(workspace).then((file) => (file ? openProject(file) : undefined)),
  })
  openWindow()
}

async function finishSelfTest({ services }: Host): Promise<void> {
  const { signal } = new AbortController()
  const found = await testItself(openWindow(false), () => services.projects.current({}, { signal }))
  process.stdout.write(`${JSON.stringify(found)}\n`)
  await host?.dispose()
  app.exit(found.isGood ? 0 : 1)
}

function stop(event: { preventDefault(): void }): void {
  if (!host) return
  const ending = host
  host = undefined
  // Quitting waits until jobs have stopped and the project is closed.
  event.preventDefault()
  void Promise.resolve(ending.dispose()).catch(report).finally(() => app.quit())
}

if (isSelfTest || app.requestSingleInstanceLock({ file: given })) {
  app.enableSandbox()
  declareAppScheme()
  lockDownPages()
  app.on('open-file', (event, file) => {
    event.preventDefault()
    void openProject(file)
  })
  app.on('second-instance', (_event, _argv, _folder, data) => {
    const { file } = (data ?? {}) as { readonly file?: unknown } // what the other start passed to its lock
    if (typeof file === 'string') void openProject(file)
    focusWindow()
  })
  app.on('activate', () => {
    if (host && BrowserWindow.getAllWindows().length === 0) openWindow()
  })
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
  app.on('will-quit', stop)
  app.whenReady().then(start).catch((thrown: unknown) => {
    showFailure('Grokscope cannot start', failureOf(thrown))
    app.exit(1)
  })
} else {
  app.quit()
}
