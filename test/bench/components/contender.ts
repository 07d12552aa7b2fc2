/**
 * Something to be timed against others: a backend in this process, or a program of its own.
 *
 * A window is whole calls for at least the time wanted. It tells how much processor time the contender itself used, so
 * that what everybody else used meanwhile can be told from it.
 */
import { tf } from '@main/engine/tf'

export interface Window {
  readonly calls: number
  readonly elapsedMs: number
  /** Over all threads of the contender. */
  readonly cpuMs: number
  /** What the last call computed, where it is a number: contenders must agree on it. */
  readonly value: number
}

export interface Contender {
  readonly name: string
  window(ms: number): Promise<Window>
  end(): void
}

/** Calls `work` of this process on a backend that is ready. Calls before the first window warm it up. */
export function backendContender(name: string, start: () => { call(): number; end(): void }): Contender {
  let started: ReturnType<typeof start> | undefined
  return {
    name,
    async window(ms) {
      await tf.setBackend(name)
      if (!started) {
        started = start()
        for (let i = 0; i < 3; i++) started.call()
      }
      const cpu = process.cpuUsage()
      const startMs = performance.now()
      let [calls, elapsedMs, value] = [0, 0, 0]
      while (elapsedMs < ms) {
        value = started.call()
        calls++
        elapsedMs = performance.now() - startMs
      }
      const { user, system } = process.cpuUsage(cpu)
      return { calls, elapsedMs, cpuMs: (user + system) / 1000, value }
    },
    end() {
      started?.end()
      started = undefined
    },
  }
}
