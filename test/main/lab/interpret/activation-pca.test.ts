import { describe, expect, test } from 'vitest'
import { scoped, tf } from '@main/engine/tf'
import activationPca, { accuraciesKeeping } from '@main/lab/interpret/activation-pca'
import { expectClose, useBackend, valuesOf } from '../../../fixtures/backends'
import { randomTokens, tinyTransformer } from '../../../fixtures/transformers'

const hook = 'blocks.0.hook_resid_mid'
const sequences = { tokens: randomTokens(12), length: 5, scored: { positions: Int32Array.of(4), count: 1 } }

describe('principal components of an activation', () => {
  useBackend('cpu')

  test('rebuild the mean and the Gram matrix of the samples looked at', () => {
    const network = tinyTransformer()
    const { logits, cache } = network.record(sequences, [hook])
    const rows = valuesOf(cache.get(hook)!).filter((_, i) => Math.floor(i / 8) % 5 >= 3)
    tf.dispose([logits, ...cache.values()])
    const at = (row: number, i: number): number => rows[row * 8 + i]!
    const wantedMean = Array.from({ length: 8 }, (_, i) => Array.from({ length: 24 }, (_, row) => at(row, i)).reduce((sum, x) => sum + x, 0) / 24)

    const { mean, gram, eigenvalues, basis } = activationPca.measure(network, { sequences, hook, positions: [3, 4] })
    network.dispose()
    const rebuilt = Array.from({ length: 64 }, (_, ij) =>
      eigenvalues.reduce((sum, value, k) => sum + value * basis[8 * k + Math.floor(ij / 8)]! * basis[8 * k + (ij % 8)]!, 0),
    )
    const variance = Array.from({ length: 24 }, (_, row) => (at(row, 2) - wantedMean[2]!) ** 2).reduce((sum, x) => sum + x, 0) / 24

    expectClose(mean, wantedMean, { atol: 1e-6 })
    expectClose(rebuilt, gram, { atol: 1e-9 })
    expect(gram[2 * 8 + 2]).toBeCloseTo(variance, 6)
    expect([...eigenvalues]).toEqual([...eigenvalues].sort((x, y) => y - x))
  })

  test('keeping every direction changes no answer, keeping none gives every example the same', () => {
    const network = tinyTransformer()
    const input = { sequences, hook: 'blocks.1.hook_resid_mid', positions: [4] }
    const components = activationPca.measure(network, input)
    const labels = scoped(() => Int32Array.from(valuesOf(network.run(sequences).argMax(-1).flatten())))
    const [whole] = accuraciesKeeping(network, input, { components, kept: [9], labels })
    // Nothing of the stream is left at the last position: the answer is that of no input at all.
    const none = Array.from({ length: 7 }, (_, token) =>
      accuraciesKeeping(network, input, { components, kept: [0], labels: labels.map(() => token) }).at(0)!,
    )
    network.dispose()

    expect(new Set(labels).size).toBeGreaterThan(1)
    expect(whole).toBe(1)
    expect([...none].sort()).toEqual([0, 0, 0, 0, 0, 0, 1])
  })
})
