/** Fourier frequencies kept by a mask, and the IPR under it, on networks whose weights are cosines. */
import { describe, expect, test } from 'vitest'
import { namedArray, type FloatArray } from '@main/base/array'
import { createRng } from '@main/base/rng'
import fourier from '@main/lab/interpret/fourier'
import fourierEntropy from '@main/lab/interpret/fourier-entropy'
import keptFrequencies, { keyFreqsOf } from '@main/lab/interpret/kept-frequencies'
import maskedIpr from '@main/lab/interpret/masked-ipr'
import { neuronMask } from '@main/lab/interpret/components/neuron-mask'
import type { ArraysByName } from '@main/lab/models/model'
import type { Network } from '@main/lab/models/network'
import { tinyTransformer } from '../../../fixtures/transformers'
import { expectClose, useBackend } from '../../../fixtures/backends'
import { cosineArrays, cosineNeurons, networkOf, randomArrays } from './cosine-network'

const p = 11
const neurons = cosineNeurons(p, 10, createRng(3))

/** Work on a network that is disposed after it. */
function onNetwork<T>(arrays: ArraysByName, work: (network: Network) => T): T {
  const network = networkOf(p, arrays)
  try {
    return work(network)
  } finally {
    network.dispose()
  }
}

/** The same input weights through an embedding: W_E is the identity over residues, then W_in. */
function embedded({ W_in, W_out }: ArraysByName, network: Network): Network {
  const d_mlp = W_in!.shape[2]!
  const identity = namedArray(['d_vocab', 'd_model'], [p, p], Float32Array.from({ length: p * p }, (_, i) => (i % (p + 1) === 0 ? 1 : 0)))
  const arrays = {
    W_E: identity,
    W_in: namedArray(['d_model', 'd_mlp'], [p, d_mlp], W_in!.data.slice(0, p * d_mlp)),
    W_out: namedArray(['d_mlp', 'd_model'], [d_mlp, p], W_out!.data),
    W_U: { ...identity, axes: ['d_model', 'd_vocab'] },
  }
  return { ...network, arrays } as Network
}

describe('the frequencies kept', { timeout: 20_000 }, () => {
  useBackend('cpu')

  test('by a mask that keeps all are those of the network, and their shares sum to 1', () => {
    onNetwork(randomArrays(p, 6, createRng(1)), (network) => {
      const { dense, masked } = keptFrequencies.measure(network, { mask: {} })

      expect(masked.data).toEqual(dense.data)
      expect(dense.data.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6)
    })
  })

  test('of cosine neurons are the harmonics of those that stay, each with its share of the norm', () => {
    const removed = neurons.flatMap(({ freq }, k) => (freq === 2 || freq === 5 ? [k] : []))

    onNetwork(cosineArrays(p, neurons), (network) => {
      const { masked, dense, keyFreqs } = keptFrequencies.measure(network, { mask: neuronMask(network.arrays, removed).arrays })

      expectClose(dense.data, [0, 0.2, 0.2, 0.2, 0.2, 0.2], { atol: 1e-6 })
      expectClose(masked.data, [0, 0.2, 0, 0.2, 0.2, 0], { atol: 1e-6 })
      expect(keyFreqs).toEqual([1, 3, 4])
    })
  })

  test('are the same read through an embedding', () => {
    onNetwork(cosineArrays(p, neurons), (network) => {
      const through = embedded(network.arrays, network)
      const W_in = through.arrays['W_in']!
      // Keeps the neurons of harmonics 1 and 2, which are the first two of every five.
      const mask = { W_in: { ...W_in, data: W_in.data.map((_, i) => ((i % 10) % 5 < 2 ? 1 : 0)) } }

      expectClose(keptFrequencies.measure(through, { mask }).masked.data, [0, 0.2, 0.2, 0, 0, 0], { atol: 1e-6 })
    })
  })

  test('of a transformer are read of its embedding', () => {
    const network = tinyTransformer({ dims: { d_vocab: 9, d_vocab_out: 8 } })
    network.dispose()
    const W_E = network.arrays['W_E']!
    const half = { W_E: { ...W_E, data: W_E.data.map((_, i) => (i % 8 < 4 ? 1 : 0)) } }
    const square = ({ data }: FloatArray, isCounted: (i: number) => boolean): number =>
      data.slice(0, 64).reduce((sum, x, i) => sum + (isCounted(i) ? x * x : 0), 0)

    const { masked, modulus } = keptFrequencies.measure(network, { mask: half })

    expect(modulus).toBe(8)
    expect(masked.data.reduce((sum, share) => sum + share, 0)).toBeCloseTo(square(W_E, (i) => i % 8 < 4) / square(W_E, () => true), 5)
  })

  test('that hold nine tenths are the fewest that do', () => {
    expect(keyFreqsOf([5, 1, 80, 3, 16])).toEqual([2, 4])
    expect(keyFreqsOf([5, 0, 0])).toEqual([])
  })

  test('are not asked of a network whose classes are not its tokens', () => {
    const network = tinyTransformer({ dims: { d_vocab: 5, d_vocab_out: 7 } })
    network.dispose()

    expect(keptFrequencies.unsuitable(network)).toContain('5 tokens and 7 classes')
  })
})

