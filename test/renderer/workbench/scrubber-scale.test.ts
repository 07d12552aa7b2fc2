import { scrubberInset, scrubberTicks, stepScale } from '@renderer/workbench/scrubber-scale'
import { describe, expect, test } from 'vitest'

describe.each([false, true])('the time line, logarithmic %s', (isLog) => {
  const scale = stepScale(600, 820, isLog)

  test('the first and last step lie inside it by the inset', () => {
    expect([scale.position(0), scale.position(600)]).toEqual([scrubberInset, 820 - scrubberInset])
  })

  test.each([0, 1, 50, 333, 600])('the place of step %i leads back to it', (step) => {
    expect(scale.valueAt(scale.position(step))).toBeCloseTo(step, 6)
  })

  test('places outside lead to its ends', () => {
    expect([scale.valueAt(-50), scale.valueAt(5000)].map(Math.round)).toEqual([0, 600])
  })

  test('ticks are round, ascending and inside', () => {
    const ticks = scrubberTicks(600, 820, isLog)

    expect(ticks).toEqual(isLog ? [0, 1, 10, 100] : [0, 100, 200, 300, 400, 500, 600])
  })
})

test('a run that ends where it begins has no fractions of a step', () => {
  expect(scrubberTicks(1, 820, false)).toEqual([0, 1])
})
