/** Drives a long computation that yields what it has so far, in slices that let other work of the process in between. */
import { err, ok, type Result } from '../../../base/result'

export interface SliceOptions<T> {
  /** Reads the state so far about once per `sliceMs`, and once more at the end. What must not change is copied there. */
  readonly onProgress?: (state: T) => void
  readonly signal?: AbortSignal
  /** Work between two turns of the event loop; default 12 ms, under one frame. */
  readonly sliceMs?: number
}

export async function inSlices<T>(
  steps: Generator<T, T>,
  { onProgress, signal, sliceMs = 12 }: SliceOptions<T> = {},
): Promise<Result<T, 'CANCELLED'>> {
  try {
    for (;;) {
      const untilMs = performance.now() + sliceMs
      let next = steps.next()
      while (!next.done && performance.now() < untilMs) next = steps.next()
      onProgress?.(next.value)
      if (next.done) return ok(next.value)
      await new Promise((resolve) => setImmediate(resolve))
      if (signal?.aborted) return err('CANCELLED', 'the computation was cancelled')
    }
  } finally {
    // Lets the computation free what it holds where it was left in the middle.
    steps.return(undefined as never)
  }
}
