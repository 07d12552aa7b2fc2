/**
 * How far a circuit depends on the pairs it was found with, from scores pair by pair and without running anything.
 *
 *   1. Draw as many pairs as there are, with repetition; average their scores; take the k edges of largest |score|.
 *   2. Repeat; compare each circuit with that of all pairs:   Jaccard = |A ∩ B| / |A ∪ B|
 *
 * `heldShare` is how often each edge is among the k. Random circuits of k of n edges have a Jaccard near k / (2n - k).
 * Circuits found by other means, with several seeds or on parts of the pairs, are compared by `meanJaccard`.
 *
 * Source: Efron 1979 (bootstrap); of circuits arXiv:2510.00845 (EAP-IG under resampled inputs).
 */
import { assert } from '../../base/assert'
import { createRng } from '../../base/rng'
import { defineAnalysis } from './analysis'
import { largestOf } from './components/agreement'
import { withoutGraph } from './components/circuit-suitability'

export const fewestResamples = 100

export interface StabilityPlan {
  /** Scores pair by pair, [pair, edge]. */
  readonly examples: Float32Array
  readonly pairCount: number
  /** Edges of the circuit. */
  readonly count: number
  /** At least `fewestResamples`. */
  readonly resamples: number
  readonly seed: number
}

export interface Stability {
  /** Of each resample with the circuit of all pairs. */
  readonly jaccards: Float64Array
  readonly mean: number
  /** 5th and 95th percentile. */
  readonly low: number
  readonly high: number
  /** By edge: share of resamples in which it is among the k. */
  readonly heldShare: Float64Array
  /** By edge: standard error of the score over resamples. */
  readonly standardErrors: Float64Array
  /** What random circuits of this size reach with one another. */
  readonly chance: number
}

export default defineAnalysis<StabilityPlan, Stability>({
  id: 'circuit-stability',
  title: 'Stability under resampling',
  definition:
    'Pairs are drawn with repetition, scores averaged, the k largest taken: Jaccard index with the circuit of all pairs, and how ' +
    'often each edge is among the k.',
  source: 'Efron 1979; arXiv:2510.00845',
  unsuitable: withoutGraph,
  measure(_network, { examples, pairCount, count, resamples, seed }) {
    assert(resamples >= fewestResamples, `${resamples} resamples; at least ${fewestResamples} are needed`)
    const edgeCount = examples.length / pairCount
    const rng = createRng(seed).fork('resamples')
    const all = new Set(largestOf(meanOfPairs(examples, edgeCount, new Float64Array(pairCount).fill(1)), count))
    const held = new Float64Array(edgeCount)
    const [sum, squares] = [new Float64Array(edgeCount), new Float64Array(edgeCount)]
    const jaccards = Float64Array.from({ length: resamples }, () => {
      const times = new Float64Array(pairCount)
      for (let i = 0; i < pairCount; i++) times[rng.below(pairCount)]!++
      const scores = meanOfPairs(examples, edgeCount, times)
      scores.forEach((score, edge) => {
        sum[edge]! += score
        squares[edge]! += score * score
      })
      const top = largestOf(scores, count)
      for (const edge of top) held[edge]! += 1 / resamples
      return jaccard(all, new Set(top))
    })
    const sorted = jaccards.slice().sort()
    const at = (share: number): number => sorted[Math.round(share * (resamples - 1))]!
    return {
      jaccards,
      mean: jaccards.reduce((total, one) => total + one, 0) / resamples,
      low: at(0.05),
      high: at(0.95),
      heldShare: held,
      standardErrors: sum.map((total, edge) => Math.sqrt(Math.max(0, squares[edge]! / resamples - (total / resamples) ** 2))),
      chance: count / (2 * edgeCount - count),
    }
  },
})

function meanOfPairs(examples: Float32Array, edgeCount: number, times: Float64Array): Float64Array {
  const scores = new Float64Array(edgeCount)
  times.forEach((weight, pair) => {
    if (weight === 0) return
    for (let edge = 0; edge < edgeCount; edge++) scores[edge]! += (weight / times.length) * examples[pair * edgeCount + edge]!
  })
  return scores
}

/** 0–1; 1 for two empty sets. */
export function jaccard(one: ReadonlySet<number>, other: ReadonlySet<number>): number {
  let both = 0
  for (const element of one) if (other.has(element)) both++
  const either = one.size + other.size - both
  return either === 0 ? 1 : both / either
}

/** Mean over all pairs of circuits, such as those of several seeds; 1 for each edge kept. NaN for fewer than two. */
export function meanJaccard(circuits: readonly Uint8Array[]): number {
  const sets = circuits.map((kept) => new Set([...kept.keys()].filter((edge) => kept[edge])))
  const values = sets.flatMap((one, i) => sets.slice(i + 1).map((other) => jaccard(one, other)))
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
