import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { namedArray } from '@main/base/array'
import type { ArraysByName } from '@main/lab/models/model'
import { withoutNeurons } from '@main/lab/interpret/components/neuron-mask'
import pruning, { accuraciesOf, createPruner, type PrunedAccuracies } from '@main/lab/interpret/pruning'
import { additionPairs, cosineArrays, cosineNeurons, networkOf, randomArrays } from './cosine-network'

const p = 11
const dataset = additionPairs(p)
const mixed = (): ArraysByName => mixOf(p, 40, 24)

/** Analytic neurons first, then random ones: some good, some harmful. */
function mixOf(modulus: number, analytic: number, random: number): ArraysByName {
  const good = cosineArrays(modulus, cosineNeurons(modulus, analytic, createRng(3)))
  const bad = randomArrays(modulus, random, createRng(4))
  const width = analytic + random
  const W_in = new Float32Array(2 * modulus * width)
  for (let row = 0; row < 2 * modulus; row++) {
    W_in.set(good['W_in']!.data.subarray(row * analytic, (row + 1) * analytic), row * width)
    W_in.set(bad['W_in']!.data.subarray(row * random, (row + 1) * random), row * width + analytic)
  }
  const W_out = Float32Array.from([...good['W_out']!.data, ...bad['W_out']!.data])
  return {
    W_in: { ...good['W_in']!, shape: [2, modulus, width], data: W_in },
    W_out: { ...good['W_out']!, shape: [width, modulus], data: W_out },
    b_in: { ...bad['b_in']!, shape: [width], data: new Float32Array(width) },
    b_out: bad['b_out']!,
  }
}

/** The same with BatchNorm after the activation. */
function normalizedMix(): ArraysByName {
  const rng = createRng(8)
  const hidden = (value: () => number): ReturnType<typeof namedArray<Float32Array>> =>
    namedArray(['d_mlp'], [64], Float32Array.from({ length: 64 }, value))
  return {
    ...mixed(),
    gamma: hidden(() => rng.normal()),
    beta: hidden(() => rng.normal()),
    running_mean: hidden(() => rng.normal()),
    running_var: hidden(() => rng.uniform() + 0.5),
  }
}

/** Brute force: the network with those weights really zero, run as a network. */
function recompute(arrays: ArraysByName, removed: readonly number[]): { logits: Float32Array; accuracies: PrunedAccuracies } {
  const network = networkOf(p, withoutNeurons(arrays, removed))
  const logits = network.run(dataset.tokens)
  const predicted = logits.argMax(-1).dataSync<'int32'>() as Int32Array
  return { logits: logits.dataSync<'float32'>() as Float32Array, accuracies: accuraciesOf(dataset, predicted) }
}

describe.each([
  ['plain', mixed()],
  ['with BatchNorm', normalizedMix()],
])('removing equals zeroing the weights and running the network, %s', (_, arrays) => {
  const pruner = createPruner(networkOf(p, arrays), dataset)
  test.each([[[]], [[0]], [[63]], [[5, 17, 40, 41, 60]], [[...Array(40).keys()]], [[...Array(64).keys()]]])('%j', (removed) => {
    pruner.become(removed)

    const expected = recompute(arrays, removed)
    expect(pruner.accuracies()).toEqual(expected.accuracies)
    for (const example of [0, 7, 60, 120]) {
      pruner.logitsOf(example).forEach((logit, c) => expect(logit).toBeCloseTo(expected.logits[example * p + c]!, 3))
    }
  })
  test('one at a time, after every removal', () => {
    const single = createPruner(networkOf(p, arrays), dataset)
    const order = createRng(9).permutation(64)
    for (let k = 0; k < order.length; k += 9) {
      for (const neuron of order.subarray(Math.max(0, k - 8), k + 1)) single.remove(neuron)
      expect(single.accuracies()).toEqual(recompute(arrays, [...order.subarray(0, k + 1)]).accuracies)
    }
  })
})

