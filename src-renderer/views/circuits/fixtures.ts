/** A network of two layers of two heads as the main process would answer, and the four states of the view. */
import type { Circuit, CircuitCurve, CircuitGraph, EdgeEffect, EdgeScores, MethodCard, RandomCurve } from '@contract/circuits'
import type { Frame } from '@contract/frames'
import type { Provenance } from '@contract/interpret'
import type { ViewFixtures } from '../../workbench/view'
import { edgeName } from './drawn-circuit'

export const at = { runId: 'run-1', step: 400 } as const
const layers = 2
const heads = 2

export const how: Provenance = {
  definition: 'For each edge alone: the mean over pairs of the metric with the edge ablated, minus the clean run’s.',
  source: 'arXiv:2304.14997 §3.1',
  spec: { metric: 'logit-difference', ablation: 'resample', dataset: '6 pairs', pairSeed: 0, checkpoint: '9f1c62d07be4', method: 'Exact edge patching' },
  backend: 'wasm',
  elapsedMs: 12.4,
}

const floats = (axis: string, values: readonly number[]): Frame => ({ axes: [axis], shape: [values.length], data: Float64Array.from(values) })

function madeGraph(): CircuitGraph {
  const nodes: CircuitGraph['nodes'] = [{ name: 'input', kind: 'input', layer: -1 }]
  const edges: { from: number; to: number; letter: number }[] = []
  const link = (to: number, letter: number): void => {
    const writers = letter > 0 ? nodes.length : to
    for (let from = 0; from < writers; from++) edges.push({ from, to, letter })
  }
  for (let layer = 0; layer < layers; layer++) {
    const first = nodes.length
    for (const letter of [1, 2, 3]) for (let head = 0; head < heads; head++) link(first + head, letter)
    for (let head = 0; head < heads; head++) nodes.push({ name: `a${layer}.${head}`, kind: 'head', layer, head })
    link(nodes.length, 0)
    nodes.push({ name: `m${layer}`, kind: 'mlp', layer })
  }
  link(nodes.length, 0)
  nodes.push({ name: 'logits', kind: 'logits', layer: layers })
  const of = (read: (edge: (typeof edges)[number]) => number, Made: typeof Int32Array | typeof Uint8Array): Frame => ({ axes: ['edge'], shape: [edges.length], data: Made.from(edges.map(read)) })
  return {
    nodes, layers, heads, edgeCount: edges.length,
    from: of(({ from }) => from, Int32Array),
    to: of(({ to }) => to, Int32Array),
    letter: of(({ letter }) => letter, Uint8Array),
  }
}

export const graph = madeGraph()
export const names = Array.from({ length: graph.edgeCount }, (_, edge) => edgeName(graph, edge))
export const numberOf = (name: string): number => names.indexOf(name)

/** Effects of an induction circuit: one head moves, another matches; the rest is small and of either sign. */
const known: Readonly<Record<string, number>> = {
  'input->a0.0<v>': -3.2,
  'a0.0->a1.1<k>': -2.9,
  'input->a1.1<q>': -1.8,
  'input->a1.1<v>': -2.4,
  'a1.1->logits': -4.1,
  'm0->logits': 0.9,
}
export const effects = names.map((name, i) => known[name] ?? 0.05 * Math.sin(i + 1))

export const methods: MethodCard[] = [
  { id: 'exact-edges', title: 'Exact edge patching', definition: how.definition, source: how.source, isExact: true, gives: 'scores', fields: {} },
  {
    id: 'eap', title: 'EAP', definition: 'First-order estimate.', source: 'arXiv:2310.10348', isExact: false, gives: 'scores',
    fields: { steps: { kind: 'integer', title: 'Points', help: 'Points of the integral', default: 5, min: 1, max: 64 } },
  },
]

/** The first `done` edges; all of them without. */
export function scores(done?: number, factor: (edge: number) => number = () => 1): EdgeScores {
  const values = effects.map((effect, edge) => (done === undefined || edge < done ? factor(edge) * effect : NaN))
  return { scores: floats('edge', values), done: done ?? graph.edgeCount, total: graph.edgeCount, how }
}

/** Share of all |effect| that the kept edges have. */
export function faithfulnessOf(edges: readonly number[]): number {
  const sum = (list: readonly number[]): number => list.reduce((total, edge) => total + Math.abs(effects[edge]!), 0)
  return sum(edges) / sum([...effects.keys()])
}

