import { describe, expect, test } from 'vitest'
import { scoped, tf } from '@main/engine/tf'
import attentionPatterns, { type PatternInput } from '@main/lab/interpret/attention-patterns'
import { pooled, pooledSide } from '@main/lab/interpret/components/pooling'
import type { Network } from '@main/lab/models/network'
import { expectClose, onEachBackend } from '../../../fixtures/backends'
import { randomTokens, tinyTransformer, type TinyTransformer } from '../../../fixtures/transformers'

function measured(input: PatternInput, tiny: TinyTransformer = {}): Float32Array {
  return within(tiny, (network) => attentionPatterns.measure(network, input).data)
}

function within<T>(tiny: TinyTransformer, use: (network: Network) => T): T {
  const network = tinyTransformer(tiny)
  try {
    return scoped(() => use(network))
  } finally {
    network.dispose()
  }
}

const two = { tokens: randomTokens(2), length: 5 }
const oneOf = (row: number) => ({ tokens: two.tokens.subarray(5 * row, 5 * row + 5), length: 5 })

onEachBackend(() => {
  test('an average is the mean of what each sequence has', () => {
    for (const kind of ['pattern', 'value-weighted', 'scores'] as const) {
      const [first, second] = [0, 1].map((row) => measured({ sequences: oneOf(row), kind }))

      expectClose(
        measured({ sequences: two, kind }).filter((value) => !Number.isNaN(value)),
        first!.map((value, i) => (value + second![i]!) / 2).filter((value) => !Number.isNaN(value)),
        { atol: 1e-6 },
      )
    }
  })
})

describe('attention patterns', () => {
  test('rows of a pattern sum to one and look at nothing after them', () => {
    const cells = measured({ sequences: two, kind: 'pattern' })

    expect(cells.length).toBe(2 * 2 * 25)
    for (let row = 0; row < 20; row++) {
      const values = cells.subarray(5 * row, 5 * row + 5)
      expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5)
      expect([...values.subarray((row % 5) + 1)].every((value) => value === 0)).toBe(true)
    }
  })

  test('scores are those whose softmax is the pattern, and there is none of what may not be looked at', () => {
    const scores = measured({ sequences: oneOf(0), kind: 'scores' })
    const pattern = measured({ sequences: oneOf(0), kind: 'pattern' })

    for (let row = 0; row < 20; row++) {
      const seen = [...scores.subarray(5 * row, 5 * row + (row % 5) + 1)]
      const total = seen.reduce((sum, value) => sum + Math.exp(value), 0)
      expectClose(seen.map((value) => Math.exp(value) / total), pattern.subarray(5 * row, 5 * row + seen.length), { atol: 1e-6 })
      expect([...scores.subarray(5 * row + seen.length, 5 * row + 5)].every(Number.isNaN)).toBe(true)
    }
  })

  test('value-weighted cells are the pattern times the length of the value at the key', () => {
    within({ settings: { biases: true }, seed: 3 }, (network) => {
      const sequences = oneOf(1)
      const weighted = attentionPatterns.measure(network, { sequences, kind: 'value-weighted', only: { layer: 1, head: 1 } })
      const pattern = attentionPatterns.measure(network, { sequences, kind: 'pattern', only: { layer: 1, head: 1 } })
      const { cache } = network.record(sequences, ['blocks.1.attn.hook_v'])
      const v = cache.get('blocks.1.attn.hook_v')!.dataSync() // [1, 5, 2, 4]
      const lengths = [0, 1, 2, 3, 4].map((key) => Math.hypot(...v.slice((key * 2 + 1) * 4, (key * 2 + 2) * 4)))
      tf.dispose([...cache.values()])

      expectClose(weighted.data, pattern.data.map((value, i) => value * lengths[i % 5]!), { atol: 1e-6 })
      expect(Math.max(...lengths) - Math.min(...lengths)).toBeGreaterThan(0.05)
    })
  })

  test('one head alone is that head of all of them', () => {
    const all = measured({ sequences: two, kind: 'pattern' })

    expect(measured({ sequences: two, kind: 'pattern', only: { layer: 1, head: 0 } })).toEqual(all.subarray(50, 75))
  })

  test('padding is in no average; a cell that is padding everywhere has no value', () => {
    const sequences = { ...two, mask: Uint8Array.of(1, 1, 1, 0, 0, 1, 1, 1, 1, 0) }

    const cells = measured({ sequences, kind: 'pattern', only: { layer: 0, head: 0 } })
    const second = measured({ sequences: { ...oneOf(1), mask: Uint8Array.of(1, 1, 1, 1, 0) }, kind: 'pattern', only: { layer: 0, head: 0 } })

    expect([...cells.subarray(15, 19)]).toEqual([...second.subarray(15, 19)])
    expect([4, 9, 20, 24].map((cell) => cells[cell])).toEqual([NaN, NaN, NaN, NaN])
  })

  test('more cells than memory is meant for are refused before any is made', () => {
    const sequences = { tokens: new Int32Array(8192), length: 8192 }

    expect(() => measured({ sequences, kind: 'pattern' })).toThrow('268435456 cells')
  })
})

describe('pooling', () => {
  test('a block becomes its cell farthest from zero, and one without values has none', () => {
    const source = Float32Array.of(0, 0.1, NaN, NaN, -0.9, 0.2, NaN, NaN, 0.3, 0, 0, 0, 0, 0, 0.4, -0.1)

    expect(pooled(source, 0, { length: 4, side: 2 })).toEqual(Float32Array.of(-0.9, NaN, 0.3, 0.4))
  })

  test('as many cells a side as there is room for, whole where they fit', () => {
    expect([64, 65, 512, 513].map((length) => pooledSide(length, 64))).toEqual([1, 2, 8, 9])
  })
})
