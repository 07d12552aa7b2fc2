import { expect, test } from 'vitest'
import { namedArray } from '@main/base/array'
import { pruneOrder, strongestFreq, type OrderOptions } from '@main/lab/interpret/components/prune-order'
import type { NeuronSpectra } from '@main/lab/interpret/fourier'

const column = (values: number[]): ReturnType<typeof namedArray<Float32Array>> =>
  namedArray(['neuron'], [values.length], Float32Array.from(values))

const neurons: NeuronSpectra = {
  count: 5,
  modulus: 11,
  ipr: column([0.9, 0.1, 0.5, 0.1, 0.7]),
  iprInputA: column([0, 0, 0, 0, 0]),
  iprInputB: column([0, 0, 0, 0, 0]),
  iprOutput: column([0, 0, 0, 0, 0]),
  freq: namedArray(['neuron'], [5], Int32Array.of(3, 2, 3, 4, 2)),
  phase: namedArray(['neuron', 'part'], [5, 3], new Float32Array(15)),
  norm: column([3, 1, 2, 0, 5]),
  role: namedArray(['neuron'], [5], new Uint8Array(5)),
  thresholds: { generalizingIpr: 0.5, memorizingIpr: 0.15, deadNorm: 0.01 },
  extra: [],
}

test.each<[OrderOptions, number[]]>([
  [{ order: 'ipr-ascending' }, [1, 3, 2, 4, 0]],
  [{ order: 'ipr-descending' }, [0, 4, 2, 1, 3]],
  [{ order: 'magnitude' }, [3, 1, 2, 0, 4]],
  [{ order: 'frequency', freq: 3 }, [1, 3, 4, 2, 0]],
  [{ order: 'frequency' }, [3, 2, 0, 1, 4]],
  [{ order: 'hand-picked', picked: [4, 0, 4] }, [4, 0]],
])('%j removes in the stated order', (options, expected) => {
  expect([...pruneOrder(neurons, options)]).toEqual(expected)
})

test('a random order is a permutation, equal for equal seeds and different for different ones', () => {
  const [first, again, other] = [7, 7, 8].map((seed) => [...pruneOrder({ ...neurons, count: 50 }, { order: 'random', seed })])

  expect(again).toEqual(first)
  expect(other).not.toEqual(first)
  expect([...first!].sort((i, j) => i - j)).toEqual(Array.from({ length: 50 }, (_, k) => k))
})

test('the strongest harmonic is the one with the largest summed norm', () => {
  expect(strongestFreq(neurons)).toBe(2)
})
