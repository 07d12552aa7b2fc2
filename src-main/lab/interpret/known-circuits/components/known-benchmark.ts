/**
 * How well circuit methods tell the edges of known circuits from the rest.
 *
 *   AUROC     share of pairs of a true and another edge in which the true one has the larger |score|, ties half; for a
 *             method that gives a circuit, of what it kept (1) and left (0)
 *   summary   median, quartiles (linear between the neighbours) and minimum over networks
 *
 * Every method sees the same network and the same pairs, with the logit difference and substitutes from the corrupted run;
 * the truth is then the edges that carry something of the tokens. Its settings are its defaults; a seed is the network's
 * number in the list, so that chance does not repeat.
 */
import { assert } from '../../../../base/assert'
import { defaultsOf } from '../../../../base/settings'
import { finish, type CircuitMethod } from '../../circuit-methods/circuit-method'
import type { CircuitPlan } from '../../components/circuit-recording'
import { areaUnderRoc } from '../../components/roc'
import type { KnownCircuit } from '../known-circuit'
import { createKnownNetwork, type KnownVariant } from './known-network'
import { knownPairs } from './known-pairs'

export interface BenchmarkOptions {
  readonly circuits: Iterable<KnownCircuit>
  readonly methods: readonly CircuitMethod[]
  readonly variants: readonly KnownVariant[]
  readonly pairCount: number
  readonly seed: number
}

/** One method on one network. */
export interface BenchmarkRow {
  readonly circuitId: string
  readonly variant: KnownVariant
  readonly methodId: string
  /** 0-1; NaN where the method cannot run, for the reason given. */
  readonly auroc: number
  readonly unsuitable?: string
  readonly elapsedMs: number
  readonly edgeCount: number
  readonly trueCount: number
}

export interface BenchmarkSummary {
  readonly methodId: string
  readonly networkCount: number
  readonly median: number
  readonly lowerQuartile: number
  readonly upperQuartile: number
  readonly least: number
  /** The network with the least. */
  readonly worst: string
  readonly totalMs: number
}

/** Methods that score edges; scores of nodes have another truth. */
export const judgeable = (method: CircuitMethod): boolean => method.over === 'edges'

/** A row for each method on each network, network by network. */
export function* benchmark({ circuits, methods, variants, pairCount, seed }: BenchmarkOptions): Generator<BenchmarkRow, void> {
  let number = 0
  for (const circuit of circuits) {
    const plan: CircuitPlan = {
      pairs: knownPairs(circuit, { count: pairCount, seed }),
      metric: 'logit-difference',
      ablation: 'resample',
    }
    for (const variant of variants) {
      const { network, truth } = createKnownNetwork(circuit, variant, seed)
      number++
      try {
        for (const method of methods) {
          const about = { circuitId: circuit.id, variant, methodId: method.id, edgeCount: truth.length, trueCount: sum(truth) }
          const unsuitable = method.unsuitable(network, plan)
          if (unsuitable !== undefined) {
            yield { ...about, auroc: NaN, unsuitable, elapsedMs: 0 }
            continue
          }
          const defaults = defaultsOf(method.fields)
          const settings = 'seed' in defaults ? { ...defaults, seed: number } : defaults
          const fromMs = performance.now()
          const { scores, kept } = finish(method, network, { plan, settings })
          yield { ...about, auroc: aurocOf(kept ?? scores, truth), elapsedMs: performance.now() - fromMs }
        }
      } finally {
        network.dispose()
      }
    }
  }
}

function aurocOf(scores: ArrayLike<number>, truth: Uint8Array): number {
  assert(scores.length === truth.length, `${scores.length} scores for ${truth.length} edges`)
  const magnitudes = Array.from(scores, Math.abs)
  assert(magnitudes.every(Number.isFinite), 'a score is not finite')
  return areaUnderRoc(magnitudes, truth)
}

/** In the order methods first come. Networks that a method cannot run on are left out of its numbers. */
export function summarize(rows: readonly BenchmarkRow[]): readonly BenchmarkSummary[] {
  const ids = [...new Set(rows.map(({ methodId }) => methodId))]
  return ids.map((methodId) => {
    const own = rows.filter((row) => row.methodId === methodId && row.unsuitable === undefined)
    const sorted = [...own].sort((x, y) => x.auroc - y.auroc)
    const areas = sorted.map(({ auroc }) => auroc)
    return {
      methodId,
      networkCount: own.length,
      median: quantile(areas, 0.5),
      lowerQuartile: quantile(areas, 0.25),
      upperQuartile: quantile(areas, 0.75),
      least: areas[0] ?? NaN,
      worst: sorted[0] ? `${sorted[0].circuitId}, ${sorted[0].variant}` : '',
      totalMs: own.reduce((total, { elapsedMs }) => total + elapsedMs, 0),
    }
  })
}

/** Of ascending values; NaN of none. */
export function quantile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return NaN
  const at = share * (sorted.length - 1)
  const below = sorted[Math.floor(at)]!
  return below + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - below)
}

const sum = (values: Uint8Array): number => values.reduce((total, value) => total + value, 0)
