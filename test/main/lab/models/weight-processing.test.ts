import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import type { SettingValues } from '@main/base/settings'
import { scoped } from '@main/engine/tf'
import { weightSteps, type TransformerWeights, type WeightStepId } from '@main/lab/models/components/weight-processing'
import { createNetwork } from '@main/lab/models/network'
import transformer from '@main/lab/models/transformer'
import { onEachBackend } from '../../../fixtures/backends'
import { randomTokens, tinyTransformer, type TinyTransformer } from '../../../fixtures/transformers'

/** Weights of which none, norms and biases included, has the value it starts with. */
function trainedLike({ settings, dims, seed }: TinyTransformer): TransformerWeights {
  const network = tinyTransformer({ settings: settings ?? {}, dims: dims ?? {}, ...(seed !== undefined && { seed }) })
  const draws = createRng(seed ?? 11)
  const arrays = Object.fromEntries(
    Object.entries(network.arrays).map(([name, array]) => [name, { ...array, data: array.data.map((value) => value + 0.3 * draws.normal()) }]),
  )
  network.dispose()
  return { settings: network.settings as never, dims: network.dims, arrays }
}

/** [batch · pos, d_vocab_out] */
function logitsOf({ settings, dims, arrays }: TransformerWeights): readonly Float64Array[] {
  const network = createNetwork(transformer, settings as SettingValues, dims, arrays)
  const flat = scoped(() => Float64Array.from(network.run(randomTokens(4)).dataSync()))
  network.dispose()
  const width = dims.d_vocab_out
  return Array.from({ length: flat.length / width }, (_, row) => flat.slice(row * width, (row + 1) * width))
}

/** How far the two differ at most, after each position's own offset was taken out where that is allowed to differ. */
function largestDifference(before: TransformerWeights, after: TransformerWeights, isUpToConstant: boolean): number {
  const [x, y] = [logitsOf(before), logitsOf(after)]
  const offset = (i: number): number => (isUpToConstant ? x[i]![0]! - y[i]![0]! : 0)
  return Math.max(...x.flatMap((row, i) => [...row].map((value, j) => Math.abs(value - y[i]![j]! - offset(i)))))
}

const stepOf = (id: WeightStepId) => weightSteps.find((step) => step.id === id)!
const applied = (weights: TransformerWeights, ...ids: readonly WeightStepId[]): TransformerWeights =>
  ids.reduce((so, id) => stepOf(id).apply(so), weights)

const variants: readonly TinyTransformer[] = [
  { settings: { normalization: 'LN', biases: true } },
  { settings: { normalization: 'LN', biases: false } },
  { settings: { normalization: 'LN', biases: true, tiedUnembedding: true, activation: 'gelu_new' } },
  { settings: { normalization: 'LN', biases: false, tiedUnembedding: true, attentionOnly: true } },
  { settings: { normalization: 'LN', biases: true, positions: 'rotary', n_heads: 3, d_head: 5 }, dims: { d_vocab_out: 6 } },
  { settings: { normalization: 'LNPre', biases: true, attentionDirection: 'bidirectional' } },
  { settings: { normalization: 'RMS', biases: true, gatedMlp: true, activation: 'silu' } },
  { settings: { normalization: 'RMS', tiedUnembedding: true, positions: 'none' } },
  { settings: { normalization: 'RMSPre', biases: true } },
  { settings: { normalization: 'none', biases: true, n_layers: 1 }, dims: { d_vocab_out: 5 } },
  { settings: { normalization: 'none', constantAttention: 0.4, biases: true } },
  { settings: { normalization: 'LN', biases: true, gatedMlp: true, attentionOnly: true } },
]

onEachBackend(() => {
  describe.each(variants)('weights of %j', (variant) => {
    test.each(weightSteps.map(({ id }) => id))('%s leaves what the network says as it is, or is refused', (id) => {
      const before = trainedLike(variant)
      const step = stepOf(id)
      if (step.refusal(before) !== undefined) return expect(step.refusal(before)).toMatch(/^[a-z].*[^.]$/)

      const after = step.apply(before)

      expect(after.arrays).not.toEqual(before.arrays)
      expect(largestDifference(before, after, id === 'centre-unembedding')).toBeLessThan(3e-5)
    })

    test('all steps it allows, one after the other, leave the log-probabilities as they are', () => {
      const before = trainedLike(variant)

      const after = weightSteps.reduce((weights, step) => (step.refusal(weights) === undefined ? step.apply(weights) : weights), before)

      expect(largestDifference(before, after, true)).toBeLessThan(3e-5)
    })
  })
})

describe('what each step is for', () => {
  const before = trainedLike({ settings: { normalization: 'LN', biases: true } })
  const sumOf = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0)

  test('folding leaves no weights in the norms', () => {
    const { arrays, settings } = applied(before, 'fold-normalization')

    expect(settings.normalization).toBe('LNPre')
    expect(Object.keys(arrays).filter((name) => /ln/.test(name))).toEqual([])
  })

  test('centred writing weights write nothing along the mean', () => {
    const { arrays } = applied(before, 'centre-writing')

    for (const name of ['W_E', 'W_pos', 'blocks.0.attn.W_O', 'blocks.1.mlp.W_out', 'blocks.1.mlp.b_out']) {
      const { data } = arrays[name]!
      for (let row = 0; row < data.length; row += 8) expect(Math.abs(sumOf(data.subarray(row, row + 8)))).toBeLessThan(1e-5)
    }
  })

  test('a centred unembedding gives logits of mean zero', () => {
    for (const row of logitsOf(applied(before, 'centre-unembedding'))) expect(Math.abs(sumOf(row))).toBeLessThan(1e-4)
  })

  test('folded value biases are zero', () => {
    const { arrays } = applied(before, 'fold-value-biases')

    expect(sumOf(arrays['blocks.0.attn.b_V']!.data.map(Math.abs))).toBe(0)
  })

  test('the weights it was given stay as they are', () => {
    const copy = structuredClone(before)
    applied(before, 'fold-normalization', 'centre-writing', 'centre-unembedding', 'fold-value-biases')

    expect(before).toEqual(copy)
  })
})

describe('a step whose reason does not hold is refused in words', () => {
  test.each<[WeightStepId, SettingValues, RegExp]>([
    ['centre-writing', { normalization: 'none' }, /has no LayerNorm/],
    ['centre-writing', { normalization: 'RMS' }, /has RMSNorm, which does not subtract the mean/],
    ['centre-writing', { normalization: 'RMSPre' }, /has RMSNorm/],
    ['fold-normalization', { normalization: 'none' }, /no normalization/],
    ['fold-normalization', { normalization: 'LNPre' }, /no weights left/],
    ['fold-normalization', { normalization: 'LN', gatedMlp: true }, /blocks\.0\.ln2 has nowhere to go/],
    ['fold-value-biases', { biases: false }, /no biases/],
    ['fold-value-biases', { biases: true, constantAttention: 0.5 }, /do not sum to 1/],
  ])('%s of %j', (id, settings, reason) => {
    expect(stepOf(id).refusal(trainedLike({ settings }))).toMatch(reason)
  })

  test('and would have changed what the network says', () => {
    const plain = trainedLike({ settings: { normalization: 'RMS', biases: true } })
    const mixed = trainedLike({ settings: { biases: true, constantAttention: 0.5 } })

    expect(largestDifference(plain, applied(plain, 'centre-writing'), true)).toBeGreaterThan(0.01)
    expect(largestDifference(mixed, applied(mixed, 'fold-value-biases'), true)).toBeGreaterThan(0.01)
  })
})
