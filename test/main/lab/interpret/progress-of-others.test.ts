/**
 * A network that others trained on addition mod 113. Truth: four wrong answers of 12,769, all unseen, and five key
 * frequencies, of which an independent computation in float64 gives the shares below.
 */
import { describe, expect, test } from 'vitest'
import { namedArray } from '@main/base/array'
import { unwrap } from '@main/base/result'
import { defaultsOf } from '@main/base/settings'
import { tf } from '@main/engine/tf'
import torch from '@main/lab/importers/torch'
import progress from '@main/lab/interpret/progress-measures'
import type { ArraysByName } from '@main/lab/models/model'
import { createNetwork, type Network } from '@main/lab/models/network'
import transformer from '@main/lab/models/transformer'
import type { Dataset } from '@main/lab/tasks/task'
import { everywhere, useBackend } from '../../../fixtures/backends'
import { hasShared, sharedSource, sharedText } from '../../../fixtures/shared'

// Where it could be built, the native backend: twelve thousand sequences are much for the others.
useBackend(everywhere.at(-1)!)

const p = 113

/** The network by its own names; of the unembedding the residues' columns, as "=" is no answer. */
function networkOf(): Network {
  const { tensors } = unwrap(torch.read(sharedSource('data/rib/modadd113_seed0_model_epoch_60000.pt')))
  const wanted = tensors.filter(({ name }) => !/mask|IGNORE/.test(name))
  const arrays = wanted.map(({ name, shape, read }): [string, ArraysByName[string]] => {
    const key = name.replace(/^(embed|pos_embed|unembed)\./, '')
    const values = Float32Array.from(unwrap(read()))
    const kept = key.endsWith('_U') ? values.filter((_, i) => i % (p + 1) < p) : values
    const form = key.endsWith('_U') ? [...shape.slice(0, -1), p] : shape
    return [key, namedArray(form.map((_, axis) => `axis ${axis}`), form, kept)]
  })
  const settings = { ...defaultsOf(transformer.fields), biases: true }
  return createNetwork(transformer, settings, { n_ctx: 3, d_vocab: p + 1, d_vocab_out: p }, Object.fromEntries(arrays))
}

function pairs(): Dataset {
  const { permutation, n_train } = JSON.parse(sharedText('data/rib/derived_train_test_split_seed0.json')) as {
    permutation: number[]
    n_train: number
  }
  const exampleCount = p * p
  const labels = Int32Array.from({ length: exampleCount }, (_, pair) => (Math.floor(pair / p) + (pair % p)) % p)
  const tokens = Int32Array.from({ length: 3 * exampleCount }, (_, i) => {
    const pair = Math.floor(i / 3)
    return [Math.floor(pair / p), pair % p, p][i % 3]!
  })
  const [train, test] = [Int32Array.from(permutation.slice(0, n_train)), Int32Array.from(permutation.slice(n_train))]
  return {
    exampleCount,
    n_ctx: 3,
    d_vocab: p + 1,
    d_vocab_out: p,
    scoredPositions: [2],
    tokens,
    labels,
    trueLabels: labels,
    splits: { trainClean: train, trainCorrupted: new Int32Array(), test },
    train,
  }
}

describe.skipIf(!hasShared)('addition mod 113 by a network of others', () => {
  test('answers all but four unseen pairs, by frequencies 15, 18, 1, 56 and 8, which it cannot do without', () => {
    const [network, dataset] = [networkOf(), pairs()]
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
