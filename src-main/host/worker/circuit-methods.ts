/** The ways of scoring edges that a process offers, as the lab declares them. */
import { createRng } from '../../base/rng'
import { integer, type Fields, type SettingValues } from '../../base/settings'
import { circuitGraph } from '../../lab/interpret/components/circuit-graph'
import type { CircuitPlan } from '../../lab/interpret/components/circuit-recording'
import { notTransformer, transformerSettings } from '../../lab/interpret/components/head-weights'
import edgeAttribution from '../../lab/interpret/edge-attribution'
import edgePatching, { edgeEffects, type EdgeScores } from '../../lab/interpret/edge-patching'
import type { Network } from '../../lab/models/network'

export interface CircuitMethod {
  readonly id: string
  readonly title: string
  readonly definition: string
  readonly source: string
  readonly isExact: boolean
  readonly gives: 'scores' | 'circuit'
  readonly fields: Fields
  unsuitable(network: Network): string | undefined
  run(network: Network, plan: CircuitPlan, settings: SettingValues): Generator<EdgeScores, Scored>
}

export interface Scored {
  readonly scores: Float64Array
  readonly kept?: Uint8Array
}

const shared = { gives: 'scores', unsuitable: notTransformer } as const

export const circuitMethods: readonly CircuitMethod[] = [
  {
    ...shared,
    id: 'exact',
    title: 'Exact edge patching',
    definition: edgePatching.definition,
    source: edgePatching.source,
    isExact: true,
    fields: {},
    run: (network, plan) => edgeEffects(network, plan),
  },
  {
    ...shared,
    id: 'attribution',
    title: 'Edge attribution (EAP, EAP-IG)',
    definition: edgeAttribution.definition,
    source: edgeAttribution.source,
    isExact: false,
    fields: { steps: integer({ title: 'Points', help: 'Points of the integral; 1 is EAP', default: 5, min: 1, max: 64 }) },
    run: (network, plan, { steps }) => atOnce(() => edgeAttribution.measure(network, { ...plan, steps: Number(steps) }).scores),
  },
  {
    ...shared,
    id: 'random',
    title: 'Random scores',
    definition: 'Scores drawn from a normal distribution: what a method has to beat.',
    source: 'arXiv:2504.13151 §4',
    isExact: false,
    fields: { seed: integer({ title: 'Seed', help: 'Of the draw', default: 0, min: 0 }) },
    run: (network, _plan, { seed }) => atOnce(() => randomScores(circuitGraph(transformerSettings(network)).edgeCount, Number(seed))),
  },
]

function* atOnce(scored: () => Float64Array): Generator<EdgeScores, Scored> {
  const scores = scored()
  yield { scores, done: scores.length, total: scores.length }
  return { scores }
}

export function randomScores(edgeCount: number, seed: number): Float64Array {
  const rng = createRng(seed).fork('scores')
  return Float64Array.from({ length: edgeCount }, () => rng.normal())
}
