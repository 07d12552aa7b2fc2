/** Attributions averaged over points between substitutes and the clean run. */
import type { Network } from '../../models/network'
import { findingOf, meanOverPairs } from './circuit-examples'
import { recordCircuit, type AttributionPoint, type CircuitPlan, type CircuitRecording } from './circuit-recording'

export interface WeightedPoint extends AttributionPoint {
  readonly weight: number
}

export interface AttributionStep {
  readonly scores: Float64Array
  readonly done: number
  readonly total: number
}

/** One forward and one backward pass a point; `done` counts points. Scores are NaN until all points are in. */
export function* integrate(
  network: Network,
  plan: CircuitPlan,
  pointsOf: (recording: CircuitRecording) => readonly WeightedPoint[],
): Generator<AttributionStep, ReturnType<typeof findingOf>> {
  const recording = recordCircuit(network, plan)
  try {
    const { graph, pairCount } = recording
    const points = pointsOf(recording)
    const examples = new Float32Array(pairCount * graph.edgeCount)
    const scores = new Float64Array(graph.edgeCount).fill(NaN)
    for (const [i, { weight, ...point }] of points.entries()) {
      const part = recording.attributionsAt(point)
      for (let j = 0; j < part.length; j++) examples[j]! += weight * part[j]!
      if (i === points.length - 1) scores.set(meanOverPairs(examples, pairCount))
      yield { scores, done: i + 1, total: points.length }
    }
    return findingOf(examples, pairCount)
  } finally {
    recording.dispose()
  }
}

/** Points on the way of the input embeddings, whose gradients serve the edges of every writer. */
export function inputPoints({ graph, stages }: CircuitRecording, shares: readonly number[]): readonly WeightedPoint[] {
  const of = { firstWriter: 0, count: graph.writers.length }
  return shares.map((share) => ({ stage: stages[0]!, share, of, weight: 1 / shares.length }))
}

/** k / steps, k = 1 .. steps. */
export const sharesOf = (steps: number): readonly number[] => Array.from({ length: steps }, (_, k) => (k + 1) / steps)
