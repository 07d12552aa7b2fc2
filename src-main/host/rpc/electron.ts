import type { Transport } from '../../contract/rpc'
import { createEnds } from './ends'

/** The part of Electron's MessagePortMain that is used here. */
export interface ElectronPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown
  on(event: 'close', listener: () => void): unknown
  start(): void
  close(): void
}

/** A transport over a MessagePort of Electron's main process; its other end is a DOM MessagePort in the window. */
export function messagePortTransport(port: ElectronPort): Transport {
  const ends = createEnds()
  let isStarted = false
  port.on('message', ({ data }) => ends.received(data))
  port.on('close', ends.closed)
  return {
    send(message) {
      if (!ends.isClosed) port.postMessage(message)
    },
    onMessage(listener) {
      ends.onMessage(listener)
      // A port queues until it is started, so nothing that came before the first listener is lost.
      if (!isStarted) port.start()
      isStarted = true
    },
    onClose: ends.onClose,
    close() {
      port.close()
      ends.closed()
    },
  }
}
