import { createEmitter } from '../../base/event'
import type { Transport } from '../../contract/rpc'

/**
 * The receiving half that all transports share: any number of listeners, and an end that is told once. What comes before
 * the first listener waits for it: a process may be spoken to while it is still loading.
 */
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
  let early: unknown[] | undefined = []
  let isClosed = false
  return {
    onMessage(listener) {
      messages.on(listener)
      const waiting = early ?? []
      early = undefined
      for (const message of waiting) messages.emit(message)
    },
    onClose: (listener) => (isClosed ? listener() : void closing.on(listener)),
    get isClosed() {
      return isClosed
    },
    received(message) {
      if (isClosed) return
      if (early) early.push(message)
      else messages.emit(message)
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
