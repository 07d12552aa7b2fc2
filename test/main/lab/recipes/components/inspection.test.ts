import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import type { ArmEvidence } from '@main/lab/recipes/claim'
import { correlation, errorsRemoved, excessOver, inspect, iprShares, mean } from '@main/lab/recipes/components/inspection'
import { additionPairs, cosineArrays, cosineNeurons, networkOf, randomArrays } from '../../interpret/cosine-network'
import { tinySpec } from '../../../../fixtures/training'

const evidenceOf = (final: ArmEvidence['final'], p: number): ArmEvidence => ({
  spec: tinySpec(),
  dataset: additionPairs(p),
  final,
  series: {},
})

describe('a network whose neurons are all cosines', () => {
  const arm = evidenceOf(networkOf(23, cosineArrays(23, cosineNeurons(23, 220, createRng(1)))), 23)

  test('has only high IPR, sees every true label and loses nothing with its low-IPR neurons', () => {
    const { neurons, whole, withoutLow } = inspect(arm)

    expect(iprShares(neurons)).toEqual({ low: 0, between: 0, high: 1 })
    expect(whole).toMatchObject({ test: 1, trainClean: 1, trueLabel: 1 })
    expect(withoutLow).toEqual(whole)
  })
  test('is inspected once', () => {
    expect(inspect(arm)).toBe(inspect(arm))
  })
  test('ignores the corrupted labels: its train accuracy exceeds 1 - xi by the labels right by chance', () => {
    const { labels, trueLabels, train } = arm.dataset
    const lucky = arm.dataset.splits.trainCorrupted.filter((example) => labels[example] === trueLabels[example]).length

    expect(excessOver(arm, inspect(arm).whole.train)).toBeCloseTo(lucky / train.length, 12)
  })
})

test('a network of random weights has only low IPR, and without them predicts class 0 everywhere', () => {
  const { W_in, W_out } = randomArrays(59, 30, createRng(2))
  const arm = evidenceOf(networkOf(59, { W_in: W_in!, W_out: W_out! }), 59)
  const { neurons, withoutLow } = inspect(arm)

  const zeros = arm.dataset.splits.test.filter((example) => arm.dataset.labels[example] === 0).length
  expect(iprShares(neurons).low).toBe(1)
  expect(withoutLow.test).toBe(zeros / arm.dataset.splits.test.length)
})

test.each([
  [[1, 2, 3], [2, 4, 6], 1],
  [[1, 2, 3], [3, 2, 1], -1],
  [[1, 2, 3], [5, 5, 5], 0],
  [[0, 0, 1, 1], [0, 1, 0, 1], 0],
  [[], [], 0],
])('the correlation of %j and %j is %d', (x, y, expected) => {
  expect(correlation(x, y)).toBeCloseTo(expected, 12)
})

test.each([
  [0.9, 0.95, 0.5],
  [0.9, 0.8, -1],
  [1, 1, 0],
])('from accuracy %d to %d, the share of errors removed is %d', (before, after, expected) => {
  expect(errorsRemoved(before, after)).toBeCloseTo(expected, 12)
})

test('the mean of nothing is 0', () => {
  expect([mean([]), mean([1, 2])]).toEqual([0, 1.5])
})
