/** Truth: the analysis of the same scores, which reads them another way. */
import { expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { tf } from '@main/engine/tf'
import headScores, { headScoreIds } from '@main/lab/interpret/head-scores'
import { meanAttention, prefixMatches, previousTokens } from '@main/lab/probes/components/attention-places'
import { useBackend } from '../../../fixtures/backends'
import { tinyTransformer } from '../../../fixtures/transformers'

useBackend('cpu')

const length = 9
const rng = createRng(8)
// Few tokens, so that each comes several times, and none after itself.
const tokens = new Int32Array(6 * length)
for (let i = 1; i < tokens.length; i++) tokens[i] = (tokens[i - 1]! + 1 + rng.below(2)) % 3

test('previous-token and prefix-matching scores are those of the analysis', () => {
  const network = tinyTransformer({ dims: { n_ctx: length, d_vocab: 3, d_vocab_out: 3 } })
  const scores = headScores.measure(network, { sequences: { tokens, length } })
  const { logits, cache } = network.record(tokens, ['blocks.1.attn.hook_pattern'])
  const values = cache.get('blocks.1.attn.hook_pattern')!.dataSync<'float32'>()
  tf.dispose([logits, ...cache.values()])
  network.dispose()

  const wanted = (id: (typeof headScoreIds)[number]): number[] => [...scores.data.slice(headScoreIds.indexOf(id) * 4 + 2, headScoreIds.indexOf(id) * 4 + 4)]
  const close = (found: number[], id: (typeof headScoreIds)[number]): void =>
    found.forEach((value, head) => expect(value).toBeCloseTo(wanted(id)[head]!, 5))
  close(meanAttention(values, 2, length, previousTokens(tokens, length)), 'previous-token')
  close(meanAttention(values, 2, length, prefixMatches(tokens, length)), 'prefix-matching')
})

test('padding, which follows itself, matches no prefix', () => {
  expect(prefixMatches(Int32Array.of(9, 9, 9, 9, 1, 2), 6)).toEqual({ places: [], queries: 0 })
  expect(prefixMatches(Int32Array.of(9, 9, 1, 2, 3, 1), 6)).toEqual({ places: [0, 5, 3], queries: 1 })
})
