/**
 * A circuit alone and the network without it: what is sufficient for the behaviour leaves nothing of it when ablated,
 * unless something else is sufficient as well.
 *
 *   alone   m(C)        every edge outside C ablated                      f(alone) near 1: sufficient
 *   rest    m(M \ C)    every edge of C ablated (inverse ablation)        f(rest) near 0: nothing else is
 *
 * with f as in circuit-faithfulness.ts. Beside them other circuits are ablated: that of another task, which is to leave the
 * behaviour alone, the same without what both share, and as many edges drawn at random as the circuit has.
 *
 * Source: arXiv:2410.13032 §3 (sufficiency, and necessity against random circuits), arXiv:2310.08744 (control tasks).
 */
import { createRng } from '../../base/rng'
import { defineAnalysis } from './analysis'
import { meanOf, recordCircuit, type CircuitPlan } from './components/circuit-recording'
import { keptOf, sizeOf } from './components/circuit-selection'
import { withoutGraph } from './components/circuit-suitability'

export interface SufficiencyPlan extends CircuitPlan {
  readonly kept: Uint8Array
  /** Circuit of another task on the same graph. */
  readonly other?: Uint8Array
  /** Random circuits of the size of `kept`, to compare with. */
  readonly draws: number
  readonly seed: number
}

/** One run: its metric pair by pair, their mean, and f. NaN where ablating everything changes nothing. */
export interface CircuitRun {
  readonly metrics: Float64Array
  readonly metric: number
  readonly faithfulness: number
}

export interface Sufficiency {
  readonly whole: CircuitRun
  readonly empty: CircuitRun
  readonly alone: CircuitRun
  readonly rest: CircuitRun
  readonly withoutOther?: CircuitRun
  /** Without the edges that only the other circuit has. */
  readonly withoutOtherOnly?: CircuitRun
  readonly withoutRandom: readonly CircuitRun[]
}

export default defineAnalysis<SufficiencyPlan, Sufficiency>({
  id: 'circuit-sufficiency',
  title: 'Sufficiency and inverse ablation',
  definition:
    'Metric and faithfulness of a circuit alone, of the network with the circuit ablated, with another task’s circuit ablated, ' +
    'and with as many random edges ablated.',
  source: 'arXiv:2410.13032 §3; arXiv:2310.08744',
  unsuitable: withoutGraph,
  measure(network, plan) {
    const { kept, other, draws, seed } = plan
    const recording = recordCircuit(network, plan)
    try {
      const { edgeCount } = recording.graph
      const rng = createRng(seed).fork('edges')
      const random = Array.from({ length: draws }, () => inverse(keptOf(rng.permutation(edgeCount).subarray(0, sizeOf(kept)), edgeCount)))
      const others = other ? [inverse(other), inverse(other.map((one, edge) => one & (1 - kept[edge]!)))] : []
      const circuits = [new Uint8Array(edgeCount).fill(1), new Uint8Array(edgeCount), kept, inverse(kept), ...others, ...random]
      const metrics = recording.metricsOf(circuits)
      const all = circuits.map((_, i) => metrics.slice(i * recording.pairCount, (i + 1) * recording.pairCount))
      const [wholeMetric, emptyMetric] = [meanOf(all[0]!), meanOf(all[1]!)]
      const [whole, empty, alone, rest, ...more] = all.map((values): CircuitRun => {
        const metric = meanOf(values)
        return { metrics: values, metric, faithfulness: (metric - emptyMetric) / (wholeMetric - emptyMetric) }
      })
      const [withoutOther, withoutOtherOnly] = more
      return {
        whole: whole!,
        empty: empty!,
        alone: alone!,
        rest: rest!,
        ...(other && { withoutOther: withoutOther!, withoutOtherOnly: withoutOtherOnly! }),
        withoutRandom: more.slice(others.length),
      }
    } finally {
      recording.dispose()
    }
  },
})

const inverse = (kept: Uint8Array): Uint8Array => kept.map((one) => 1 - one)
