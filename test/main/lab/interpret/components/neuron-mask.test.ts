import { expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { namedArray } from '@main/base/array'
import { neuronMask, withoutNeurons } from '@main/lab/interpret/components/neuron-mask'
import type { ArraysByName } from '@main/lab/models/model'
import { randomArrays } from '../cosine-network'

const p = 3
const arrays: ArraysByName = {
  ...randomArrays(p, 4, createRng(1)),
  gamma: namedArray(['d_mlp'], [4], Float32Array.of(1, 2, 3, 4)),
  running_mean: namedArray(['d_mlp'], [4], Float32Array.of(5, 6, 7, 8)),
}

test('the mask is zero exactly at the removed neurons columns of W_in, rows of W_out and entries of gamma', () => {
  const mask = neuronMask(arrays, [1, 3])

  expect([...mask.arrays['W_in']!.data]).toEqual(Array.from({ length: 24 }, (_, i) => (i % 4 === 1 || i % 4 === 3 ? 0 : 1)))
  expect([...mask.arrays['W_out']!.data]).toEqual([1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0])
  expect([...mask.arrays['gamma']!.data]).toEqual([1, 0, 1, 0])
  expect(Object.keys(mask.arrays).sort()).toEqual(['W_in', 'W_out', 'b_in', 'gamma'])
})

test('sparsity is the share of zeros', () => {
  expect(neuronMask(arrays, []).sparsity).toBe(0)
  expect(neuronMask(arrays, [1]).sparsity).toBe(0.25)
  expect(neuronMask(arrays, [0, 1, 2, 3]).sparsity).toBe(1)
})

test('pruned arrays are the arrays times the mask, and what no neuron owns stays the same object', () => {
  const pruned = withoutNeurons(arrays, [2])
  const mask = neuronMask(arrays, [2]).arrays

  for (const name of ['W_in', 'W_out', 'gamma'] as const) {
    const expected = arrays[name]!.data.map((value, i) => (mask[name]!.data[i] === 0 ? 0 : value))
    expect(pruned[name]!.data).toEqual(expected)
  }
  expect(pruned['b_out']).toBe(arrays['b_out'])
  expect(pruned['running_mean']).toBe(arrays['running_mean'])
})
