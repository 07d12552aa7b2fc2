/**
 * Something to be timed against others: a backend in this process, or a program of its own.
 *
 * A window is whole calls for at least the time wanted. It tells how much processor time the contender itself used, so
 * that what everybody else used meanwhile can be told from it.
 */
import { chooseBackend } from '@main/engine/backend'
import { backendCandidates } from '@main/engine/backends'
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

/** A backend of this process that loaded. */
export interface Ready {
  /** This program's name for it. */
  readonly id: string
  readonly registeredAs: string
}

/** Those of these that this machine has, in the order given. */
export async function readyBackends(wanted: readonly string[]): Promise<readonly Ready[]> {
  const ready: Ready[] = []
  for (const id of wanted) {
    const chosen = await chooseBackend(backendCandidates, { wanted: id })
    if (chosen.ok) ready.push({ id, registeredAs: tf.getBackend() })
  }
  return ready
}

/** Work of this process on a backend. Calls before the first window warm it up. */
export function backendContender({ id, registeredAs }: Ready, start: () => { call(): number; end(): void }): Contender {
  let started: ReturnType<typeof start> | undefined
  return {
    name: id,
    async window(ms) {
      await tf.setBackend(registeredAs)
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
