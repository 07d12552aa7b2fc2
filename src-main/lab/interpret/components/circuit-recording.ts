/**
 * A clean run whose edges can be changed: what every circuit method and every judgement of a circuit works with. Methods
 * know the graph and these verbs, not the architecture; `recordCircuit` makes one for each architecture that has a graph.
 *
 * An ablated edge carries the writer's substitute in place of what it writes. Metrics are those of patch-metric.ts, pair
 * by pair; the mean over pairs is the caller's.
 */
import type { Tensor } from '../../../engine/tf'
import type { Network } from '../../models/network'
import type { CircuitGraph } from './circuit-graph'
import { ablationDefinitions, type EdgeAblation } from './edge-runner'
import type { Pairs } from './pairs'
import type { PatchMetric } from './patch-metric'
import type { LearnedConstants } from './optimal-constants'
import { recordPerceptron } from './perceptron-circuit'
import { isPerceptron } from './perceptron-graph'
import { recordTransformer } from './transformer-circuit'

export interface CircuitPlan {
  readonly pairs: Pairs
  readonly metric: PatchMetric
  readonly ablation: EdgeAblation
  /** Gives each position edges of its own. False when absent. */
  readonly byPosition?: boolean
  /** Makes the neurons of MLPs writers of their own. False when absent. */
  readonly neurons?: boolean
}

/** Writers that write at one place of the pass: the input, the heads of a layer, its MLP. */
export interface Stage {
  readonly firstWriter: number
  readonly count: number
}

export interface EdgeEffects {
  /** Numbers of the edges: `first` to `first + count - 1`. */
  readonly first: number
  readonly count: number
  /** Metric with that edge alone ablated, minus that of the clean run: [edge, pair]. */
  readonly effects: Float64Array
}

export interface AttributionPoint {
  /** Whose writes lie between substitute (0) and the run's own (1); everything after follows from them. */
  readonly stage: Stage
  readonly share: number
  /** Writers whose edges are wanted. */
  readonly of: Stage
}

/** The whole specification of an ablation, to be told with every number it made. */
export interface AblationRecord {
  readonly ablation: EdgeAblation
  readonly definition: string
  /** What substitutes were taken from. */
  readonly pairCount: number
  readonly length: number
  readonly byPosition: boolean
  /** Of optimal constants: the vectors, and what they were trained to. */
  readonly constants?: LearnedConstants
}

export interface CircuitRecording {
  readonly ablation: AblationRecord
  readonly graph: CircuitGraph
  readonly pairCount: number
  /** Metric of each pair's clean run. */
  readonly clean: Float64Array
  readonly cleanMetric: number
  readonly stages: readonly Stage[]
  /** How many circuits `metricsOf` runs in one batch. */
  readonly circuitsAtOnce: number
  /** Memory until disposed, in float32 numbers. */
  readonly numbersHeld: number
  /** Metric of clean runs with exactly the edges intact that are 1 in each circuit: [circuit, pair]. */
  metricsOf(circuits: readonly Uint8Array[]): Float64Array
  /** Every edge ablated by itself, in the order of edges, as many at once as memory allows. */
  effects(): Generator<EdgeEffects, void>
  /** (substitute − write) · gradient of the metric by what the reader reads: [pair, edge], 0 for edges not wanted. */
  attributionsAt(point: AttributionPoint): Float32Array
  /** Differentiable metric [pair] of a run in which each edge is ablated by a share [edge]. The caller tidies. */
  metricUnder(shares: Tensor): Tensor
  dispose(): void
}

/** What an architecture makes of it: all but the record of the ablation. */
export type UntoldRecording = Omit<CircuitRecording, 'ablation'> & { readonly constants?: LearnedConstants }

/** The caller disposes it. Memory: all writes of all pairs, twice, and the clean residual streams. */
export function recordCircuit(network: Network, plan: CircuitPlan): CircuitRecording {
  const { constants, ...recording } = isPerceptron(network) ? recordPerceptron(network, plan) : recordTransformer(network, plan)
  const { ablation, byPosition = false, pairs } = plan
  const told = { ablation, definition: ablationDefinitions[ablation], pairCount: pairs.count, length: pairs.length, byPosition }
  return { ...recording, ablation: { ...told, ...(constants && { constants }) } }
}

/** Mean over pairs of one circuit's metric. */
export function circuitMetric(recording: CircuitRecording, kept: Uint8Array): number {
  return meanOf(recording.metricsOf([kept]))
}

export function meanOf(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum / values.length
}
