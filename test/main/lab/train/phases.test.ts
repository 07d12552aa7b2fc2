import { describe, expect, test } from 'vitest'
import { findPhases, type PhaseSeries } from '@main/lab/train/phases'

/** A series measured every 10 steps. */
const every10 = (values: readonly number[]): PhaseSeries => ({ steps: values.map((_, i) => 10 * i), values })
/** A logistic rise through 0.5 at step `at`. */
const riseAt = (at: number): PhaseSeries =>
  every10(Array.from({ length: 101 }, (_, i) => 1 / (1 + Math.exp(-(10 * i - at) / 20))))

describe('phases', () => {
  test('a delayed rise of test accuracy is memorization, then circuit formation', () => {
    // A logistic reaches 0.2 at at - 20 ln 4 = at - 27.7 and 0.9 at at + 20 ln 9 = at + 43.9.
    expect(findPhases({ train: riseAt(100), test: riseAt(500) })).toEqual([
      { name: 'memorization', fromStep: 0, toStep: 480 },
      { name: 'circuit-formation', fromStep: 480, toStep: 550 },
    ])
  })

  test('a weight norm that decays after generalization is a cleanup until 95 % of its fall', () => {
    // From 550 on exp(-(t - 550) / 100) + 1; 95 % of the fall to the last value takes 100 ln 20 = 300 steps, less what is left.
    const weightNorm = every10(Array.from({ length: 101 }, (_, i) => 1 + Math.exp(-Math.max(0, 10 * i - 550) / 100)))

    expect(findPhases({ train: riseAt(100), test: riseAt(500), weightNorm }).at(-1)).toEqual({
      name: 'cleanup',
      fromStep: 550,
      toStep: 840,
    })
  })

  test('a weight norm that keeps growing or falls by less than 5 % is no cleanup', () => {
    const names = (weightNorm: PhaseSeries): readonly string[] =>
      findPhases({ train: riseAt(100), test: riseAt(500), weightNorm }).map(({ name }) => name)

    expect(names(every10(Array.from({ length: 101 }, (_, i) => i)))).not.toContain('cleanup')
    expect(names(every10(Array.from({ length: 101 }, (_, i) => 100 - 0.08 * i)))).not.toContain('cleanup')
  })

  test('test accuracy that rises with train accuracy leaves no memorization', () => {
    expect(findPhases({ train: riseAt(500), test: riseAt(480) })).toEqual([
      { name: 'circuit-formation', fromStep: 0, toStep: 530 },
    ])
  })

  test('a run that only memorizes is one phase to its end', () => {
    const flat = every10(new Array<number>(101).fill(0.02))

    expect(findPhases({ train: riseAt(100), test: flat })).toEqual([{ name: 'memorization', fromStep: 0, toStep: 1000 }])
  })

  test('a run that ends half way ends its phase there', () => {
    const half = ({ values }: PhaseSeries): PhaseSeries => every10([...(values as number[])].slice(0, 51))

    expect(findPhases({ train: half(riseAt(100)), test: half(riseAt(500)) }).at(-1)).toEqual({
      name: 'circuit-formation',
      fromStep: 480,
      toStep: 500,
    })
  })

  describe('where excluded loss is measured', () => {
    /** Falls to 0 at 200, rises by 1 per 100 steps from there. */
    const excludedLoss = every10(Array.from({ length: 101 }, (_, i) => Math.abs(10 * i - 200) / 100))
    const weightNorm = every10(Array.from({ length: 101 }, (_, i) => 1 + Math.exp(-Math.max(0, 10 * i - 550) / 100)))

    test('circuit formation begins where it is lowest, cleanup where half of the unseen is answered', () => {
      expect(findPhases({ train: riseAt(100), test: riseAt(500), weightNorm, excludedLoss })).toEqual([
        { name: 'memorization', fromStep: 0, toStep: 200 },
        { name: 'circuit-formation', fromStep: 200, toStep: 500 },
        { name: 'cleanup', fromStep: 500, toStep: 840 },
      ])
    })
    test('a circuit that forms without generalizing lasts to the end', () => {
      const flat = every10(new Array<number>(101).fill(0.02))

      expect(findPhases({ train: riseAt(100), test: flat, excludedLoss }).at(-1)).toEqual({
        name: 'circuit-formation',
        fromStep: 200,
        toStep: 1000,
      })
    })
    test('one that hardly rises leaves memorization, though mirror images of trained pairs are answered', () => {
      const still = every10(Array.from({ length: 101 }, (_, i) => 0.008 * Math.abs(i - 50)))
      const third = every10(Array.from({ length: 101 }, (_, i) => Math.min(0.3, i / 20)))

      expect(findPhases({ train: riseAt(100), test: third, excludedLoss: still })).toEqual([
        { name: 'memorization', fromStep: 0, toStep: 1000 },
      ])
    })
    test('a run that generalizes without its rise is told by accuracies', () => {
      const still = every10(new Array<number>(101).fill(1))
      const accuracies = { train: riseAt(500), test: riseAt(480) }

      expect(findPhases({ ...accuracies, excludedLoss: still })).toEqual(findPhases(accuracies))
    })
  })

  test('an untrained or an empty run has no phases', () => {
    const flat = every10([0.02, 0.03])

    expect(findPhases({ train: flat, test: flat })).toEqual([])
    expect(findPhases({ train: every10([]), test: every10([]) })).toEqual([])
  })
})
