/** Heads written by hand as the main process would answer for them, and the four states of the view. */
import type { Frame } from '@contract/frames'
import { headScoreIds } from '@contract/words'
import type { Provenance } from '@contract/interpret'
import type { Answers } from '../../client/fixture'
import type { ViewFixtures } from '../../workbench/view'
import { heads, layers, patternOf, scores, tokens } from './written-heads'

export const at = { runId: 'run-1', step: 400 } as const

const frame = (axes: readonly string[], shape: readonly number[], data: Frame['data']): Frame => ({ axes, shape, data })
const all = Float32Array.from([0, 1, 2, 3].flatMap((head) => [...patternOf(head)]))

export const how: Provenance = {
  definition: 'Pattern: A = softmax(q · k / scale) over the keys a query may look at.',
  source: 'arXiv:1706.03762 §3.2',
  spec: { kind: 'pattern', inputs: 'examples 0 to 0 of split test', checkpoint: '9f1c62d07be4', seed: 1 },
  backend: 'wasm',
  elapsedMs: 4.1,
}

const length = tokens.length
export const attention: Answers['attention'] = {
  patterns: ({ kind }) => ({
    patterns: frame(['layer', 'head', 'query_pos', 'key_pos'], [layers, heads, length, length], all),
    pooled: 1,
    length,
    count: 1,
    available: 400,
    tokens: [...tokens],
    how: { ...how, spec: { ...how.spec, kind } },
  }),
  head: ({ layer, head }) => ({
    layer,
    head,
    pattern: frame(['query_pos', 'key_pos'], [length, length], patternOf(layer * heads + head)),
    count: 1,
    available: 400,
    tokens: [...tokens],
    how,
  }),
  scores: () => ({
    scores: frame(['score', 'layer', 'head'], [headScoreIds.length, layers, heads], Float32Array.from(scores.flat())),
    missing: {},
    definitions: { induction: 'Mean attention to the token after the latest earlier occurrence.' },
    count: 64,
    how: { ...how, spec: { inputs: '64 random sequences of 4 tokens, each twice after start', inputsSeed: 0 } },
  }),
}

const failure = Object.assign(new Error('the compute process ended while it was asked'), { code: 'COMPUTE_DIED' })
const failing = (): Promise<never> => Promise.reject(failure)

const states: ViewFixtures = {
  empty: { answers: {}, selection: {} },
  loading: { answers: {}, selection: at },
  error: { answers: { attention: { patterns: failing, head: failing, scores: failing } }, selection: at },
  full: { answers: { attention }, selection: { ...at, site: 'blocks.1.attn.hook_z[head=0]' } },
}
export default states
