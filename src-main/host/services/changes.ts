import { createEmitter } from '../../base/event'
import type { Disposable } from '../../base/disposable'

/** Which runs changed or went, as it happens. Whoever changes a run says so here. */
export interface RunChanges {
  changed(...runIds: readonly string[]): void
  removed(runId: string): void
  on(listener: (change: RunChange) => void): Disposable
}

export interface RunChange {
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

export function createRunChanges(): RunChanges {
  const emitter = createEmitter<RunChange>()
  return {
    changed: (...runIds) => emitter.emit({ changed: runIds, removed: [] }),
    removed: (runId) => emitter.emit({ changed: [], removed: [runId] }),
    on: (listener) => emitter.on(listener),
  }
}
