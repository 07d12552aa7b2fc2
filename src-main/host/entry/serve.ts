/** Composition root of the served workbench: one host, one loopback server, one peer a window. */
import { join } from 'node:path'
import { AppError } from '../../base/result'
import { contract } from '../../contract'
import { websocketTransport } from '../rpc/websocket'
import { servePeer } from '../rpc/peer'
import { findChromium, openBrowser, printWithChromium } from '../serve/desktop'
import { parseServeOptions, serveHelp, type ServeOptions } from '../serve/options'
import { filesOfDevServer, filesUnder } from '../serve/renderer-files'
import { startOnUsualPort, type WorkbenchServer } from '../serve/server'
import { createHost, type Host } from '../services/host'
import { diagnose } from '../shell/doctor'

/** Jobs write a checkpoint when they are stopped; one that hangs must not keep the process. */
const longestEndMs = 20_000

const parsed = parseServeOptions(process.argv.slice(2))
if (!parsed.ok) {
  process.stderr.write(`grokscope: ${parsed.error.message}\n`)
  process.exit(2)
}
if (parsed.value === 'help') {
  process.stdout.write(serveHelp)
  process.exit(0)
}
try {
  await serve(parsed.value)
} catch (thrown) {
  // An expected failure says what would work; anything else is told in full.
  if (thrown instanceof AppError) process.stderr.write(`grokscope: ${thrown.message} (${thrown.code})\n`)
  else if (isPortTaken(thrown)) process.stderr.write(`grokscope: port ${parsed.value.port} is in use; leave --port out\n`)
  else report(thrown)
  process.exit(1)
}

function isPortTaken(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE'
}

function report(thrown: unknown): void {
  process.stderr.write(`grokscope: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`)
}

async function serve(options: ServeOptions): Promise<void> {
  let ending: (() => Promise<void>) | undefined
  let isStopping = false
  // Heard from the first moment on; before there is anything to end, ending is simply leaving.
  function stop(): void {
    if (isStopping) return
    isStopping = true
    setTimeout(() => process.exit(1), longestEndMs).unref()
    void Promise.resolve(ending?.())
      .catch(report)
      .finally(() => process.exit(0))
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)

  const host = await startHost(options)
  ending = () => host.dispose()
  const server = await startServing(options, host)
  ending = async () => {
    await server.close()
    await host.dispose()
  }
  process.stdout.write(`Grokscope at ${server.address}\n`)
  if (options.opensBrowser) openBrowser(server.address)
}

async function startHost({ workspace, project }: ServeOptions): Promise<Host> {
  const chromium = findChromium()
  const host = await createHost({
    workspace,
    shell: 'served',
    findings: diagnose,
    opensProject: project === undefined,
    ...(chromium ? { pdf: (html: string) => printWithChromium(chromium, html) } : {}),
  })
  if (project !== undefined) {
    host.supervisor.warm()
    await host.openProject(project)
  }
  return host
}

function startServing({ port }: ServeOptions, { services }: Host): Promise<WorkbenchServer> {
  // Set by the development server only: pages then come from there, and may hold its reloading socket.
  const devServer = process.env['ELECTRON_RENDERER_URL']
  return startOnUsualPort({
    files: devServer ? filesOfDevServer(devServer) : filesUnder(join(import.meta.dirname, '../renderer')),
    onSocket: (socket) => servePeer(websocketTransport(socket), contract, services, { onBroken: report }),
    onFailure: report,
    port,
    moreConnections: devServer ? [devServer.replace(/^http/, 'ws').replace(/\/$/, '')] : [],
  })
}