describe('the inverse participation ratio under a mask', { timeout: 20_000 }, () => {
  useBackend('cpu')

  test('that keeps all is that of the Neurons view, and so is the frequency', () => {
    onNetwork(randomArrays(p, 6, createRng(2)), (network) => {
      const [found, wanted] = [maskedIpr.measure(network, { mask: {} }), fourier.measure(network, {})]

      expectClose(found.denseIpr.data, wanted.ipr.data, { atol: 1e-7 })
      expect([found.maskedIpr.data, found.freq.data]).toEqual([found.denseIpr.data, wanted.freq.data])
    })
  })

  test('is 1 for cosines, 0 for neurons that are gone', () => {
    onNetwork(cosineArrays(p, neurons), (network) => {
      const { denseIpr, maskedIpr: under } = maskedIpr.measure(network, { mask: neuronMask(network.arrays, [0, 7]).arrays })

      expectClose(denseIpr.data, Array<number>(10).fill(1), { atol: 1e-6 })
      expectClose(under.data, Array.from({ length: 10 }, (_, k) => (k === 0 || k === 7 ? 0 : 1)), { atol: 1e-6 })
    })
  })

  test('falls where a mask cuts single weights of a cosine', () => {
    onNetwork(cosineArrays(p, neurons), (network) => {
      const W_in = network.arrays['W_in']!
      const mask = { W_in: { ...W_in, data: W_in.data.map((_, i) => (i % 3 === 0 ? 0 : 1)) } }

      const { maskedIpr: under } = maskedIpr.measure(network, { mask })

      expect(Math.max(...under.data)).toBeLessThan(0.95)
    })
  })
})

describe('the Fourier entropy', { timeout: 20_000 }, () => {
  useBackend('cpu')

  test('of cosines is 0, of spikes that of a flat spectrum', () => {
    const spikes = Object.fromEntries(Object.entries(cosineArrays(p, neurons)).map(([name, array]) =>
      [name, { ...array, data: array.data.map((_, i) => (name === 'W_in' && Math.floor(i / 10) % p === 4 ? 3 : 0)) }] as const))

    onNetwork(cosineArrays(p, neurons), (network) => expect(fourierEntropy.measure(network, { mask: {} }).denseNats).toBeCloseTo(0, 4))
    onNetwork(spikes, (network) => expect(fourierEntropy.measure(network, { mask: {} }).denseNats).toBeCloseTo(Math.log(6), 6))
  })

  test('of two harmonics of one size is log 2', () => {
    const [one, other] = [1, 3].map((freq) => cosineArrays(p, Array.from({ length: 10 }, () => ({ freq, phaseA: 0.3, phaseB: 1 }))))
    const W_in = { ...one!['W_in']!, data: one!['W_in']!.data.map((weight, i) => weight + other!['W_in']!.data[i]!) }

    onNetwork({ ...one!, W_in }, (network) => expect(fourierEntropy.measure(network, { mask: {} }).denseNats).toBeCloseTo(Math.log(2), 4))
  })

  test('under a mask is that of the masked weights, and units that are gone count for nothing', () => {
    onNetwork(cosineArrays(p, neurons), (network) => {
      const W_in = network.arrays['W_in']!
      const cut = { W_in: { ...W_in, data: W_in.data.map((_, i) => (i % 3 === 0 ? 0 : 1)) } }

      expect(fourierEntropy.measure(network, { mask: cut }).maskedNats).toBeGreaterThan(0.5)
      expect(fourierEntropy.measure(network, { mask: neuronMask(network.arrays, [0, 1, 2]).arrays }).maskedNats).toBeCloseTo(0, 4)
      expect(fourierEntropy.measure(network, { mask: neuronMask(network.arrays, neurons.map((_, k) => k)).arrays }).maskedNats).toBe(0)
    })
  })
})
