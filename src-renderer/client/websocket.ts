import { packMessage, unpackMessage } from '@contract/packing'
import type { Message, Transport } from '@contract/rpc'

/** A transport over a WebSocket, resolved once it is open. Messages travel packed; a malformed one ends the connection. */
export function openWebSocket(url: string): Promise<Transport> {
  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(transportOver(socket)), { once: true })
    socket.addEventListener('close', () => reject(new Error(`no connection to ${new URL(url).host}`)), { once: true })
  })
}

function transportOver(socket: WebSocket): Transport {
  return {
    send(message: Message) {
      if (socket.readyState === WebSocket.OPEN) socket.send(packMessage(message))
    },
    onMessage(listener) {
      socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
        try {
          listener(unpackMessage(new Uint8Array(data)))
        } catch {
          // What follows a message that cannot be read cannot be trusted either; closing rejects everything open.
          socket.close(1002, 'malformed message')
        }
      })
    },
    onClose(listener) {
      if (socket.readyState >= WebSocket.CLOSING) queueMicrotask(listener)
      else socket.addEventListener('close', () => listener(), { once: true })
    },
    close: () => socket.close(),
  }
}
