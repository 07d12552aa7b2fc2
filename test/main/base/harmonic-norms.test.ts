import { expect, test } from 'vitest'
import { namedArray } from '@main/base/array'
import { gini } from '@main/base/gini'
import { harmonicNorms, matrixProduct } from '@main/base/harmonic-norms'
import { createRng } from '@main/base/rng'

test('the Gini coefficient is 0 for equal values and 1 - 1 / n for a single one', () => {
  expect(gini([2, 2, 2])).toBeCloseTo(0, 12)
  expect(gini([0, 5, 0, 0])).toBeCloseTo(0.75, 12)
  expect(gini([1, 3])).toBeCloseTo(0.25, 12)
  expect(gini([0, 0])).toBe(0)
})

test('a cosine of the residue is one component, along rows or columns', () => {
  const p = 11
  const wave = Float32Array.from({ length: p }, (_, j) => Math.cos((2 * Math.PI * 3 * j) / p))
  const column = namedArray(['d_vocab', 'd_model'], [p, 1], wave)
  const row = namedArray(['d_mlp', 'd_vocab'], [1, p], wave)
  const alone = Array.from({ length: p }, (_, i) => (i === 5 ? Math.sqrt(p / 2) : 0))

  for (const norms of [harmonicNorms(column, { modulus: p, along: 'rows' }), harmonicNorms(row, { modulus: p, along: 'columns' })]) {
    norms.forEach((norm, i) => expect(norm).toBeCloseTo(alone[i]!, 5))
    expect(gini(norms)).toBeCloseTo(1 - 1 / p, 5)
  }
})

test.each([9, 10])('squares of the components sum to those of the matrix, modulus %d', (modulus) => {
  const rng = createRng(2)
  const matrix = namedArray(['d_vocab', 'd_model'], [modulus + 1, 4], Float32Array.from({ length: 4 * (modulus + 1) }, () => rng.normal()))
  const squares = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value * value, 0)

  // The last row is no residue.
  const found = squares(harmonicNorms(matrix, { modulus, along: 'rows' }))
  expect(found / squares(matrix.data.subarray(0, 4 * modulus))).toBeCloseTo(1, 6)
})

test('a product of matrices', () => {
  const x = namedArray(['i', 'k'], [2, 2], Float32Array.of(1, 2, 3, 4))
  const y = namedArray(['k', 'j'], [2, 3], Float32Array.of(1, 0, 2, 0, 1, 3))

  expect(matrixProduct(x, y)).toEqual(namedArray(['i', 'j'], [2, 3], Float32Array.of(1, 2, 8, 3, 4, 18)))
})
