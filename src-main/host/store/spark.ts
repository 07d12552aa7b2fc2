/** A series small enough for a table cell. */
import type { NamedArray } from '../../base/array'
import type { Run } from '../../contract/runs'

export const sparkLength = 60

/**
 * At most 60 values in order: the first, the last, and of each equal stretch between them the smallest and
 * the largest in the order they occur, so that a spike of one step stays visible. Values that are not finite
 * are left out.
 */
export function sparkOf(values: Float64Array): NamedArray<Float32Array<ArrayBuffer>> {
  const finite = values.filter(Number.isFinite)
  const kept = finite.length <= sparkLength ? finite : withExtremes(finite)
  return { axes: ['step'], shape: [kept.length], data: Float32Array.from(kept) }
}

function withExtremes(values: Float64Array): number[] {
  const stretches = (sparkLength - 2) / 2
  const inner = values.length - 2
  const kept = [values[0]!]
  for (let i = 0; i < stretches; i++) {
    const from = 1 + Math.floor((i * inner) / stretches)
    const to = 1 + Math.floor(((i + 1) * inner) / stretches)
    let low = from
    let high = from
    for (let at = from + 1; at < to; at++) {
      if (values[at]! < values[low]!) low = at
      if (values[at]! > values[high]!) high = at
    }
    if (low === high) kept.push(values[low]!)
    else kept.push(values[Math.min(low, high)]!, values[Math.max(low, high)]!)
  }
  kept.push(values.at(-1)!)
  return kept
}

/** Sparks of runs, kept until the run's measurements change. */
export function createSparks(load: (runId: string, seriesId: string) => Float64Array | undefined): {
  of(runId: string): Run['spark']
  forget(runId: string): void
} {
  const kept = new Map<string, Run['spark']>()

  function make(runId: string): Run['spark'] {
    const test = load(runId, 'accuracy.test')
    // A task without corrupted labels has no split to tell apart.
    const train = load(runId, 'accuracy.train') ?? load(runId, 'accuracy.trainClean')
    if (!test && !train) return undefined
    return { train: sparkOf(train ?? noValues), test: sparkOf(test ?? noValues) }
  }

  return {
    of(runId) {
      if (!kept.has(runId)) kept.set(runId, make(runId))
      return kept.get(runId)
    },
    forget: (runId) => void kept.delete(runId),
  }
}

const noValues = new Float64Array(0)
