import type { Dataset } from '../tasks/task'
import { meanAttention, prefixMatches, previousTokens, type AttentionPlaces } from './components/attention-places'
import { defineProbe } from './probe'

/** Sequences whose patterns are looked at; scores of single heads vary little from one to another. */
const sampleCount = 64

interface Sample {
  readonly tokens: Int32Array
  readonly previous: AttentionPlaces
  readonly prefix: AttentionPlaces
}

// A pure function's answers by identity of its argument; entries go with it.
const samples = new WeakMap<Dataset, Sample>()

export default defineProbe({
  id: 'head-scores',
  title: 'Attention head scores',
  help:
    `On up to ${sampleCount} test sequences, the highest of any head. Prefix matching: attention from a token that came before ` +
    'to the tokens that followed it then; previous token: attention to the token before. For sequences with repetitions.',
  unit: '1',
  source: 'arXiv:2209.11895',
  parts: [
    { id: 'prefixMatching', title: 'prefix matching, best head' },
    { id: 'previousToken', title: 'previous token, best head' },
  ],
  /** Cost: a forward pass over the sample, and reading its patterns. */
  measure(ctx): Readonly<Record<string, number>> {
    const layers = Object.keys(ctx.params()).filter((name) => /^blocks\.\d+\.attn\.W_Q$/.test(name)).length
    const { tokens, previous, prefix } = sampleOf(ctx.dataset)
    if (layers === 0 || prefix.queries === 0) return {}
    const names = Array.from({ length: layers }, (_, layer) => `blocks.${layer}.attn.hook_pattern`)
    const scores = Object.values(ctx.record(tokens, names)).map(({ shape, values }) => {
      const [heads, length] = [shape[1]!, shape[2]!]                          // [batch, head, query_pos, key_pos]
      const of = (places: AttentionPlaces): number => Math.max(...meanAttention(values, heads, length, places))
      return { previous: of(previous), prefix: of(prefix) }
    })
    return {
      prefixMatching: Math.max(...scores.map(({ prefix }) => prefix)),
      previousToken: Math.max(...scores.map(({ previous }) => previous)),
    }
  },
})

function sampleOf(dataset: Dataset): Sample {
  const known = samples.get(dataset)
  if (known) return known
  const { splits, train, tokens, n_ctx } = dataset
  const members = (splits.test.length > 0 ? splits.test : train).subarray(0, sampleCount)
  const rows = new Int32Array(members.length * n_ctx)
  members.forEach((example, i) => rows.set(tokens.subarray(example * n_ctx, (example + 1) * n_ctx), i * n_ctx))
  const sample = { tokens: rows, previous: previousTokens(rows, n_ctx), prefix: prefixMatches(rows, n_ctx) }
  samples.set(dataset, sample)
  return sample
}
