/**
 * Principal components of a network that others trained, against what they measured with a program of their own: means
 * and Gram matrices over the training pairs, and test accuracy by the number of components kept.
 */
import { describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import torch from '@main/lab/importers/torch'
import activationPca, { accuraciesKeeping, type PcaInput } from '@main/lab/interpret/activation-pca'
import type { Sequences } from '@main/lab/models/network'
import { everywhere, expectClose, useBackend } from '../../../fixtures/backends'
import { networkOfOthers, pairsOfOthers } from '../../../fixtures/modular-addition-of-others'
import { hasShared, sharedSource, sharedText } from '../../../fixtures/shared'

useBackend(everywhere.at(-1)!)

const width = 128
/** Their names of places, ours, and the positions they look at: before attention all, after it the last. */
const places = {
  'ln1.0': { hook: 'blocks.0.hook_resid_pre', positions: [0, 1, 2] },
  'ln2.0': { hook: 'blocks.0.hook_resid_mid', positions: [2] },
  unembed: { hook: 'blocks.0.hook_resid_post', positions: [2] },
} as const
type Place = keyof typeof places

function sequencesOf(examples: Int32Array): { readonly sequences: Sequences; readonly labels: Int32Array } {
  const { tokens, labels } = pairsOfOthers()
  const rows = Int32Array.from({ length: 3 * examples.length }, (_, i) => tokens[3 * examples[Math.floor(i / 3)]! + (i % 3)]!)
  return {
    sequences: { tokens: rows, length: 3, scored: { positions: Int32Array.of(2), count: 1 } },
    labels: examples.map((example) => labels[example]!),
  }
}

const inputAt = (place: Place, sequences: Sequences): PcaInput => ({ sequences, ...places[place] })

function publishedArray(name: string): Float64Array {
  const { tensors } = unwrap(torch.read(sharedSource('data/rib/pca_seed0_rib_graph.pt')))
  return Float64Array.from(unwrap(tensors.find((tensor) => tensor.name === name)!.read()))
}

describe.skipIf(!hasShared).each(Object.keys(places) as Place[])('at %s', (place) => {
  test('mean and Gram matrix over the training pairs are the published ones', () => {
    const network = networkOfOthers()
    const { mean, gram } = activationPca.measure(network, inputAt(place, sequencesOf(pairsOfOthers().splits.trainClean).sequences))
    network.dispose()
    // Theirs carry a constant as the last coordinate.
    const wantedMean = publishedArray(`mean_vectors.${place}`).subarray(0, width)
    const wantedGram = publishedArray(`gram_matrices.${place}`).filter((_, i) => i % (width + 1) < width && i < width * (width + 1))
    const scale = Math.max(...wantedGram.map(Math.abs))

    // They computed in float64, the network here in float32: its rounding is what the tolerance allows.
    expectClose(mean, wantedMean, { atol: 2e-5, rtol: 2e-6 })
    expectClose(gram, wantedGram, { atol: 2e-6 * scale })
  })

  test('test accuracy by the number of components kept follows the published curve', () => {
    const { results } = JSON.parse(sharedText('data/rib/node_pca_seed0_ablation_results.json')) as {
      results: Readonly<Record<Place, Readonly<Record<string, number>>>>
    }
    const { splits } = pairsOfOthers()
    const network = networkOfOthers()
    const components = activationPca.measure(network, inputAt(place, sequencesOf(splits.trainClean).sequences))
    const { sequences, labels } = sequencesOf(splits.test)
    // Keeping nothing takes their biases away too, which are part of their mean; from 25 on the curve is flat.
    const published = Object.entries(results[place]).filter(([kept]) => Number(kept) >= 1 && Number(kept) <= 25)
    const kept = published.map(([count]) => Number(count))
    const accuracies = accuraciesKeeping(network, inputAt(place, sequences), { components, kept, labels })
    network.dispose()

    expect(kept).toEqual([25, 23, 21, 19, 17, 15, 13, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1].sort((x, y) => x - y))
    // Two answers of 8,939: pairs whose best two logits differ by less than float32 tells apart.
    expectClose(accuracies, published.map(([, wanted]) => wanted), { atol: 2.5 / 8939 })
  })
})
