/**
 * How well a part of the network does alone what the whole does.
 *
 *   f(C) = ( m(C) - m(empty) ) / ( m(whole) - m(empty) )       every edge outside C ablated
 *   CPR  = area under f over the share of edges kept           higher is better: components that help
 *   CMD  = area between f and 1                                lower is better: the whole's behaviour, no more and no less
 *
 * The circuits of a curve keep the edges of largest |score|, at the ten shares .001, .002, .005, .01, .02, .05, .1, .2, .5,
 * 1; areas by trapezoids over the share, from the first to 1. Edges that lie on no way from input to logits stay in: they
 * change nothing but the count.
 *
 * Source: arXiv:2504.13151 §3 (MIB: CPR, CMD and the ten sizes); normalized faithfulness as arXiv:2403.17806 §4.
 */
import { assert } from '../../base/assert'
import { defineAnalysis } from './analysis'
import { largestOf } from './components/agreement'
import { meanOf, recordCircuit, type CircuitPlan, type CircuitRecording } from './components/circuit-recording'
import { keptOf } from './components/circuit-selection'
import { withoutGraph } from './components/circuit-suitability'

export const circuitShares = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1] as const

export interface FaithfulnessPlan extends CircuitPlan {
  /** By edge number; larger magnitude is kept first. */
  readonly scores: ArrayLike<number>
}

export interface Faithfulness {
  readonly wholeMetric: number
  readonly emptyMetric: number
  /** One entry a share: edges kept, the metric, and f. */
  readonly kept: readonly number[]
  readonly metric: readonly number[]
  readonly faithfulness: readonly number[]
  readonly cpr: number
  readonly cmd: number
}

export default defineAnalysis<FaithfulnessPlan, Faithfulness>({
  id: 'circuit-faithfulness',
  title: 'Faithfulness of circuits by size',
  definition:
    'f = (m(C) − m(∅)) / (m(whole) − m(∅)) with every edge outside C ablated, for the edges of largest |score| at ten shares. ' +
    'CPR is the area under f over the share of edges, CMD the area between f and 1.',
  source: 'arXiv:2504.13151 §3; arXiv:2403.17806 §4',
  unsuitable: withoutGraph,
  measure(network, plan) {
    const recording = recordCircuit(network, plan)
    try {
      return faithfulnessOf(recording, plan.scores)
    } finally {
      recording.dispose()
    }
  },
})

function faithfulnessOf(recording: CircuitRecording, scores: ArrayLike<number>): Faithfulness {
  const { edgeCount } = recording.graph
  assert(scores.length === edgeCount, `${scores.length} scores for ${edgeCount} edges`)
  const order = largestOf(scores, edgeCount)
  const kept = circuitShares.map((share) => Math.max(1, Math.round(share * edgeCount)))
  const circuits = kept.map((count) => keptOf(order.slice(0, count), edgeCount))
  const metrics = recording.metricsOf([new Uint8Array(edgeCount), ...circuits])
  const { pairCount, cleanMetric } = recording
  const [emptyMetric, ...metric] = [...circuits, 0].map((_, i) => meanOf(metrics.subarray(i * pairCount, (i + 1) * pairCount)))
  const faithfulness = metric.map((value) => (value - emptyMetric!) / (cleanMetric - emptyMetric!))
  return {
    wholeMetric: cleanMetric,
    emptyMetric: emptyMetric!,
    kept,
    metric,
    faithfulness,
    cpr: areaOver(circuitShares, faithfulness),
    cmd: areaOver(circuitShares, faithfulness.map((f) => Math.abs(1 - f))),
  }
}

/** Area by trapezoids over ascending places, divided by nothing. */
export function areaOver(places: readonly number[], values: readonly number[]): number {
  let area = 0
  for (let i = 1; i < places.length; i++) area += ((values[i]! + values[i - 1]!) / 2) * (places[i]! - places[i - 1]!)
  return area
}
