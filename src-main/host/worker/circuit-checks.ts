/** How far a circuit is to be believed: completeness, minimality, sufficiency, stability. */
import { namedArray, type NamedArray } from '../../base/array'
import type { ServiceOf } from '../../contract/rpc'
import circuitCompleteness, { type KnockOut } from '../../lab/interpret/circuit-completeness'
import circuitMinimality from '../../lab/interpret/circuit-minimality'
import circuitStability from '../../lab/interpret/circuit-stability'
import circuitSufficiency, { type CircuitRun } from '../../lab/interpret/circuit-sufficiency'
import { finish } from '../../lab/interpret/circuit-methods/circuit-method'
import { meanOf } from '../../lab/interpret/components/circuit-recording'
import { keptOf } from '../../lab/interpret/components/circuit-selection'
import type { computeContract } from '../compute/contract'
import type { Bench } from './bench'
import { chosenMethod, edgeNumbers, termsOf, type AskedCircuit, type CircuitDesk } from './circuit-asking'
import { invalid } from './pairs'

type Checks = Pick<ServiceOf<typeof computeContract.circuits>, 'completeness' | 'minimality' | 'sufficiency' | 'stability'>

export function createCircuitChecks({ provenance }: Bench, { asked, countOf }: CircuitDesk): Checks {
  const circuitOf = ({ subject }: AskedCircuit, edges: NamedArray): Uint8Array => keptOf(edgeNumbers(edges, countOf(subject)), countOf(subject))
  return {
    completeness({ edges, seed, draws, searches, rounds, candidates, ...terms }) {
      const sinceMs = performance.now()
      const all = asked(termsOf(terms))
      const { subject, plan, said } = all
      const tried = { seed, draws, searches, rounds, candidates }
      const found = circuitCompleteness.measure(subject.network, { ...plan, kept: circuitOf(all, edges), units: 'edges', ...tried })
      const sets = [...found.random, ...found.greedy]
      const each = (read: (set: KnockOut) => number): NamedArray => namedArray(['set'], [sets.length], Float64Array.from(sets, read))
      return {
        circuit: each(({ circuitMetric }) => circuitMetric),
        whole: each(({ wholeMetric }) => wholeMetric),
        drawnCount: found.random.length,
        mean: found.meanIncompleteness,
        worst: found.worstIncompleteness,
        ...(Number.isFinite(found.worstShare) && { worstShare: found.worstShare }),
        how: provenance(circuitCompleteness, subject, { sinceMs, spec: { ...said, edges: edges.data.length, ...tried } }),
      }
    },
    minimality({ edges, ...terms }) {
      const sinceMs = performance.now()
      const all = asked(termsOf(terms))
      const { subject, plan, said } = all
      const { ids, changes, wholeChanges, circuitMetric } = circuitMinimality.measure(subject.network, { ...plan, kept: circuitOf(all, edges), units: 'edges' })
      const ofCircuit = (data: Float64Array | Int32Array): NamedArray => namedArray(['edge'], [data.length], data)
      const how = provenance(circuitMinimality, subject, { sinceMs, spec: { ...said, edges: edges.data.length } })
      return { edges: ofCircuit(Int32Array.from(ids)), changes: ofCircuit(changes), wholeChanges: ofCircuit(wholeChanges), metric: circuitMetric, how }
    },
    sufficiency({ edges, other, seed, draws, ...terms }) {
      const sinceMs = performance.now()
      const all = asked(termsOf(terms))
      const { subject, plan, said } = all
      const beside = other && { other: circuitOf(all, other) }
      const found = circuitSufficiency.measure(subject.network, { ...plan, kept: circuitOf(all, edges), ...beside, seed, draws })
      const spec = { ...said, edges: edges.data.length, randomDraws: draws, randomSeed: seed, ...(other && { otherEdges: other.data.length }) }
      return {
        ...faithful('alone', found.alone),
        ...faithful('rest', found.rest),
        ...faithful('withoutRandom', { faithfulness: meanOf(found.withoutRandom.map((run) => run.faithfulness)) }),
        ...faithful('withoutOther', found.withoutOther),
        ...faithful('withoutOtherOnly', found.withoutOtherOnly),
        draws,
        how: provenance(circuitSufficiency, subject, { sinceMs, spec }),
      }
    },
    stability({ methodId, settings, count, resamples, seed, ...terms }) {
      const sinceMs = performance.now()
      const { subject, plan, said } = asked(termsOf(terms))
      const { method, values } = chosenMethod(methodId, settings, { subject, plan })
      const edgeCount = countOf(subject)
      if (count > edgeCount) throw invalid(`a circuit of ${count} edges; the graph has ${edgeCount}`)
      const { examples } = finish(method, subject.network, { plan, settings: values })
      if (!examples) throw invalid(`${method.title} scores no pair by itself; the exact effects and attributions do`)
      const pairCount = plan.pairs.count
      const found = circuitStability.measure(subject.network, { examples, pairCount, count, resamples, seed })
      const ofEdges = (data: Float64Array): NamedArray => namedArray(['edge'], [edgeCount], data)
      const spec = { ...said, method: method.title, ...values, edges: count, resamples, resampleSeed: seed }
      return {
        jaccards: namedArray(['resample'], [resamples], found.jaccards),
        mean: found.mean,
        low: found.low,
        high: found.high,
        chance: found.chance,
        heldShare: ofEdges(found.heldShare),
        standardErrors: ofEdges(found.standardErrors),
        how: provenance(circuitStability, subject, { sinceMs, spec }),
      }
    },
  }
}

/** A faithfulness under its name, where there is one. */
function faithful<Name extends string>(name: Name, run: Pick<CircuitRun, 'faithfulness'> | undefined): Partial<Record<Name, number>> {
  return (run && Number.isFinite(run.faithfulness) ? { [name]: run.faithfulness } : {}) as Partial<Record<Name, number>> // one entry or none
}
