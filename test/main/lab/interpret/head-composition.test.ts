import { describe, expect, test } from 'vitest'
import { scoped, tf, type Tensor } from '@main/engine/tf'
import headComposition, { compositionKinds } from '@main/lab/interpret/head-composition'
import { headMatrices } from '@main/lab/interpret/components/head-weights'
import { useBackend } from '../../../fixtures/backends'
import { tinyTransformer } from '../../../fixtures/transformers'

const normOf = (x: Tensor): number => Math.sqrt(x.square().sum().dataSync()[0]!)

describe('composition of heads', () => {
  useBackend('cpu')

  test.each(compositionKinds)('%s-composition is that of the whole matrices', (kind) => {
    const network = tinyTransformer({ settings: { normalization: 'LN' } })
    const { scores } = headComposition.measure(network, { kind })

    const wanted = scoped(() => {
      const from = headMatrices(network, { layer: 0, head: 1 })
      const to = headMatrices(network, { layer: 1, head: 0 })
      const writer = from.V.matMul(from.O)
      const reader = { q: () => to.Q.matMul(to.K.transpose()), k: () => to.K.matMul(to.Q.transpose()), v: () => to.V.matMul(to.O) }[kind]()
      return normOf(tf.matMul(writer, reader)) / (normOf(writer) * normOf(reader))
    })

    expect(scores.data[4 * 1 + 2]).toBeCloseTo(wanted, 5)
    network.dispose()
  })

  test('only an earlier layer’s head has a score with a later one', () => {
    const network = tinyTransformer()
    const { scores } = headComposition.measure(network, { kind: 'k' })
    const isThere = [...scores.data].map((score) => !Number.isNaN(score))

    expect(isThere).toEqual([false, false, true, true, false, false, true, true, ...Array.from({ length: 8 }, () => false)])
    network.dispose()
  })

  test('random heads compose as much as the baseline says', () => {
    const network = tinyTransformer({ settings: { n_layers: 4, n_heads: 6, d_model: 16, d_head: 4 } })
    const { scores, baseline } = headComposition.measure(network, { kind: 'v' })
    const there = [...scores.data].filter((score) => !Number.isNaN(score))
    const mean = there.reduce((sum, score) => sum + score, 0) / there.length

    expect(there.length).toBe(6 * 6 * 6)
    expect(Math.abs(mean - baseline)).toBeLessThan(0.15 * baseline)
    network.dispose()
  })
})
