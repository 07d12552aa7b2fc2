import { describe, expect, test } from 'vitest'
import { logInterval } from '@main/base/log-interval'

/** Student's distribution function by Simpson's rule on its density; gamma functions of half integers by recurrence. */
function studentBelow(t: number, df: number): number {
  const gammaOfHalf = (twice: number): number => (twice === 1 ? Math.sqrt(Math.PI) : twice === 2 ? 1 : (twice / 2 - 1) * gammaOfHalf(twice - 2))
  const scale = gammaOfHalf(df + 1) / (Math.sqrt(df * Math.PI) * gammaOfHalf(df))
  const density = (x: number): number => scale * (1 + (x * x) / df) ** (-(df + 1) / 2)
  const [parts, width] = [20_000, t / 20_000]
  let sum = density(0) + density(t)
  for (let i = 1; i < parts; i++) sum += density(i * width) * (i % 2 === 1 ? 4 : 2)
  return 0.5 + (sum * width) / 3
}

describe('an interval over logarithms', () => {
  test('has 95 % of Student’s distribution, for every number of values it knows', () => {
    for (let count = 2; count <= 21; count++) {
      // Logs 0 … 0, 1: their standard error is known, so that the quantile can be read off.
      const logs = Array.from({ length: count }, (_, i) => (i === 0 ? 1 : 0))
      const mean = 1 / count
      const error = Math.sqrt(((1 - mean) ** 2 + (count - 1) * mean ** 2) / (count - 1) / count)
      const { ends } = logInterval(logs.map(Math.exp))!

      expect(studentBelow((Math.log(ends![1]) - mean) / error, count - 1)).toBeCloseTo(0.975, 5)
      expect(Math.log(ends![0]) + Math.log(ends![1])).toBeCloseTo(2 * mean, 10)
    }
  })
  test('has the geometric mean', () => {
    expect(logInterval([1, 4, 16])!.mean).toBeCloseTo(4, 12)
  })
  test('of one value has no ends, and of none is nothing', () => {
    expect(logInterval([5])).toEqual({ mean: 5 })
    expect(logInterval([])).toBeUndefined()
  })
  test('refuses what has no logarithm', () => {
    expect(() => logInterval([1, 0])).toThrow('positive values')
  })
})
