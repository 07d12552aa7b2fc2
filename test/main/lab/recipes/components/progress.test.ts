import { describe, expect, test } from 'vitest'
import { firstStep, lastOf, steepest, valuesWithin } from '@main/lab/recipes/components/progress'

const every10 = (values: readonly number[]): { steps: number[]; values: readonly number[] } => ({
  steps: values.map((_, i) => 10 * i),
  values,
})

test('the first step, the last value and the values between two steps of a series', () => {
  const series = every10([3, 2, 4, 1])

  expect(firstStep(series, (value) => value < 3)).toBe(10)
  expect(firstStep(series, (value) => value > 9)).toBeUndefined()
  expect(valuesWithin(series, 10, 20)).toEqual([2, 4])
  expect(lastOf(series)).toBe(1)
  expect(lastOf({ steps: [], values: [] })).toBe(0)
})

describe('the steepest fifth of a run', () => {
  test('of a step down holds all of the fall and lies at the step', () => {
    const step = every10(Array.from({ length: 101 }, (_, i) => (i < 60 ? 3 : 1)))

    expect(steepest(step, 'fall').share).toBe(1)
    expect(steepest(step, 'fall').middle).toBeCloseTo(0.6, 0)
    expect(steepest(step, 'rise').share).toBe(0)
  })
  test('of a straight line is a fifth of it, wherever', () => {
    expect(steepest(every10(Array.from({ length: 101 }, (_, i) => i)), 'rise').share).toBeCloseTo(0.2, 10)
  })
  test('of the middle of a sigmoid is its middle', () => {
    const values = Array.from({ length: 101 }, (_, i) => 1 / (1 + Math.exp((i - 40) / 3)))

    expect(steepest(every10(values), 'fall').middle).toBeCloseTo(0.4, 1)
    expect(steepest(every10(values), 'fall').share).toBeGreaterThan(0.9)
  })
  test('of a series that never moves, or was measured once, is none', () => {
    expect(steepest(every10([1, 1, 1]), 'fall')).toEqual({ share: 0, middle: 0 })
    expect(steepest(every10([1]), 'rise')).toEqual({ share: 0, middle: 0 })
  })
})
