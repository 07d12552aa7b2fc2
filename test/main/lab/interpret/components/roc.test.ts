import { describe, expect, test } from 'vitest'
import { areaUnderRoc, stepwiseArea } from '@main/lab/interpret/components/roc'
import { hasShared, sharedText } from '../../../../fixtures/shared'

const point = (falsePositiveRate: number, truePositiveRate: number) => ({ falsePositiveRate, truePositiveRate })

describe('the stepwise area', () => {
  test('counts between two points the lower rate, in whatever order they come', () => {
    expect(stepwiseArea([point(0.5, 1), point(0, 0.4), point(1, 1)])).toBeCloseTo(0.5 * 0.4 + 0.5, 12)
  })

  test('of a search that finds everything first is one, of one that finds nothing zero', () => {
    expect([stepwiseArea([point(0, 1)]), stepwiseArea([point(1, 0)])]).toEqual([1, 0])
  })

  test.skipIf(!hasShared).each([
    ['docstring', 0.982],
    ['ioi', 0.869],
    ['greaterthan', 0.853],
  ])('of the published threshold sweep of ACDC on %s is the published one', (task, area) => {
    // Thresholds without a circuit hold NaN and Infinity, which JSON does not know.
    const text = sharedText(`data/acdc_results/acdc-${task}-kl_div-False-0.json`).replaceAll(/-?\bInfinity\b|\bNaN\b/g, 'null')
    const sweep = (JSON.parse(text) as Sweeps).trained.random_ablation[task]!['kl_div']!.ACDC

    const points = sweep.edge_fpr.map((rate, i) => point(rate, sweep.edge_tpr[i]!))

    expect(points.length).toBeGreaterThan(25)
    expect(Math.abs(stepwiseArea(points) - area)).toBeLessThanOrEqual(0.0006)
  })
})

interface Sweeps {
  readonly trained: {
    readonly random_ablation: Readonly<
      Record<string, Readonly<Record<string, { readonly ACDC: { readonly edge_fpr: number[]; readonly edge_tpr: number[] } }>>>
    >
  }
}

test('the area under a curve of scores is the share of pairs in order, ties half', () => {
  const scores = [3, 1, 2, 2, 0]
  const isMember = [1, 0, 1, 0, 0]

  expect(areaUnderRoc(scores, isMember)).toBeCloseTo(5.5 / 6, 12)
  expect(areaUnderRoc([1, 1, 1], [1, 0, 0])).toBe(0.5)
  expect(areaUnderRoc([1, 2], [1, 1])).toBeNaN()
})
