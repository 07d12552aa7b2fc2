/** A stream whose answer forms layer by layer, as the main process would answer for it, and the four states of the view. */
import type { Frame } from '@contract/frames'
import type { Provenance } from '@contract/interpret'
import type { Answers } from '../../client/fixture'
import type { ViewFixtures } from '../../workbench/view'

export const at = { runId: 'run-1', step: 400 } as const
export const points = [
  'blocks.0.hook_resid_pre',
  'blocks.0.hook_resid_mid',
  'blocks.0.hook_resid_post',
  'blocks.1.hook_resid_mid',
  'blocks.1.hook_resid_post',
] as const
const tokens = ['12', '30', '=']
const answer = 42

const frame = (axes: readonly string[], shape: readonly number[], data: Frame['data']): Frame => ({ axes, shape, data })
const cells = (value: (point: number, pos: number) => number): Frame =>
  frame(['point', 'pos'], [5, 3], Float32Array.from({ length: 15 }, (_, i) => value(Math.floor(i / 3), i % 3)))
const alongPoints = (value: (point: number) => number): Frame =>
  frame(['point'], [5], Float32Array.from({ length: 5 }, (_, point) => value(point)))

/** Probability of the answer: a quarter more with each place. */
export const answerAt = (point: number): number => point / 4

const how: Provenance = {
  definition: 'The final norm and the unembedding applied to the residual stream at each place.',
  source: 'nostalgebraist 2020; arXiv:2303.08112',
  spec: { inputs: 'examples 0 to 0 of split test', checkpoint: '9f1c62d07be4', seed: 1 },
  backend: 'wasm',
  elapsedMs: 5.2,
}
const isRight = (point: number, pos: number): boolean => pos === 2 && answerAt(point) > 0.5

const components = [
  { id: 'hook_embed', title: 'Embedding', value: 0.5 },
  { id: 'hook_pos_embed', title: 'Position', value: -0.25 },
  { id: 'blocks.0.attn', title: 'Attention 0', value: 1.5 },
  { id: 'blocks.0.mlp', title: 'MLP 0', value: 2 },
  { id: 'blocks.1.attn', title: 'Attention 1', value: -0.75 },
  { id: 'blocks.1.mlp', title: 'MLP 1', value: 9 },
]

export const lens: Answers['lens'] = {
  table: () => ({
    points: [...points],
    tokens,
    available: 400,
    answers: ['', '', String(answer)],
    top: frame(['point', 'pos', 'rank'], [5, 3, 1], Int32Array.from({ length: 15 }, (_, i) => (isRight(Math.floor(i / 3), i % 3) ? answer : 7))),
    topProbability: frame(['point', 'pos', 'rank'], [5, 3, 1], Float32Array.from({ length: 15 }, (_, i) => Math.max(0.3, answerAt(Math.floor(i / 3))))),
    classes: { '7': '7', [answer]: String(answer) },
    answerProbability: cells((point, pos) => (pos === 2 ? answerAt(point) : NaN)),
    answerRank: cells((point, pos) => (pos === 2 ? (isRight(point, pos) ? 1 : 5 - point) : NaN)),
    kl: cells((point) => 4 - point),
    how,
  }),
  profile: () => ({
    points: [...points],
    count: 64,
    answerProbability: alongPoints(answerAt),
    accuracy: alongPoints((point) => Number(answerAt(point) > 0.5)),
    kl: alongPoints((point) => 4 - point),
    how,
  }),
  attribution: () => ({
    position: 2,
    count: 1,
    tokens,
    answer: String(answer),
    logit: 12,
    components,
    heads: frame(['layer', 'head'], [2, 2], Float32Array.of(1, 0.5, -1, 0.25)),
    sources: frame(['layer', 'head', 'key_pos'], [2, 2, 3], Float32Array.of(0.75, 0.25, 0, 0.5, 0, 0, -0.5, -0.25, -0.25, 0, 0, 0.25)),
    neurons: [{ layer: 1, neuron: 217, value: 3 }],
    how,
  }),
  decomposition: () => ({
    points: [...points],
    norm: alongPoints((point) => 1 + point),
    finalCosine: alongPoints((point) => point / 4),
    writers: ['blocks.0.hook_attn_out', 'blocks.0.hook_mlp_out', 'blocks.1.hook_attn_out', 'blocks.1.hook_mlp_out'],
    writeNorm: frame(['writer'], [4], Float32Array.of(1, 2, 1, 3)),
    writeCosine: frame(['writer'], [4], Float32Array.of(0.1, 0.4, -0.2, 0.5)),
    count: 64,
    how,
  }),
}

const failure = Object.assign(new Error('the compute process ended while it was asked'), { code: 'COMPUTE_DIED' })
const failing = (): Promise<never> => Promise.reject(failure)

const states: ViewFixtures = {
  empty: { answers: {}, selection: {} },
  loading: { answers: {}, selection: at },
  error: {
    answers: { lens: { table: failing, profile: failing, attribution: failing, decomposition: failing } },
    selection: at,
  },
  full: { answers: { lens }, selection: { ...at, site: 'blocks.1.hook_resid_post[pos=2]' } },
}
export default states
