/**
 * A circuit method says of every edge (or node) of a network's graph how much the behaviour at hand owes to it, or which
 * of them to keep. A kind of analysis with a folder of its own, because all of them answer the same question on the same
 * plan and are held against each other; decision 0010.
 *
 * 1. `run` is a generator, so that the caller can show what there is, and stop.
 * 2. Scores are signed effects of ablating: what the metric changes by, or an estimate of that. Circuits keep the largest
 *    magnitudes. Methods that only rank (random, weight-magnitude, information-flow, mask-learning) give what they define.
 * 3. Equal network, plan and settings give equal findings; what is drawn is drawn by a seed among the settings.
 */
import type { Fields, SettingValues, ValuesOf } from '../../../base/settings'
import type { Network } from '../../models/network'
import type { CircuitPlan } from '../components/circuit-recording'

export interface CircuitProgress {
  /** By edge number, or node number for methods over nodes; NaN where not reached. The same array throughout a run. */
  readonly scores: Float64Array
  readonly done: number
  readonly total: number
}

export interface CircuitFinding {
  readonly scores: Float64Array
  /** Score of every pair, [pair, edge or node]; their mean over pairs is the score. Absent where a pair has none. */
  readonly examples?: Float32Array
  /** 1 for each edge of the circuit found. Present if and only if the method gives a circuit. */
  readonly kept?: Uint8Array
  /** What else is known of this run, by name: passes made, the loss reached. */
  readonly record?: Readonly<Record<string, number>>
}

/** Any checked values where the fields are not known by type. */
type Chosen<F extends Fields> = string extends keyof F ? SettingValues : ValuesOf<F>

export interface CircuitMethod<F extends Fields = Fields> {
  readonly id: string
  readonly title: string
  /** Formula in symbols and words. */
  readonly definition: string
  readonly source: string
  /** Whether the scores are measured by ablating, not estimated. */
  readonly isExact: boolean
  readonly gives: 'scores' | 'circuit'
  readonly over: 'edges' | 'nodes'
  /** What the scores depend on beside the network. Those that read no substitutes do not see the corrupted run. */
  readonly reads: 'substitutes' | 'clean run' | 'weights' | 'nothing'
  readonly fields: F
  /** Why the method cannot run on this network, naming what it lacks, and with a plan on that plan; undefined if it can. */
  unsuitable(network: Network, plan?: CircuitPlan): string | undefined
  /** Settings were checked against `fields`, and network and plan by `unsuitable`. */
  run(network: Network, plan: CircuitPlan, settings: Chosen<F>): Generator<CircuitProgress, CircuitFinding>
}

export function defineCircuitMethod<const F extends Fields>(method: CircuitMethod<F>): CircuitMethod<F> {
  return Object.freeze(method)
}

/** Runs to the end, for callers that show nothing on the way. */
export function finish<F extends Fields>(
  method: CircuitMethod<F>,
  network: Network,
  { plan, settings }: { readonly plan: CircuitPlan; readonly settings: Chosen<F> },
): CircuitFinding {
  const steps = method.run(network, plan, settings)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
