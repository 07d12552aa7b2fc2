/** The served workbench's server: loopback only, one token a start, everything gone when it is disposed. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { WebSocket } from 'ws'
import { systemClock, type Clock } from '../../base/time'
import { createAccess } from './access'
import type { RendererFiles } from './renderer-files'
import { answerRequests } from './requests'
import { acceptSockets, defaultLimits, type SocketLimits } from './sockets'

const loopback = '127.0.0.1'
const usualPort = 4747

export interface WorkbenchServerOptions {
  readonly files: RendererFiles
  /** Called for each window that connects. */
  readonly onSocket: (socket: WebSocket) => void
  readonly onFailure: (error: unknown) => void
  /** 0 takes any free port. */
  readonly port: number
  readonly moreConnections?: readonly string[]
  readonly limits?: Partial<SocketLimits>
  readonly clock?: Clock
}

export interface WorkbenchServer {
  readonly port: number
  /** What a browser opens; the token is in the fragment, which is never sent. */
  readonly address: string
  /** Stops taking requests, closes every socket and resolves when nothing is left open. */
  close(): Promise<void>
}

/** Rejects with the system's error (`EADDRINUSE`) when the port cannot be had. */
export async function startServer(options: WorkbenchServerOptions): Promise<WorkbenchServer> {
  const { files, onSocket, onFailure, moreConnections = [], clock = systemClock } = options
  const access = createAccess(clock)
  const sockets = acceptSockets(access, { ...defaultLimits, ...options.limits }, onSocket)
  const server = createServer(
    { maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requestTimeout: 15_000, keepAliveTimeout: 5_000 },
    answerRequests({ access, files, moreConnections, onFailure }),
  )
  server.maxConnections = 256
  server.on('upgrade', (request, stream, head) => sockets.upgrade(request, stream, head))
  const port = await listen(server, options.port)
  return {
    port,
    address: `http://${loopback}:${port}/#token=${access.token}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      await sockets.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** On the port asked for, or else on the usual one so that tunnels and bookmarks last, or else on any free one. */
export async function startOnUsualPort(
  options: Omit<WorkbenchServerOptions, 'port'> & { readonly port: number | undefined },
): Promise<WorkbenchServer> {
  if (options.port !== undefined) return startServer({ ...options, port: options.port })
  try {
    return await startServer({ ...options, port: usualPort })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    return startServer({ ...options, port: 0 })
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: loopback, port, exclusive: true }, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port) // a listening TCP server has one
    })
  })
}
