/**
 * Truth: a network whose logits are cosines by construction, and one whose weights are random.
 */
import { describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import progress, { notAddition } from '@main/lab/interpret/progress-measures'
import { createNetwork, type Network } from '@main/lab/models/network'
import { resolveSetup } from '@main/lab/recipes/resolve-setup'
import { initialState } from '@main/lab/train/loop'
import { useBackend } from '../../../fixtures/backends'
import { tinySetup, tinySpec } from '../../../fixtures/training'
import { addingNetwork } from './adding-network'

useBackend('wasm')

const p = 31

function setupOf(): ReturnType<typeof tinySetup> {
  return tinySetup({ task: { p, equalsToken: true, corruptedShare: 0 }, transformer: {}, loss: 'cross-entropy' })
}

describe('a network that adds by two harmonics', () => {
  const { dataset } = setupOf()
  const measured = (network: Network): ReturnType<typeof progress.measure> => {
    const found = progress.measure(network, { dataset })
    network.dispose()
    return found
  }

  test('has these as key frequencies, and cosines of a + b - c explain its logits', () => {
    const { freqs, explained, shares } = measured(addingNetwork(p, [4, 9]))

    expect(freqs).toEqual([4, 9])
    expect(explained).toBeGreaterThan(0.999)
    expect(shares[4]! + shares[9]!).toBeGreaterThan(0.999)
  })
  test('has the restricted loss of the whole and the excluded loss of chance', () => {
    const { trainLoss, testLoss, restrictedLoss, restrictedTestLoss, excludedLoss, excludedLosses } = measured(addingNetwork(p, [4, 9]))

    expect(trainLoss).toBeLessThan(0.1)
    expect(restrictedTestLoss / testLoss).toBeCloseTo(1, 2)
    expect(restrictedLoss / testLoss).toBeCloseTo(1, 1)
    expect(excludedLoss).toBeCloseTo(Math.log(p), 1)
    for (const loss of excludedLosses) expect(loss).toBeGreaterThan(trainLoss)
  })
  test('has Fourier components in W_E at its harmonics only', () => {
    const network = addingNetwork(p, [4])
    const { giniEmbedding } = progress.measure(network, { dataset })
    network.dispose()

    // Two equal components out of p.
    expect(giniEmbedding).toBeCloseTo(1 - 2 / p, 5)
  })
})

test('an untrained network has no key frequencies; nothing is kept, nothing is removed', () => {
  const setup = setupOf()
  const { params } = initialState(setup)
  const network = createNetwork(setup.model, setup.modelSettings, setup.dataset, params)
  const { freqs, restrictedLoss, excludedLoss, trainLoss, giniEmbedding, squaredWeights } = progress.measure(network, setup)
  network.dispose()

  expect(freqs).toEqual([])
  expect(restrictedLoss).toBeCloseTo(Math.log(p), 1)
  expect(excludedLoss).toBe(trainLoss)
  expect(giniEmbedding).toBeLessThan(0.35)
  const squares = Object.values(params).flatMap(({ data }) => [...data]).reduce((sum, value) => sum + value * value, 0)
  expect(squaredWeights / squares).toBeCloseTo(1, 10)
})

test('frequencies that are handed in are the ones kept and removed', () => {
  const { dataset } = setupOf()
  const network = addingNetwork(p, [4, 9])
  const { freqs, restrictedLoss, excludedLoss, trainLoss } = progress.measure(network, { dataset, freqs: [5] })
  network.dispose()

  expect(freqs).toEqual([5])
  expect(restrictedLoss).toBeCloseTo(Math.log(p), 1)
  expect(excludedLoss / trainLoss).toBeCloseTo(1, 2)
})

test('other tasks and other models are refused in words', () => {
  const products = tinySetup({ task: { p, equalsToken: true, operation: '*' }, transformer: {} }).dataset
  const perceptron = unwrap(resolveSetup(tinySpec()))
  const { params } = initialState(perceptron)
  const network = createNetwork(perceptron.model, perceptron.modelSettings, perceptron.dataset, params)
  const reason = progress.unsuitable(network)
  network.dispose()

  expect(notAddition(products)).toMatch(/expected modular addition/)
  expect(notAddition(setupOf().dataset)).toBeUndefined()
  expect(reason).toMatch(/model mlp has no W_E and W_U/)
})
