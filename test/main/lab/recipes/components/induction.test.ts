/** Truth: a network whose second layer looks where the test says, by hand-made patterns of positions. */
import { expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { best, inductionOf } from '@main/lab/recipes/components/induction'
import type { ArmEvidence } from '@main/lab/recipes/claim'
import task from '@main/lab/tasks/repeated-sequences'
import { defaultsOf } from '@main/base/settings'
import { useBackend } from '../../../../fixtures/backends'
import { tinyTransformer } from '../../../../fixtures/transformers'
import { tinySpec } from '../../../../fixtures/training'

useBackend('wasm')

const dataset = task.create({ ...defaultsOf(task.fields), vocabulary: 6, length: 4, examples: 40, trainFraction: 0.5, distinct: true } as never, createRng(1))

function armOf(change: (name: string, values: Float32Array) => void = () => {}): ArmEvidence {
  const { n_ctx, d_vocab, d_vocab_out } = dataset
  const network = tinyTransformer({ settings: { attentionOnly: true }, dims: { n_ctx, d_vocab, d_vocab_out } })
  for (const [name, { data }] of Object.entries(network.arrays)) change(name, data)
  const changed = tinyTransformer({ settings: { attentionOnly: true }, dims: { n_ctx, d_vocab, d_vocab_out }, arrays: network.arrays })
  network.dispose()
  return { spec: tinySpec(), dataset, final: changed, series: {} }
}

test('heads of even attention score the share of their targets among what they see', () => {
  const arm = armOf((name, values) => void (/W_Q/.test(name) && values.fill(0)))
  const { heads } = inductionOf(arm)
  arm.final.dispose()
  // With start token: queries 1 to 7 see query + 1 positions; those that came before (5, 6, 7) have one target each.
  const mean = (queries: readonly number[]): number => queries.reduce((sum, query) => sum + 1 / (query + 1), 0) / queries.length

  expect(heads).toHaveLength(4)
  for (const { prefixMatching, previousToken } of heads) {
    expect(prefixMatching).toBeCloseTo(mean([5, 6, 7]), 5)
    expect(previousToken).toBeCloseTo(mean([1, 2, 3, 4, 5, 6, 7]), 5)
  }
})

test('ablating nothing changes nothing; ablating a head that moves nothing changes nothing; all of them leave the rest', () => {
  const arm = armOf((name, values) => void (name === 'blocks.1.attn.W_V' && values.fill(0)))
  const { loss, lossWithout, prefixMatchingWithout, heads } = inductionOf(arm)
  const [first, second] = [0, 1].map((layer) => heads.filter((head) => head.layer === layer))
  const found = {
    nothing: lossWithout([]),
    silent: lossWithout(second!),
    loud: lossWithout(first!),
    score: prefixMatchingWithout(second![0]!, first!),
  }
  arm.final.dispose()

  expect(found.nothing).toBe(loss)
  expect(found.silent).toBeCloseTo(loss, 6)
  expect(Math.abs(found.loud - loss)).toBeGreaterThan(1e-4)
  expect(Math.abs(found.score - second![0]!.prefixMatching)).toBeGreaterThan(1e-4)
})

test('the best head is the one of the highest score', () => {
  const heads = [0.2, 0.7, 0.1].map((score, head) => ({ layer: 1, head, prefixMatching: score, previousToken: 1 - score }))

  expect(best(heads, 'prefixMatching').head).toBe(1)
  expect(best(heads, 'previousToken').head).toBe(2)
})
