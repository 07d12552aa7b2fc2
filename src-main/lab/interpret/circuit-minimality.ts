/**
 * What each part of a circuit is there for: the change when it alone is taken from the circuit.
 *
 *   change(v) = mean over pairs of  m( C \ v ) - m( C )         and beside it  m( M \ v ) - m( M ), in the whole network
 *
 * Parts whose change is near zero are not needed, or have a backup inside the circuit: that shows where the change in the
 * company of another part is larger. Units are edges, or nodes with all the edges that leave them. Cost: two runs a unit.
 * Source: arXiv:2211.00593 §4 (minimality, K empty).
 */
import { defineAnalysis } from './analysis'
import { meanOf, recordCircuit, type CircuitPlan } from './components/circuit-recording'
import { withoutGraph } from './components/circuit-suitability'
import { unitsOf, without, type UnitKind } from './components/circuit-units'

export interface MinimalityPlan extends CircuitPlan {
  readonly kept: Uint8Array
  readonly units: UnitKind
}

export interface Minimality {
  /** Edge or node numbers, ascending. */
  readonly ids: readonly number[]
  /** By unit. */
  readonly changes: Float64Array
  readonly wholeChanges: Float64Array
  /** [pair, unit] of `changes`. */
  readonly examples: Float32Array
  readonly circuitMetric: number
}

export default defineAnalysis<MinimalityPlan, Minimality>({
  id: 'circuit-minimality',
  title: 'Minimality',
  definition:
    'For each edge or node of a circuit: the metric of the circuit without it minus that of the circuit, mean over pairs; beside ' +
    'it the same in the whole network.',
  source: 'arXiv:2211.00593 §4',
  unsuitable: withoutGraph,
  measure(network, plan) {
    const recording = recordCircuit(network, plan)
    try {
      const { graph, pairCount, clean } = recording
      const units = unitsOf(graph, plan.kept, plan.units)
      const whole = new Uint8Array(graph.edgeCount).fill(1)
      const metrics = recording.metricsOf([plan.kept, ...units.map((unit) => without(plan.kept, [unit])), ...units.map((unit) => without(whole, [unit]))])
      const at = (run: number): Float64Array => metrics.subarray(run * pairCount, (run + 1) * pairCount)
      const before = at(0)
      const examples = new Float32Array(pairCount * units.length)
      units.forEach((_, i) => at(1 + i).forEach((value, pair) => void (examples[pair * units.length + i] = value - before[pair]!)))
      return {
        ids: units.map(({ id }) => id),
        changes: Float64Array.from(units, (_, i) => meanOf(at(1 + i)) - meanOf(before)),
        wholeChanges: Float64Array.from(units, (_, i) => meanOf(at(1 + units.length + i)) - meanOf(clean)),
        examples,
        circuitMetric: meanOf(before),
      }
    } finally {
      recording.dispose()
    }
  },
})
