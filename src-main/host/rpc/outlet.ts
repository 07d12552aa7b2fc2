/** The outgoing side of one stream: what may be sent now, what waits, and who waits for room. See peer.ts, 3 and 4. */
import { AppError } from '../../base/result'
import type { Delivery, Transport } from '../../contract/rpc'

export interface Outlet {
  emit(event: unknown): Promise<void>
  grant(credit: number): void
  /** Resolves when every event is on its way; the last one of a `latest` stream goes without credit. */
  drained(): Promise<void>
}

interface Waiter {
  readonly isDone: () => boolean
  readonly settle: () => void
  readonly fail: (error: Error) => void
}

interface OutletOptions {
  readonly id: number
  readonly delivery: Delivery
  readonly signal: AbortSignal
}

export function createOutlet(transport: Transport, { id, delivery, signal }: OutletOptions): Outlet {
  const line: unknown[] = []
  let credit = 0
  let waiters: Waiter[] = []
  let broken: Error | undefined

  function fail(error: Error): void {
    broken = error
    line.length = 0
    for (const waiter of waiters.splice(0)) waiter.fail(error)
  }
  signal.addEventListener('abort', () => fail(cancelled()), { once: true })

  function sendNext(): void {
    try {
      transport.send({ kind: 'event', id, event: line.shift() })
    } catch (thrown) {
      fail(thrown instanceof Error ? thrown : new Error(String(thrown)))
    }
  }

  function advance(): void {
    for (; credit > 0 && line.length > 0; credit--) sendNext()
    const done = waiters.filter(({ isDone }) => isDone())
    waiters = waiters.filter((waiter) => !done.includes(waiter))
    for (const { settle } of done) settle()
  }

  function until(isDone: () => boolean): Promise<void> {
    const promise = new Promise<void>((settle, reject) => {
      if (broken) reject(broken)
      else if (isDone()) settle()
      else waiters.push({ isDone, settle, fail: reject })
    })
    // A producer driven by a listener does not await; its cancellation is not an unhandled rejection.
    promise.catch(() => {})
    return promise
  }

  return {
    emit(event) {
      if (!broken) {
        if (delivery === 'latest') line.length = 0
        line.push(event)
        advance()
      }
      return until(() => delivery === 'latest' || (credit > 0 && line.length === 0))
    },
    grant(amount) {
      credit += amount
      advance()
    },
    drained() {
      if (delivery === 'latest') while (line.length > 0) sendNext()
      return until(() => line.length === 0)
    },
  }
}

const cancelled = (): AppError => new AppError({ code: 'CANCELLED', message: 'the reader stopped listening' })
