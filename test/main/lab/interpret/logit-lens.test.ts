import { describe, expect, test } from 'vitest'
import { scoped } from '@main/engine/tf'
import { residualPoints, residualWriters } from '@main/lab/interpret/components/residual-points'
import logitLens, { likeliest, profileOf } from '@main/lab/interpret/logit-lens'
import type { Network } from '@main/lab/models/network'
import { expectClose, onEachBackend } from '../../../fixtures/backends'
import { randomTokens, tinyTransformer, type TinyTransformer } from '../../../fixtures/transformers'

function within<T>(tiny: TinyTransformer, use: (network: Network) => T): T {
  const network = tinyTransformer(tiny)
  try {
    return scoped(() => use(network))
  } finally {
    network.dispose()
  }
}

const sequences = { tokens: randomTokens(2), length: 5 }
const answers = Int32Array.of(-1, -1, 3, 0, 6, -1, -1, -1, 1, 2)
const softmax = (values: readonly number[]): number[] => {
  const total = values.reduce((sum, value) => sum + Math.exp(value), 0)
  return values.map((value) => Math.exp(value) / total)
}

onEachBackend(() => {
  test('the last place is the network’s own answer, at no distance from it', () => {
    within({ settings: { normalization: 'LN', biases: true } }, (network) => {
      const { answerProbability, kl, points } = logitLens.measure(network, { sequences, answers, topCount: 2 })
      const logits = network.run(sequences).dataSync() // [2, 5, 7]
      const last = 10 * (points.length - 1)

      const wanted = [...answers].map((answer, place) => softmax([...logits.slice(7 * place, 7 * place + 7)])[answer] ?? NaN)
      expectClose(answerProbability.data.slice(last).filter((p) => !Number.isNaN(p)), wanted.filter((p) => !Number.isNaN(p)), { atol: 1e-6 })
      expectClose(kl.data.slice(last), Array(10).fill(0), { atol: 1e-6 })
      expect(Math.max(...kl.data.slice(0, 10))).toBeGreaterThan(1e-3)
    })
  })
})

describe('the logit lens', () => {
  test('at the start reads the embeddings with the unembedding, by hand', () => {
    within({ settings: { biases: true }, seed: 5 }, (network) => {
      const { W_E, W_pos, W_U, b_U } = network.arrays
      const logitsAt = (place: number): number[] => {
        const token = sequences.tokens[place]!
        const x = Array.from({ length: 8 }, (_, i) => W_E!.data[8 * token + i]! + W_pos!.data[8 * (place % 5) + i]!)
        return Array.from({ length: 7 }, (_, c) => x.reduce((sum, value, i) => sum + value * W_U!.data[7 * i + c]!, b_U!.data[c]!))
      }

      const { top, topProbability, answerRank } = logitLens.measure(network, { sequences, answers, topCount: 3 })

      for (let place = 0; place < 10; place++) {
        const logits = logitsAt(place)
        const order = [...logits.keys()].sort((x, y) => logits[y]! - logits[x]!)
        expect([...top.data.subarray(3 * place, 3 * place + 3)]).toEqual(order.slice(0, 3))
        expectClose(topProbability.data.subarray(3 * place, 3 * place + 3), order.slice(0, 3).map((c) => softmax(logits)[c]!), { atol: 1e-6 })
        const answer = answers[place]!
        expect(answerRank.data[place]).toBe(answer < 0 ? NaN : order.indexOf(answer) + 1)
      }
    })
  })

  test('with a block that writes nothing reads the same before and after it', () => {
    within({ settings: { normalization: 'RMS' } }, (plain) => {
      const silent = Object.entries(plain.arrays).map(([name, array]) => {
        const isWriting = /^blocks\.1\.(attn\.W_O|mlp\.W_out)$/.test(name)
        return [name, isWriting ? { ...array, data: new Float32Array(array.data.length) } : array] as const
      })
      const network = tinyTransformer({ settings: { normalization: 'RMS' }, arrays: Object.fromEntries(silent) })
      const { kl, points } = logitLens.measure(network, { sequences, answers, topCount: 1 })
      network.dispose()

      expect(points).toEqual([
        'blocks.0.hook_resid_pre',
        'blocks.0.hook_resid_mid',
        'blocks.0.hook_resid_post',
        'blocks.1.hook_resid_mid',
        'blocks.1.hook_resid_post',
      ])
      expectClose(kl.data.subarray(20), Array(30).fill(0), { atol: 1e-6 })
      expect(Math.max(...kl.data.subarray(0, 20))).toBeGreaterThan(1e-3)
    })
  })

  test('a profile is the mean over the places with an answer', () => {
    within({}, (network) => {
      const reading = logitLens.measure(network, { sequences, answers, topCount: 1 })
      const { count, accuracy, answerProbability } = profileOf(reading)
      const places = [2, 3, 4, 8, 9]

      expect(count).toBe(5)
      const mean = places.reduce((sum, place) => sum + reading.answerProbability.data[10 + place]!, 0) / 5
      expect(answerProbability.data[1]).toBeCloseTo(mean, 6)
      const right = places.filter((place) => reading.top.data[10 + place] === answers[place]).length
      expect(accuracy.data[1]).toBeCloseTo(right / 5, 6)
    })
  })

  test('the likeliest come in order, the lower class first where two tie', () => {
    expect(likeliest([1, 4, 2, 4, 3], 3)).toEqual([1, 3, 4])
    expect(likeliest([2, 1], 5)).toEqual([0, 1])
  })
})

test('what writes to the stream, and where, follows the blocks of the model', () => {
  within({ settings: { attentionOnly: true } }, (network) => {
    expect(residualPoints(network)).toEqual(['blocks.0.hook_resid_pre', 'blocks.0.hook_resid_post', 'blocks.1.hook_resid_post'])
    expect(residualWriters(network)).toEqual([
      { name: 'blocks.0.hook_attn_out', to: 'blocks.0.hook_resid_pre' },
      { name: 'blocks.1.hook_attn_out', to: 'blocks.0.hook_resid_post' },
    ])
  })
  within({ settings: { n_layers: 1 } }, (network) => {
    expect(residualWriters(network).map(({ name }) => name)).toEqual(['blocks.0.hook_attn_out', 'blocks.0.hook_mlp_out'])
  })
})
