/**
 * Work on many sequences, a part at a time. Analyses that average over inputs are generators that yield between parts:
 * drained at once in a test or a claim, in turns of the event loop in a process that also answers others.
 */
import { err, ok, type Result } from '../../../base/result'
import type { Sequences } from '../../models/network'

export const countOf = ({ tokens, length }: Sequences): number => tokens.length / length

/** Sequences `first` to `first + count - 1`; positions to score are left behind. */
export function rowsOf({ tokens, length, mask }: Sequences, first: number, count: number): Sequences {
  const [from, to] = [first * length, (first + count) * length]
  return { tokens: tokens.subarray(from, to), length, ...(mask && { mask: mask.subarray(from, to) }) }
}

/** Parts of so many sequences that none holds more than `mostCells` cells, at least one each. */
export function* partsOf(
  sequences: Sequences,
  { cellsEach, mostCells = 4_000_000 }: { readonly cellsEach: number; readonly mostCells?: number },
): Generator<{ readonly first: number; readonly count: number; readonly rows: Sequences }, void> {
  const total = countOf(sequences)
  const most = Math.max(1, Math.floor(mostCells / cellsEach))
  for (let first = 0; first < total; first += most) {
    const count = Math.min(most, total - first)
    yield { first, count, rows: rowsOf(sequences, first, count) }
  }
}

export function drained<T>(steps: Generator<void, T>): T {
  for (;;) {
    const next = steps.next()
    if (next.done) return next.value
  }
}

/** Lets other work of the process in between two steps, and stops when the signal says so. */
export async function drainedInTurns<T>(steps: Generator<void, T>, signal?: AbortSignal): Promise<Result<T, 'CANCELLED'>> {
  for (;;) {
    const next = steps.next()
    if (next.done) return ok(next.value)
    await new Promise((resolve) => setImmediate(resolve))
    if (signal?.aborted) {
      steps.return(undefined as never) // runs what the generator has in `finally`; its value is not read
      return err('CANCELLED', 'the analysis was cancelled')
    }
  }
}
