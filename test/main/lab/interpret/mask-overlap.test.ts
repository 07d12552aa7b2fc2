import { describe, expect, test } from 'vitest'
import { namedArray } from '@main/base/array'
import { createRng } from '@main/base/rng'
import { chanceJaccard, overlapOf } from '@main/lab/interpret/mask-overlap'
import type { ArraysByName } from '@main/lab/models/model'

const over = (name: string, kept: readonly number[]): ArraysByName => ({ [name]: namedArray(['x'], [kept.length], Float32Array.from(kept)) })

/** Mean over every pair of sets of a and b out of n. */
function bruteForce(n: number, a: number, b: number): number {
  const sets = (size: number): number[] => Array.from({ length: 2 ** n }, (_, set) => set).filter((set) => bits(set) === size)
  let [sum, count] = [0, 0]
  for (const x of sets(a)) {
    for (const y of sets(b)) {
      sum += bits(x & y) / bits(x | y)
      count++
    }
  }
  return sum / count
}

const bits = (set: number): number => [...set.toString(2)].filter((digit) => digit === '1').length

describe('what chance gives', () => {
  test.each([[6, 3, 2], [7, 4, 4], [5, 5, 2], [6, 1, 6], [8, 5, 6], [6, 0, 2]])('of %i entries with %i and %i kept is the mean over all pairs', (n, a, b) => {
    expect(chanceJaccard(n, a, b)).toBeCloseTo(bruteForce(n, a, b), 12)
  })

  test('of many entries is near a b / (n (a + b) - a b)', () => {
    const [n, a, b] = [100_000, 40_000, 30_000]

    expect(chanceJaccard(n, a, b)).toBeCloseTo((a * b) / (n * (a + b) - a * b), 5)
  })
})

describe('the overlap of masks', () => {
  test('is shared over either, layer by layer and together', () => {
    const [x, y] = [{ ...over('W', [1, 1, 0, 0]), ...over('b', [1, 0]) }, { ...over('W', [1, 0, 1, 0]), ...over('b', [1, 0]) }]

    const { layers, jaccard } = overlapOf([x, y])

    expect(layers).toEqual(['W', 'b', 'all'])
    expect([0, 1, 2].map((layer) => jaccard.data[4 * layer + 1])).toEqual([1 / 3, 1, 0.5].map(Math.fround))
    expect([...jaccard.data].filter((_, i) => i % 4 === 0 || i % 4 === 3)).toEqual(Array(6).fill(1))
  })

  test('of random masks is what chance gives; of a mask with its complement it is 0', () => {
    const random = (seed: number): ArraysByName => {
      const rng = createRng(seed)
      return over('W', Array.from({ length: 20_000 }, () => (rng.uniform() < 0.4 ? 1 : 0)))
    }
    const [x, y] = [random(1), random(2)]
    const complement = over('W', Array.from(x['W']!.data, (kept) => 1 - kept))

    const { jaccard, chance } = overlapOf([x, y, complement])

    expect(Math.abs(jaccard.data[1]! - chance.data[1]!)).toBeLessThan(0.01)
    expect(jaccard.data[2]).toBe(0)
    expect(chance.data[9 + 1]).toBeCloseTo(chance.data[1]!, 5)
  })

  test('is over the arrays that all masks have', () => {
    expect(overlapOf([{ ...over('W', [1]), ...over('U', [1]) }, { ...over('W', [1]), ...over('U', [1, 0]) }]).layers).toEqual(['W', 'all'])
  })
})
