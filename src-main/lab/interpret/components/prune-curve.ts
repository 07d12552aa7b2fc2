/**
 * Accuracies while neurons are removed one after another, as they become known: a step at a time, so that whoever
 * drives it can stop, answer something else in between, or show what there is.
 */
import { namedArray, type FloatArray, type NamedArray } from '../../../base/array'
import { err, ok, type Result } from '../../../base/result'
import { accuracyNames, type PrunedAccuracies, type Pruner } from '../pruning'

/** The fields of contract/interpret.ts PruneCurve; accuracies have length total + 1 and hold NaN beyond `done`. */
export interface PruneCurve extends Readonly<Record<keyof PrunedAccuracies, FloatArray>> {
  readonly order: NamedArray<Int32Array>
  readonly done: number
  readonly total: number
}

/**
 * Yields the curve so far after each removal, first with none removed. The yielded arrays keep filling; copy what must
 * not change. Works on a fork; the pruner given is left as it was.
 */
export function* pruneSteps(pruner: Pruner, order: Int32Array): Generator<PruneCurve, PruneCurve> {
  const working = pruner.fork()
  working.become([])
  const total = order.length
  const values = emptyCurves(total)
  const removed = namedArray(['neuron'], [total], order)
  const curveAt = (done: number): PruneCurve => ({ order: removed, done, total, ...values })
  for (let k = 0; k <= total; k++) {
    if (k > 0) working.remove(order[k - 1]!)
    const accuracies = working.accuracies()
    for (const name of accuracyNames) values[name].data[k] = accuracies[name]
    yield curveAt(k)
  }
  return curveAt(total)
}

export interface CurveOptions {
  /** Reads the curve so far, a copy, about once per `sliceMs`, and once more at the end. */
  readonly onProgress?: (curve: PruneCurve) => void
  readonly signal?: AbortSignal
  /** Work between two turns of the event loop; default 12 ms, under one frame. */
  readonly sliceMs?: number
}

/** The whole curve, computed in slices that let other work of the process in between. */
export async function pruneCurve(
  pruner: Pruner,
  order: Int32Array,
  { onProgress, signal, sliceMs = 12 }: CurveOptions = {},
): Promise<Result<PruneCurve, 'CANCELLED'>> {
  const steps = pruneSteps(pruner, order)
  for (;;) {
    const untilMs = performance.now() + sliceMs
    let next = steps.next()
    while (!next.done && performance.now() < untilMs) next = steps.next()
    onProgress?.(copyOf(next.value))
    if (next.done) return ok(next.value)
    await new Promise((resolve) => setImmediate(resolve))
    if (signal?.aborted) {
      return err('CANCELLED', `pruning was cancelled after ${next.value.done} of ${order.length} neurons`)
    }
  }
}

type Curves = Readonly<Record<keyof PrunedAccuracies, FloatArray>>

function emptyCurves(total: number): Curves {
  const empty = (): FloatArray => namedArray(['removed'], [total + 1], new Float32Array(total + 1).fill(NaN))
  return { trainClean: empty(), trainCorrupted: empty(), test: empty(), trueLabel: empty(), train: empty() }
}

function copyOf(curve: PruneCurve): PruneCurve {
  const copies = accuracyNames.map((name) => [name, { ...curve[name], data: curve[name].data.slice() }])
  return { ...curve, ...(Object.fromEntries(copies) as unknown as Curves) } // one copy per accuracy name
}
