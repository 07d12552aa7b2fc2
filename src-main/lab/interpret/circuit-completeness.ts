/**
 * Whether a circuit answers to damage as the whole network does: for parts K of the circuit,
 *
 *   incompleteness(K) = | m( C \ K ) - m( M \ K ) |
 *
 * M is the whole network; what is outside is ablated. A circuit that lacks backups or rivals of its parts is faithful and
 * incomplete. K is drawn, each unit of the circuit with even odds, or sought greedily:
 *
 *   1. K starts empty.
 *   2. Of some units of C \ K, drawn anew each time, the one joins K that makes incompleteness largest.
 *   3. This is repeated for a number of rounds; the whole search is begun anew several times.
 *
 * Units are nodes with all the edges that leave them, or edges. Cost: two runs a set tried.
 * Source: arXiv:2211.00593 §4 and app. (greedy sets: 10 candidates, 10 rounds, 10 searches).
 */
import { createRng, type Rng } from '../../base/rng'
import { defineAnalysis } from './analysis'
import { meanOf, recordCircuit, type CircuitPlan, type CircuitRecording } from './components/circuit-recording'
import { withoutGraph } from './components/circuit-suitability'
import { unitsOf, without, type Unit, type UnitKind } from './components/circuit-units'

export interface CompletenessPlan extends CircuitPlan {
  /** 1 for each edge of the circuit. */
  readonly kept: Uint8Array
  readonly units: UnitKind
  readonly seed: number
  /** Sets drawn at random. */
  readonly draws: number
  readonly searches: number
  readonly rounds: number
  readonly candidates: number
}

export interface KnockOut {
  /** Edge or node numbers. */
  readonly removed: readonly number[]
  readonly circuitMetric: number
  readonly wholeMetric: number
}

export interface Completeness {
  readonly random: readonly KnockOut[]
  /** Of each search the worst set on its way. */
  readonly greedy: readonly KnockOut[]
  /** With nothing removed. */
  readonly start: KnockOut
  readonly meanIncompleteness: number
  /** Largest of all sets tried, in units of the metric, and as a share of what ablating everything changes. */
  readonly worstIncompleteness: number
  readonly worstShare: number
}

export const incompleteness = ({ circuitMetric, wholeMetric }: KnockOut): number => Math.abs(circuitMetric - wholeMetric)

export default defineAnalysis<CompletenessPlan, Completeness>({
  id: 'circuit-completeness',
  title: 'Completeness under knock-outs',
  definition:
    'For parts K of a circuit C: |m(C without K) − m(whole network without K)|, over K drawn with even odds and K sought ' +
    'greedily to make the difference large.',
  source: 'arXiv:2211.00593 §4',
  unsuitable: withoutGraph,
  measure(network, plan) {
    const recording = recordCircuit(network, plan)
    try {
      const units = unitsOf(recording.graph, plan.kept, plan.units)
      const rng = createRng(plan.seed)
      const drawing = rng.fork('sets')
      const sets = Array.from({ length: plan.draws }, () => units.filter(() => drawing.uniform() < 0.5))
      const [start, ...random] = knockOuts(recording, plan.kept, [[], ...sets])
      const searching = rng.fork('searches')
      const greedy = Array.from({ length: plan.searches }, () => search(recording, plan, { units, rng: searching }))
      const all = [start!, ...random, ...greedy]
      const worstIncompleteness = Math.max(...all.map(incompleteness))
      const emptyMetric = meanOf(recording.metricsOf([new Uint8Array(recording.graph.edgeCount)]))
      return {
        random,
        greedy,
        start: start!,
        meanIncompleteness: meanOf(random.map(incompleteness)),
        worstIncompleteness,
        worstShare: worstIncompleteness / Math.abs(recording.cleanMetric - emptyMetric),
      }
    } finally {
      recording.dispose()
    }
  },
})

function knockOuts(recording: CircuitRecording, kept: Uint8Array, sets: readonly (readonly Unit[])[]): KnockOut[] {
  const whole = new Uint8Array(kept.length).fill(1)
  const metrics = recording.metricsOf(sets.flatMap((units) => [without(kept, units), without(whole, units)]))
  const at = (run: number): number => meanOf(metrics.subarray(run * recording.pairCount, (run + 1) * recording.pairCount))
  return sets.map((units, i) => ({ removed: units.map(({ id }) => id), circuitMetric: at(2 * i), wholeMetric: at(2 * i + 1) }))
}

function search(recording: CircuitRecording, plan: CompletenessPlan, { units, rng }: { units: readonly Unit[]; rng: Rng }): KnockOut {
  let chosen: readonly Unit[] = []
  let worst = knockOuts(recording, plan.kept, [chosen])[0]!
  for (let round = 0; round < plan.rounds; round++) {
    const left = units.filter((unit) => !chosen.includes(unit))
    const some = [...rng.permutation(left.length).subarray(0, plan.candidates)].map((i) => left[i]!)
    if (some.length === 0) break
    const found = knockOuts(recording, plan.kept, some.map((unit) => [...chosen, unit]))
    const best = found.reduce((most, one, i) => (incompleteness(one) > incompleteness(found[most]!) ? i : most), 0)
    chosen = [...chosen, some[best]!]
    if (incompleteness(found[best]!) > incompleteness(worst)) worst = found[best]!
  }
  return worst
}