describe('the accuracies depend on the set of removed neurons alone', () => {
  const pruner = createPruner(networkOf(p, mixed()), dataset)
  test('restoring undoes removing bit for bit', () => {
    const before = pruner.fork()
    for (const neuron of [3, 50, 20, 63]) pruner.remove(neuron)
    for (const neuron of [50, 63, 3, 20]) pruner.restore(neuron)

    expect(pruner.accuracies()).toEqual(before.accuracies())
    for (let example = 0; example < dataset.exampleCount; example++) {
      expect(pruner.logitsOf(example)).toEqual(before.logitsOf(example))
    }
  })
  test('two orders of the same set give equal logits', () => {
    const forward = pruner.fork()
    const backward = pruner.fork()
    const jump = pruner.fork()
    for (let k = 0; k < 50; k++) forward.remove(k)
    for (let k = 49; k >= 0; k--) backward.remove(k)
    jump.become(Array.from({ length: 50 }, (_, k) => k))

    for (let example = 0; example < dataset.exampleCount; example++) {
      expect(backward.logitsOf(example)).toEqual(forward.logitsOf(example))
      expect(jump.logitsOf(example)).toEqual(forward.logitsOf(example))
    }
    expect(jump.accuracies()).toEqual(forward.accuracies())
  })
  test('removing all leaves exactly the output biases', () => {
    pruner.become(Array.from({ length: 64 }, (_, k) => k))

    const bias = Float64Array.from(mixed()['b_out']!.data)
    pruner.logitsOf(17).forEach((logit, c) => expect(logit).toBeCloseTo(bias[c]!, 9))
    expect(pruner.logitsOf(18)).toEqual(pruner.logitsOf(17))
  })
  test('a fork goes its own way', () => {
    pruner.become([])
    const before = pruner.accuracies()
    pruner.fork().become(Array.from({ length: 64 }, (_, k) => k))

    expect(pruner.accuracies()).toEqual(before)
    expect(pruner.removedCount).toBe(0)
  })
})

describe('controls', () => {
  test('removing a neuron without output weights changes nothing', () => {
    const arrays = mixed()
    const W_out = { ...arrays['W_out']!, data: arrays['W_out']!.data.map((w, i) => (Math.floor(i / p) === 8 ? 0 : w)) }
    const pruner = createPruner(networkOf(p, { ...arrays, W_out }), dataset)
    const before = { accuracies: pruner.accuracies(), logits: pruner.logitsOf(30) }
    pruner.remove(8)

    expect({ accuracies: pruner.accuracies(), logits: pruner.logitsOf(30) }).toEqual(before)
    expect(pruner.isRemoved(8)).toBe(true)
  })
  test('removing the random neurons of a mixed network restores the rule, removing the analytic ones destroys it', () => {
    const pruner = createPruner(networkOf(p, mixOf(p, 80, 40)), dataset)
    const whole = pruner.accuracies().test
    pruner.become(Array.from({ length: 40 }, (_, k) => 80 + k))
    const withoutRandom = pruner.accuracies()
    pruner.become(Array.from({ length: 80 }, (_, k) => k))
    const withoutAnalytic = pruner.accuracies()

    expect(withoutRandom.test).toBeGreaterThan(0.97)
    expect(withoutRandom.trueLabel).toBeGreaterThan(0.9)
    expect(whole).toBeLessThan(withoutRandom.test)
    expect(withoutAnalytic.test).toBeLessThan(0.3)
  })
})

test('the analytic solution solves addition mod 23, memorizes no corrupted label, and fails as its neurons go', () => {
  const pairs = additionPairs(23)
  const arrays = cosineArrays(23, cosineNeurons(23, 22 * 8, createRng(1)))
  const pruner = createPruner(networkOf(23, arrays), pairs)
  const whole = pruner.accuracies()
  pruner.become(Array.from({ length: 22 * 8 }, (_, k) => k))

  expect(whole.test).toBe(1)
  expect(whole.trueLabel).toBe(1)
  // All logits tie at the zero bias: the lowest class is predicted everywhere, right for one pair in 23.
  const zeros = pairs.splits.test.filter((example) => pairs.labels[example] === 0).length
  expect(pruner.accuracies().test).toBe(zeros / pairs.splits.test.length)
})

test('the analysis measures what the pruner does', () => {
  const network = networkOf(p, mixed())
  const removed = [1, 2, 3, 55]
  const pruner = createPruner(network, dataset)
  pruner.become(removed)

  expect(pruning.measure(network, { dataset, removed })).toEqual(pruner.accuracies())
})

test('an empty split counts 0, and a weight that is not finite is refused', () => {
  const nothing = new Int32Array()
  const uncorrupted = { ...dataset, splits: { ...dataset.splits, trainCorrupted: nothing } }
  const accuracies = createPruner(networkOf(p, mixed()), uncorrupted).accuracies()
  const broken = mixed()
  broken['W_out']!.data[3] = NaN

  expect([accuracies.trainCorrupted, accuracies.trueLabel]).toEqual([0, 0])
  expect(() => createPruner(networkOf(p, broken), dataset)).toThrow('not finite')
})
