import type { Disposable } from '../../base/disposable'
import type { StreamContext } from '../../contract/rpc'

/** Keeps a stream open until its reader leaves, and lets go of what fed it. */
export async function untilLeft({ signal }: Pick<StreamContext<never>, 'signal'>, ...sources: Disposable[]): Promise<void> {
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  for (const source of sources) source.dispose()
}

/** Calls `act` soon after `request`, at most once in `everyMs`, and always after the last request. */
export function createThrottle(everyMs: number, act: () => void): { request(): void } & Disposable {
  let timer: NodeJS.Timeout | undefined
  let lastMs = -Infinity
  return {
    request() {
      if (timer) return
      const waitMs = Math.max(0, lastMs + everyMs - performance.now())
      timer = setTimeout(() => {
        timer = undefined
        lastMs = performance.now()
        act()
      }, waitMs)
    },
    dispose: () => clearTimeout(timer),
  }
}
