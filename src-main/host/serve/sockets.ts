/**
 * The WebSocket half: one socket a window, admitted by cookie and origin, each carrying one peer.
 *
 * Limits: a message is at most `messageCapBytes`; a reader that stops reading is cut off before its backlog matters; a
 * socket whose other end has vanished is noticed by its missing pongs.
 */
import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { maxMessageBytes } from '../rpc/websocket'
import { isOwnHost, isOwnOrigin, type Access } from './access'

export const socketPath = '/rpc'

export interface SocketLimits {
  /** Largest message taken. */
  readonly messageCapBytes: number
  /** Bytes waiting for a slow reader at which it is disconnected. */
  readonly backlogCapBytes: number
  /** Between two pings; a socket that has not answered the last one is closed. */
  readonly pingEveryMs: number
  readonly socketCap: number
}

export const defaultLimits: SocketLimits = {
  messageCapBytes: maxMessageBytes,
  backlogCapBytes: 2 * maxMessageBytes,
  pingEveryMs: 30_000,
  socketCap: 32,
}

export interface Sockets {
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void
  /** Says goodbye to every window and resolves when all are gone. */
  close(): Promise<void>
}

export function acceptSockets(access: Access, limits: SocketLimits, onSocket: (socket: WebSocket) => void): Sockets {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: limits.messageCapBytes })
  const answered = new WeakSet<WebSocket>()

  const pinging = setInterval(() => {
    for (const socket of server.clients) {
      if (!answered.delete(socket)) socket.terminate()
      else if (socket.bufferedAmount > limits.backlogCapBytes) socket.terminate()
      else socket.ping()
    }
  }, limits.pingEveryMs)
  pinging.unref()

  server.on('connection', (socket) => {
    answered.add(socket)
    socket.on('pong', () => answered.add(socket))
    // A broken frame or an oversized message ends this socket by itself; its peer hears of the close.
    socket.on('error', () => socket.terminate())
    onSocket(socket)
  })

  return {
    upgrade(request, stream, head) {
      stream.on('error', () => stream.destroy())
      const refusal = refusalOf(request, access) ?? (server.clients.size >= limits.socketCap ? 503 : undefined)
      if (refusal) return refuse(stream, refusal)
      server.handleUpgrade(request, stream, head, (socket) => server.emit('connection', socket, request))
    },
    async close() {
      clearInterval(pinging)
      const closed = [...server.clients].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
      for (const socket of server.clients) socket.close(1001, 'the server is stopping')
      const patience = setTimeout(() => server.clients.forEach((socket) => socket.terminate()), 1000)
      await Promise.all(closed)
      clearTimeout(patience)
      server.close()
    },
  }
}

/** The status an upgrade is refused with, or undefined when it is welcome. */
function refusalOf({ headers, url = '' }: IncomingMessage, access: Access): number | undefined {
  if (!isOwnHost(headers.host)) return 421
  if (!isOwnOrigin(headers)) return 403
  if (!access.isAdmitted(headers)) return 401
  return url === socketPath ? undefined : 404
}

function refuse(stream: Duplex, status: number): void {
  stream.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
