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
import { scoped } from '../../engine/tf'
import type { Network } from '../models/network'
import { defineAnalysis } from './analysis'
import { largestOf } from './components/agreement'
import { circuitGraph } from './components/circuit-graph'
import { recordCircuit, type CircuitPlan, type CircuitRecording } from './components/circuit-recording'
import { edgeHooks } from './components/edge-runner'
import { notTransformer, transformerSettings } from './components/head-weights'
import { sequencesOf, wholeOf } from './components/pairs'

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
  unsuitable: notTransformer,
  measure(network, plan) {
    const graph = circuitGraph(transformerSettings(network))
    assert(plan.scores.length === graph.edgeCount, `${plan.scores.length} scores for ${graph.edgeCount} edges`)
    const recording = recordCircuit(network, graph, plan)
    try {
      const run = (kept: Uint8Array): number => circuitMetric(network, plan, recording, kept)
      const emptyMetric = run(new Uint8Array(graph.edgeCount))
      const order = largestOf(plan.scores, graph.edgeCount)
      const kept = circuitShares.map((share) => Math.max(1, Math.round(share * graph.edgeCount)))
      const metric = kept.map((count) => run(keptOf(order.slice(0, count), graph.edgeCount)))
      const range = recording.cleanMetric - emptyMetric
      const faithfulness = metric.map((value) => (value - emptyMetric) / range)
      return {
        wholeMetric: recording.cleanMetric,
        emptyMetric,
        kept,
        metric,
        faithfulness,
        cpr: areaOver(circuitShares, faithfulness),
        cmd: areaOver(circuitShares, faithfulness.map((f) => Math.abs(1 - f))),
      }
    } finally {
      recording.dispose()
    }
  },
})

/** Mean metric over pairs of the clean run with exactly these edges intact. */
export function circuitMetric(network: Network, { pairs }: CircuitPlan, recording: CircuitRecording, kept: Uint8Array): number {
  return scoped(() => {
    const hooks = edgeHooks(recording.graph, recording.substitutes, kept)
    const logits = network.run(sequencesOf(pairs, 'clean', wholeOf(pairs)), hooks)
    return recording.reader.read(logits, wholeOf(pairs)).mean().dataSync()[0]!
  })
}

/** 1 for each of the edges. */
export function keptOf(edges: Iterable<number>, edgeCount: number): Uint8Array {
  const kept = new Uint8Array(edgeCount)
  for (const edge of edges) kept[edge] = 1
  return kept
}

/** Area by trapezoids over ascending places, divided by nothing. */
export function areaOver(places: readonly number[], values: readonly number[]): number {
  let area = 0
  for (let i = 1; i < places.length; i++) area += ((values[i]! + values[i - 1]!) / 2) * (places[i]! - places[i - 1]!)
  return area
}
