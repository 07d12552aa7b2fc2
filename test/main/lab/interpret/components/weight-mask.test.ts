import { expect, test } from 'vitest'
import { namedArray, type FloatArray } from '@main/base/array'
import { keptByBoth, maskComplaint, masked, sparsityOf } from '@main/lab/interpret/components/weight-mask'

const row = (...values: number[]): FloatArray => namedArray(['x'], [values.length], Float32Array.from(values))

test('weights that a mask does not keep are 0; arrays it does not name are the same objects', () => {
  const arrays = { W: row(1, 2, 3), b: row(4) }

  const under = masked(arrays, { W: row(1, 0, 1) })

  expect([...under['W']!.data]).toEqual([1, 0, 3])
  expect(under['b']).toBe(arrays.b)
  expect([...arrays.W.data]).toEqual([1, 2, 3])
})

test('a mask of ones changes nothing, a mask of zeros leaves nothing', () => {
  const arrays = { W: row(1, -2) }

  expect(masked(arrays, { W: row(1, 1) })).toEqual(arrays)
  expect([...masked(arrays, { W: row(0, 0) })['W']!.data]).toEqual([0, 0])
})

test('what does not fit is named with both shapes', () => {
  const arrays = { W: row(1, 2, 3) }

  expect(maskComplaint({ W: row(1, 1, 1) }, arrays)).toBeUndefined()
  expect(maskComplaint({ W: row(1) }, arrays)).toBe('W is [1] in the mask and [3] in the network; expected equal shapes')
  expect(maskComplaint({ V: row(1) }, arrays)).toBe("the network has no 'V' that the mask is over; it has W")
  expect(maskComplaint({ constructor: row(1) }, arrays)).toContain("no 'constructor'")
})

test('sparsity is the share of zeros over all arrays', () => {
  expect(sparsityOf({ W: row(1, 0, 0), b: row(1) })).toBe(0.5)
  expect(sparsityOf({})).toBe(0)
})

test('what two masks keep together is kept by both; what one alone is over is as that one has it', () => {
  const both = keptByBoth({ W: row(1, 1, 0), b: row(0) }, { W: row(0, 1, 1), c: row(1) })

  expect(Object.entries(both).map(([name, { data }]) => [name, ...data])).toEqual([['W', 0, 1, 0], ['c', 1], ['b', 0]])
})