const order = [...effects.keys()].sort((i, j) => Math.abs(effects[j]!) - Math.abs(effects[i]!) || i - j)
const sizes = [1, 2, 3, 5, 9, 23, 46]
export const curve: CircuitCurve = {
  shares: floats('size', sizes.map((size) => size / graph.edgeCount)),
  kept: floats('size', sizes),
  metric: floats('size', sizes.map((size) => 8 * faithfulnessOf(order.slice(0, size)) - 2)),
  faithfulness: floats('size', sizes.map((size) => faithfulnessOf(order.slice(0, size)))),
  whole: 6, empty: -2, cpr: 0.93, cmd: 0.07, faithfulCount: 9, how,
}
const random: RandomCurve = {
  kept: floats('size', sizes),
  mean: floats('size', sizes.map((size) => (size / 46) ** 2)),
  lowest: floats('size', sizes.map((size) => (size / 46) ** 3)),
  highest: floats('size', sizes.map((size) => size / 46)),
  draws: 5, how,
}

export function circuit(edges: readonly number[]): Circuit {
  const faithfulness = faithfulnessOf(edges)
  const connected = Uint8Array.from(names, (_, edge) => Number(edges.includes(edge)))
  return { edgeCount: edges.length, connected: { axes: ['edge'], shape: [46], data: connected }, connectedCount: edges.length, metric: 8 * faithfulness - 2, whole: 6, empty: -2, faithfulness, how }
}

export function edgeEffect(edge: number): EdgeEffect {
  const clean = Array.from({ length: 6 }, (_, pair) => 5.5 + 0.2 * pair)
  return { effect: effects[edge]!, clean: floats('pair', clean), ablated: floats('pair', clean.map((value) => value + effects[edge]!)), how }
}

const failure = Object.assign(new Error('run run-1 has no checkpoint at step 400; nearest: 200'), { code: 'CHECKPOINT_NOT_FOUND' })

const states: ViewFixtures = {
  empty: { answers: {}, selection: {} },
  loading: { answers: {}, selection: at },
  error: { answers: { circuits: { graph: () => Promise.reject(failure) } }, selection: at },
  full: {
    answers: {
      circuits: {
        graph: () => graph,
        methods: () => methods,
        estimate: () => ({ totalMs: 120, spentMs: 120, isWhole: true }),
        score: async ({ methodId }, { emit }) => {
          const factor = methodId === 'eap' ? (edge: number) => 0.8 + 0.2 * Math.sin(edge) : undefined
          await emit(scores(10, factor))
          await emit(scores(undefined, factor))
        },
        curve: () => curve,
        randomCurve: () => random,
        circuit: ({ edges }) => circuit([...edges.data]),
        edge: ({ edge }) => edgeEffect(edge),
        sufficiency: ({ edges, other }) => ({ alone: faithfulnessOf([...edges.data]), rest: 0.04, withoutRandom: 0.8, draws: 10, ...(other && { withoutOther: 0.9, withoutOtherOnly: 0.97 }), how }),
        minimality: ({ edges }) => ({ edges, changes: floats('edge', Array.from(edges.data, (edge) => effects[edge]!)), wholeChanges: floats('edge', Array.from(edges.data, (edge) => effects[edge]!)), metric: 5, how }),
        completeness: () => ({ circuit: floats('set', [5, 3, 1, 0.5]), whole: floats('set', [5.2, 3.4, 1.9, 2.5]), drawnCount: 3, mean: 0.5, worst: 2, worstShare: 0.25, how }),
        stability: ({ count }) => ({
          jaccards: floats('resample', [1, 0.8]), mean: 0.9, low: 0.8, high: 1, chance: 0.1, how,
          heldShare: floats('edge', effects.map((_, edge) => Number(order.slice(0, count).includes(edge)))),
          standardErrors: floats('edge', effects.map(() => 0.1)),
        }),
        agreement: ({ topCount }) => ({ spearman: 0.97, topOverlap: 1, topCount }),
      },
      patching: {
        pattern: () => ({ pattern: { axes: ['query_pos', 'key_pos'], shape: [3, 3], data: Float32Array.of(1, 0, 0, 0.5, 0.5, 0, 0.2, 0.3, 0.5) }, how }),
      },
    },
    selection: at,
  },
}

export default states
