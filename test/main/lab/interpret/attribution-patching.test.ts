import { describe, expect, test } from 'vitest'
import { namedArray } from '@main/base/array'
import activationPatching, { type SweepPlan } from '@main/lab/interpret/activation-patching'
import attributionPatching, { withoutAttribution } from '@main/lab/interpret/attribution-patching'
import { agreementOf } from '@main/lab/interpret/components/agreement'
import { hasHeads } from '@main/lab/interpret/components/patch-sites'
import { createNetwork } from '@main/lab/models/network'
import { expectClose, onEachBackend } from '../../../fixtures/backends'
import { randomPairs } from '../../../fixtures/pairs'
import { tinyTransformer } from '../../../fixtures/transformers'

onEachBackend(() => {
  test('where the metric is linear in the activation the estimate is exact', () => {
    const network = tinyTransformer({ settings: { attentionOnly: true, n_layers: 1 } })
    const pairs = randomPairs(4)
    // One layer without a norm or an MLP: linear in what attention writes, in v and in the pattern.
    for (const kind of ['attn_out', 'resid_post', 'z', 'v', 'pattern'] as const) {
      const grid = hasHeads(kind) ? 'layer-head-pos' : 'layer-pos'
      const plan = { pairs, kind, grid, direction: 'denoise', metric: 'logit-difference' } as const
      const exact = activationPatching.measure(network, plan)

      expectClose(attributionPatching.measure(network, plan).values, exact.values, { atol: 1e-4, rtol: 1e-4 })
      expect(new Set(exact.values).size).toBeGreaterThan(1)
    }
    network.dispose()
  })

  test('through a softmax it is an estimate only', () => {
    const network = tinyTransformer({ settings: { attentionOnly: true, n_layers: 1, initScale: 3 } })
    const plan = { pairs: randomPairs(4), kind: 'q', grid: 'layer-head', direction: 'denoise', metric: 'logit-difference' } as const
    const exact = activationPatching.measure(network, plan).values
    const estimate = attributionPatching.measure(network, plan).values

    expect(Math.max(...exact.map((value, i) => Math.abs(value - estimate[i]!)))).toBeGreaterThan(0.01)
    network.dispose()
  })
})

describe('attribution', () => {
  test('of a coarse grid is the sum over the fine one', () => {
    const network = tinyTransformer({ settings: { normalization: 'LN' } })
    const pairs = randomPairs(3)
    const effects = (grid: SweepPlan['grid']): number[] => {
      const plan = { pairs, kind: 'z', grid, direction: 'noise', metric: 'probability' } as const
      const { values, baselines } = attributionPatching.measure(network, plan)
      const base = baselines.clean.reduce((sum, value) => sum + value, 0) / 3
      return Array.from(values, (value) => value - base)
    }
    const fine = effects('layer-head-pos')                                          // [layer 2, head 2, pos 5]
    const summed = (axis: (i: number) => number, count: number): number[] => {
      const sums = new Array<number>(count).fill(0)
      fine.forEach((value, i) => void (sums[axis(i)]! += value))
      return sums
    }

    expectClose(effects('layer-head'), summed((i) => Math.floor(i / 5), 4), { atol: 1e-6 })
    expectClose(effects('layer-pos'), summed((i) => Math.floor(i / 10) * 5 + (i % 5), 10), { atol: 1e-6 })
    network.dispose()
  })

  test('is refused for metrics whose gradient says nothing', () => {
    expect(withoutAttribution('accuracy', 'denoise')).toContain('no gradient')
    expect(withoutAttribution('kl-divergence', 'noise')).toContain('flat')
    expect(withoutAttribution('kl-divergence', 'denoise')).toBeUndefined()
  })
})

describe('agreement', () => {
  test('ranks with ties at their mean, and the overlap of the largest magnitudes', () => {
    expect(agreementOf([1, 2, 3, 4], [10, 20, 30, 40], 2)).toEqual({ spearman: 1, topCount: 2, topOverlap: 1 })
    expect(agreementOf([1, 2, 3, -40], [4, 3, 2, 1], 1)).toMatchObject({ spearman: expect.closeTo(0.2, 10), topOverlap: 0 })
    // Ranks 0, 1.5, 1.5, 3 against 0, 1, 2, 3: 4.5 / sqrt(4.5 · 5).
    expect(agreementOf([0, 7, 7, 9], [0, 1, 2, 3], 9)).toMatchObject({ topCount: 4, spearman: expect.closeTo(4.5 / Math.sqrt(22.5), 10) })
    expect(agreementOf([1, 1], [1, 2], 1).spearman).toBeNaN()
  })
})

test('a network whose weights are zero moves no metric by either', () => {
  const { model, settings, dims, arrays, dispose } = tinyTransformer()
  const silent = Object.fromEntries(
    Object.entries(arrays).map(([name, { axes, shape, data }]) => [name, namedArray(axes, shape, new Float32Array(data.length))]),
  )
  const network = createNetwork(model, settings, dims, silent)
  const plan = { pairs: randomPairs(2), kind: 'z', grid: 'layer-head', direction: 'denoise', metric: 'logit-difference' } as const

  expect([...activationPatching.measure(network, plan).values]).toEqual([0, 0, 0, 0])
  expect([...attributionPatching.measure(network, plan).values]).toEqual([0, 0, 0, 0])
  network.dispose()
  dispose()
})
