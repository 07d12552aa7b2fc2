import { describe, expect, test } from 'vitest'
import residueSpectrum from '@main/lab/interpret/residue-spectrum'
import { createNetwork, type Network } from '@main/lab/models/network'
import { expectClose, useBackend } from '../../../fixtures/backends'
import { tinyTransformer } from '../../../fixtures/transformers'

/** Eight classes on nine tokens, the embedding a cosine of harmonic 3 over the first eight. */
function periodic(): Network {
  const network = tinyTransformer({ dims: { d_vocab: 9, d_vocab_out: 8 } })
  network.dispose()
  const W_E = network.arrays['W_E']!
  const data = W_E.data.map((_, i) => (i % 8 === 2 ? 2 * Math.cos((2 * Math.PI * 3 * Math.floor(i / 8)) / 8) : 0))
  return createNetwork(network.model, network.settings, network.dims, { ...network.arrays, W_E: { ...W_E, data } })
}

describe('the Fourier components of the embeddings', () => {
  useBackend('cpu')

  test('of a cosine are its norm at its harmonic and nothing else', () => {
    const network = periodic()
    const { embedding, modulus } = residueSpectrum.measure(network, {})
    network.dispose()

    expect([modulus, ...embedding.shape]).toEqual([8, 2, 5])
    expectClose(embedding.data, [0, 0, 0, 2 * Math.sqrt(8 / 2), 0, 0, 0, 0, 0, 0], { atol: 1e-6 })
  })

  test('have squares that sum to the square of the weights’ norm', () => {
    const network = periodic()
    const { unembedding } = residueSpectrum.measure(network, {})
    network.dispose()
    const wanted = network.arrays['W_U']!.data.reduce((sum, x) => sum + x * x, 0)

    expect(unembedding.data.reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(wanted, 5)
  })

  test('are not asked of a network with more classes than tokens', () => {
    const network = tinyTransformer({ dims: { d_vocab: 5, d_vocab_out: 7 } })
    network.dispose()

    expect(residueSpectrum.unsuitable(network)).toContain('5 tokens and 7 classes')
  })
})
