import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { isSumTable, keyFreqs, sumHarmonics } from '@main/base/sum-harmonics'

const p = 13
const turn = (freq: number, x: number): number => Math.cos((2 * Math.PI * freq * x) / p)

/** [a, b, c] by formula. */
function table(value: (a: number, b: number, c: number) => number, modulus = p, width = modulus): Float64Array {
  return Float64Array.from({ length: modulus ** 2 * width }, (_, i) => {
    const pair = Math.floor(i / width)
    return value(Math.floor(pair / modulus), pair % modulus, i % width)
  })
}

/** Sum of squares along unit vectors over pairs that are made and multiplied one by one. */
function squareAlong(values: Float64Array, freq: number): number {
  let square = 0
  for (const phase of [0, Math.PI / 2]) {
    for (let c = 0; c < p; c++) {
      let along = 0
      for (let a = 0; a < p; a++) {
        for (let b = 0; b < p; b++) {
          along += (Math.SQRT2 / p) * Math.cos((2 * Math.PI * freq * (a + b)) / p - phase) * values[(a * p + b) * p + c]!
        }
      }
      square += along ** 2
    }
  }
  return square
}

describe('a table of cosines of the sum', () => {
  const values = table((a, b, c) => 3 * turn(2, a + b - c) + 2 * turn(5, a + b - c) + 7 * c)
  const harmonics = sumHarmonics(values, p)

  test('has its harmonics in proportion to their squares, whatever each class adds', () => {
    expect(harmonics.shares[2]).toBeCloseTo(9 / 13, 10)
    expect(harmonics.cosineShares[5]).toBeCloseTo(4 / 13, 10)
    expect(keyFreqs(harmonics)).toEqual([2, 5])
  })
  test('is its kept part where all harmonics are kept, and its class means where all are removed', () => {
    const kept = harmonics.kept([2, 5])
    const removed = harmonics.removed([2, 5], Int32Array.of(0, 17, 168))

    for (let s = 0; s < p; s++) for (let c = 0; c < p; c++) expect(kept[s * p + c]).toBeCloseTo(values[s * p + c]!, 5)
    removed.forEach((value, i) => expect(value).toBeCloseTo(7 * (i % p), 5))
  })
  test('loses one harmonic alone when one is removed', () => {
    const pair = 3 * p + 11
    const removed = harmonics.removed([2], Int32Array.of(pair))

    removed.forEach((value, c) => expect(value).toBeCloseTo(2 * turn(5, 14 - c) + 7 * c, 5))
  })
})

test('what depends on the sum but is no answer has a share and no cosine share', () => {
  const { shares, cosineShares } = sumHarmonics(table((a, b, c) => turn(3, a + b + c)), p)

  expect(shares[3]).toBeCloseTo(1, 10)
  expect(cosineShares[3]).toBeCloseTo(0, 10)
})
test('what depends on one residue alone has no share', () => {
  const { shares } = sumHarmonics(table((a, b, c) => turn(3, a - c) + turn(4, b + c)), p)

  expect(Math.max(...shares)).toBeLessThan(1e-10)
})
test('shares of a random table are squares along unit vectors over its variance', () => {
  const rng = createRng(4)
  const values = table(() => rng.normal())
  // Without level of a pair and of a class, so that the variance is the sum of squares.
  const level = (index: (i: number) => number, count: number): void => {
    const sums = new Float64Array(count)
    values.forEach((value, i) => (sums[index(i)]! += value))
    values.forEach((_, i) => (values[i]! -= (sums[index(i)]! * count) / values.length))
  }
  level((i) => Math.floor(i / p), p * p)
  level((i) => i % p, p)
  const variance = values.reduce((sum, value) => sum + value * value, 0)
  const { shares } = sumHarmonics(values, p)

  for (let freq = 1; freq <= 6; freq++) expect(shares[freq]! / (squareAlong(values, freq) / variance)).toBeCloseTo(1, 8)
  expect(keyFreqs(sumHarmonics(values, p))).toEqual([])
})
test('an even modulus has a highest harmonic without a sine', () => {
  const values = table((a, b, c) => ((a + b - c) % 2 === 0 ? 1 : -1), 8)
  const { shares, cosineShares, kept } = sumHarmonics(values, 8)

  expect(shares[4]).toBeCloseTo(1, 10)
  expect(cosineShares[4]).toBeCloseTo(1, 10)
  kept([4]).forEach((value, i) => expect(value).toBeCloseTo(values[i]!, 6))
})
test('a table without variance has no shares', () => {
  expect([...sumHarmonics(table((_a, _b, c) => c), p).shares]).toEqual(Array(7).fill(0))
})

test('a sum table is every pair in order with its sum, whatever tokens follow', () => {
  const pairs = Array.from({ length: 9 }, (_, pair) => [Math.floor(pair / 3), pair % 3, 3])
  const tokens = Int32Array.from(pairs.flat())
  const sums = Int32Array.from(pairs, ([a, b]) => (a! + b!) % 3)

  expect(isSumTable(tokens, sums, 3)).toBe(true)
  expect(isSumTable(tokens, sums.map((sum) => (sum + 1) % 3), 3)).toBe(false)
  expect(isSumTable(tokens.slice(0, 24), sums.slice(0, 8), 3)).toBe(false)
})
