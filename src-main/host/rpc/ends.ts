import { createEmitter } from '../../base/event'
import type { Transport } from '../../contract/rpc'

/** The receiving half that all transports share: any number of listeners, and an end that is told once. */
export interface Ends {
  readonly onMessage: Transport['onMessage']
  readonly onClose: Transport['onClose']
  readonly isClosed: boolean
  received(message: unknown): void
  closed(): void
}

export function createEnds(): Ends {
  const messages = createEmitter<unknown>()
  const closing = createEmitter<void>()
  let isClosed = false
  return {
    onMessage: (listener) => void messages.on(listener),
    onClose: (listener) => (isClosed ? listener() : void closing.on(listener)),
    get isClosed() {
      return isClosed
    },
    received(message) {
      if (!isClosed) messages.emit(message)
    },
    closed() {
      if (isClosed) return
      isClosed = true
      closing.emit()
      closing.dispose()
      messages.dispose()
    },
  }
}
