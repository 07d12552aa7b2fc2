/**
 * A network that others trained on addition mod 113. Truth: four wrong answers of 12,769, all unseen, and five key
 * frequencies, of which an independent computation in float64 gives the shares below.
 */
import { describe, expect, test } from 'vitest'
import { tf } from '@main/engine/tf'
import progress from '@main/lab/interpret/progress-measures'
import type { Network } from '@main/lab/models/network'
import type { Dataset } from '@main/lab/tasks/task'
import { everywhere, useBackend } from '../../../fixtures/backends'
import { networkOfOthers, p, pairsOfOthers } from '../../../fixtures/modular-addition-of-others'
import { hasShared } from '../../../fixtures/shared'

// Where it could be built, the native backend: twelve thousand sequences are much for the others.
useBackend(everywhere.at(-1)!)

describe.skipIf(!hasShared)('addition mod 113 by a network of others', () => {
  test('answers all but four unseen pairs, by frequencies 15, 18, 1, 56 and 8, which it cannot do without', () => {
    const [network, dataset] = [networkOfOthers(), pairsOfOthers()]
    const wrong = wrongPairs(network, dataset)
    const { freqs, shares, trainLoss, restrictedTestLoss, testLoss, excludedLoss, giniEmbedding } = progress.measure(network, { dataset })
    network.dispose()

    const unseen = new Set(dataset.splits.test)
    expect(wrong.map((pair) => unseen.has(pair))).toEqual([true, true, true, true])
    expect([...freqs].sort((x, y) => shares[y]! - shares[x]!)).toEqual([15, 18, 1, 56, 8])
    for (const [freq, share] of [[15, 0.48597], [18, 0.22909], [1, 0.17616], [56, 0.04926], [8, 0.01808]] as const) {
      expect(shares[freq]).toBeCloseTo(share, 4)
    }
    expect(trainLoss).toBeLessThan(0.01)
    expect(restrictedTestLoss).toBeLessThan(testLoss)
    expect(excludedLoss).toBeGreaterThan(Math.log(p))
    expect(giniEmbedding).toBeGreaterThan(0.5)
  }, 240_000)
})

function wrongPairs(network: Network, { tokens, labels }: Dataset): number[] {
  const answers = tf.tidy(() => {
    const logits = network.run({ tokens, length: 3, scored: { positions: Int32Array.of(2), count: 1 } })
    return logits.reshape([-1, p]).argMax(1).dataSync()
  })
  return [...labels.keys()].filter((pair) => answers[pair] !== labels[pair])
}
