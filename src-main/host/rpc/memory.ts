import type { Transport } from '../../contract/rpc'
import { createEnds, type Ends } from './ends'

/**
 * Two ends of one connection inside this process. Every message is cloned as the structured clone algorithm does, so
 * that what could not cross a process boundary does not slip through here. Delivery is asynchronous and in order.
 */
export function createMemoryPair(): readonly [Transport, Transport] {
  const left = createEnds()
  const right = createEnds()
  return [end(left, right), end(right, left)]
}

function end(own: Ends, other: Ends): Transport {
  return {
    send(message) {
      if (own.isClosed) return
      const copy: unknown = structuredClone(message)
      queueMicrotask(() => other.received(copy))
    },
    onMessage: own.onMessage,
    onClose: own.onClose,
    close() {
      own.closed()
      queueMicrotask(() => other.closed())
    },
  }
}
