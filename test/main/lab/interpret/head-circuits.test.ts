import { describe, expect, test } from 'vitest'
import { scoped, tf, type Tensor } from '@main/engine/tf'
import headCircuits, { circuitMissing, copyingScore, type CircuitInput } from '@main/lab/interpret/head-circuits'
import type { Network } from '@main/lab/models/network'
import { createNetwork } from '@main/lab/models/network'
import type { ArraysByName } from '@main/lab/models/model'
import { expectClose, useBackend, valuesOf } from '../../../fixtures/backends'
import { tinyTransformer } from '../../../fixtures/transformers'

const ask = (change: Partial<CircuitInput> = {}): CircuitInput => ({
  layer: 0,
  head: 0,
  kind: 'ov',
  mostCells: 10_000,
  directionCount: 2,
  ...change,
})

function within<T>(network: Network, use: (network: Network) => T): T {
  try {
    return scoped(() => use(network))
  } finally {
    network.dispose()
  }
}

/** The network with some parameters given new values, in place of itself. */
function withArrays(network: Network, change: (name: string, i: number) => number | undefined): Network {
  const { model, settings, dims, arrays } = network
  network.dispose()
  const changed = Object.entries(arrays).map(([name, array]) => [
    name,
    { ...array, data: array.data.map((old, i) => change(name, i) ?? old) },
  ])
  return createNetwork(model, settings, dims, Object.fromEntries(changed) as ArraysByName)
}

describe('circuits of a head', () => {
  useBackend('cpu')
  const settings = { n_layers: 1, attentionOnly: true }

  test('the OV circuit is what attending to a token alone adds to the logits', () => {
    within(tinyTransformer({ settings }), (network) => {
      const { matrix } = headCircuits.measure(network, ask({ head: 1 }))
      const z = 'blocks.0.attn.hook_z'
      // A single token attends to itself alone.
      const alone = (token: number): number[] => {
        const logitsWith = (heads: readonly [number, number]): Tensor =>
          network.run(
            { tokens: Int32Array.of(token), length: 1 },
            { hook_pos_embed: (x) => x.mul(0), [z]: (x) => x.mul(tf.tensor2d([...heads], [2, 1])) },
          )
        return valuesOf(logitsWith([0, 1]).sub(logitsWith([0, 0])))
      }

      expectClose(matrix!.data, [0, 1, 2, 3, 4, 5, 6].flatMap(alone), { atol: 1e-5 })
    })
  })

  test('the QK circuits of tokens and positions are the scores of those alone', () => {
    within(tinyTransformer({ settings }), (network) => {
      const score = 'blocks.0.attn.hook_attn_scores'
      const tokens = Int32Array.of(4, 2, 5, 0, 6)
      const scoresWithout = (hook: string): number[] => {
        const { cache } = network.record(tokens, [score], { [hook]: (x: Tensor) => x.mul(0) })
        const values = valuesOf(cache.get(score)!).slice(0, 25)
        tf.dispose([...cache.values()])
        return values
      }
      const ofTokens = headCircuits.measure(network, ask({ kind: 'qk' })).matrix!.data
      const ofPositions = headCircuits.measure(network, ask({ kind: 'qk-positions' })).matrix!.data
      const byTokens = scoresWithout('hook_pos_embed')
      const byPositions = scoresWithout('hook_embed')

      for (const [query, key] of [[0, 0], [3, 1], [4, 4], [4, 0]] as const) {
        expect(byTokens[5 * query + key]).toBeCloseTo(ofTokens[7 * tokens[query]! + tokens[key]!]!, 4)
        expect(byPositions[5 * query + key]).toBeCloseTo(ofPositions[5 * query + key]!, 4)
      }
    })
  })

  test('a head that copies has a score of one, the same head turned round of minus one', () => {
    const identity = (sign: number) => (name: string, i: number): number | undefined => {
      const isOne = (columns: number): number => (Math.floor(i / columns) === i % columns ? 1 : 0)
      if (name === 'W_E') return isOne(8)
      if (name === 'W_U') return isOne(7)
      // The first head reads and writes the first four directions; [head, d_model, d_head] and [head, d_head, d_model].
      if (name.endsWith('W_V') && i < 32) return isOne(4)
      return name.endsWith('W_O') && i < 32 ? sign * isOne(8) : undefined
    }
    const scoreOf = (sign: number): number =>
      within(withArrays(tinyTransformer({ settings }), identity(sign)), (network) => copyingScore(headCircuits.measure(network, ask())))

    expect([scoreOf(1), scoreOf(-1)]).toEqual([1, -1])
  })

  test('a norm’s weights count as part of the matrix that reads', () => {
    const LN = tinyTransformer({ settings: { ...settings, normalization: 'LN' } })
    const weighted = withArrays(LN, (name, i) => (name.endsWith('.w') ? 0.5 + i / 8 : undefined))
    // By hand: rows scaled by w, then centred over the stream.
    const fold = (values: Float32Array, columns: number): Float32Array => {
      const scaled = values.map((x, i) => x * (0.5 + (Math.floor(i / columns) % 8) / 8))
      return scaled.map((x, i) => {
        const rows = Math.floor(i / columns / 8) * 8
        let mean = 0
        for (let row = 0; row < 8; row++) mean += scaled[(rows + row) * columns + (i % columns)]! / 8
        return x - mean
      })
    }
    const folded = createNetwork(LN.model, { ...LN.settings, normalization: 'none' }, LN.dims, {
      ...LN.arrays,
      'blocks.0.attn.W_V': { ...LN.arrays['blocks.0.attn.W_V']!, data: fold(LN.arrays['blocks.0.attn.W_V']!.data, 4) },
      W_U: { ...LN.arrays['W_U']!, data: fold(LN.arrays['W_U']!.data, 7) },
    })

    const [found, wanted] = [weighted, folded].map((network) =>
      within(network, (one) => headCircuits.measure(one, ask({ head: 1 })).matrix!.data),
    )

    expectClose(found!, wanted!, { atol: 1e-5 })
  })

  test('a matrix larger than wanted is left factored, its singular values the same', () => {
    within(tinyTransformer({ settings }), (network) => {
      const small = headCircuits.measure(network, ask({ mostCells: 48 }))
      const whole = headCircuits.measure(network, ask())

      expect(small.matrix).toBeUndefined()
      expect([small.rows, small.columns]).toEqual([7, 7])
      expect([...small.singularValues.data]).toEqual([...whole.singularValues.data])
    })
  })

  test('without learned positions there is no circuit by position', () => {
    within(tinyTransformer({ settings: { positions: 'rotary' } }), (network) => {
      expect(circuitMissing(network, 'qk-positions')).toContain("positions are 'rotary'")
      expect(circuitMissing(network, 'qk')).toBeUndefined()
    })
  })
})
