/**
 * Transports between a process and its child. Node's child_process.fork needs `serialization: 'advanced'`, so that typed
 * arrays stay typed arrays; Electron's utilityProcess clones structurally by itself.
 */
import type { ChildProcess } from 'node:child_process'
import type { Transport } from '../../contract/rpc'
import { createEnds } from './ends'

/** The parent's end of a forked Node process. */
export function forkedTransport(child: ChildProcess): Transport {
  const ends = createEnds()
  child.on('message', ends.received)
  child.on('disconnect', ends.closed)
  child.on('exit', ends.closed)
  return {
    send(message) {
      // The callback takes the error of a child that died between this check and the write; 'exit' reports it.
      if (child.connected) child.send(message, () => {})
    },
    onMessage: ends.onMessage,
    onClose: ends.onClose,
    close() {
      if (child.connected) child.disconnect()
      ends.closed()
    },
  }
}

/** The part of Electron's UtilityProcess that is used here. */
export interface UtilityChild {
  postMessage(message: unknown): void
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'exit', listener: (code: number) => void): unknown
  kill(): boolean
}

/** The parent's end of an Electron utility process. */
export function utilityTransport(child: UtilityChild): Transport {
  const ends = createEnds()
  child.on('message', ends.received)
  child.on('exit', ends.closed)
  return {
    send(message) {
      if (!ends.isClosed) child.postMessage(message)
    },
    onMessage: ends.onMessage,
    onClose: ends.onClose,
    close() {
      child.kill()
      ends.closed()
    },
  }
}

/** Electron's process.parentPort inside a utility process. */
interface ParentPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown
  on(event: 'close', listener: () => void): unknown
}

/** The child's end, whichever way it was started; undefined when this process has no parent that talks to it. */
export function parentTransport(): Transport | undefined {
  const { parentPort } = process as unknown as { parentPort?: ParentPort } // Electron adds it to the process object
  if (parentPort) return portTransport(parentPort)
  if (!process.send) return undefined
  const ends = createEnds()
  process.on('message', ends.received)
  process.on('disconnect', ends.closed)
  return {
    send(message) {
      if (process.connected) process.send?.(message, undefined, undefined, () => {})
    },
    onMessage: ends.onMessage,
    onClose: ends.onClose,
    close() {
      if (process.connected) process.disconnect()
      ends.closed()
    },
  }
}

function portTransport(port: ParentPort): Transport {
  const ends = createEnds()
  port.on('message', ({ data }) => ends.received(data))
  port.on('close', ends.closed)
  return { send: (message) => port.postMessage(message), onMessage: ends.onMessage, onClose: ends.onClose, close: ends.closed }
}
