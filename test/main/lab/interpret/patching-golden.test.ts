/** Sweeps of activation, attribution and path patching as PyTorch computes them by whole passes with hooks. */
import { describe, expect, test } from 'vitest'
import { namedArray } from '@main/base/array'
import { defaultsOf } from '@main/base/settings'
import activationPatching from '@main/lab/interpret/activation-patching'
import attributionPatching from '@main/lab/interpret/attribution-patching'
import type { Pairs } from '@main/lab/interpret/components/pairs'
import { meanOf, type PatchDirection } from '@main/lab/interpret/components/patch-recording'
import type { PatchMetric } from '@main/lab/interpret/components/patch-metric'
import type { PatchGrid, SiteKind } from '@main/lab/interpret/components/patch-sites'
import pathPatching, { type PathPlan } from '@main/lab/interpret/path-patching'
import { createNetwork, type Network } from '@main/lab/models/network'
import transformer from '@main/lab/models/transformer'
import golden from '../../../golden/patching.json'
import { expectClose, useBackend } from '../../../fixtures/backends'

type Case = (typeof golden.cases)[number]
const { tolerance } = golden.header
const close = { atol: tolerance, rtol: tolerance }

function networkOf({ settings, params }: Case): Network {
  const entries = Object.entries(params).map(([name, { shape, values }]) => {
    const array = namedArray(Array.from(shape, (_, i) => `axis${i}`), shape, Float32Array.from(values))
    return [name, array] as const
  })
  const dims = { n_ctx: 4, d_vocab: 6, d_vocab_out: 6 }
  return createNetwork(transformer, { ...defaultsOf(transformer.fields), ...settings }, dims, Object.fromEntries(entries))
}

function pairsOf({ pairs: { clean, corrupted, right, wrong } }: Case): Pairs {
  return {
    count: right.length,
    length: 4,
    clean: Int32Array.from(clean),
    corrupted: Int32Array.from(corrupted),
    answerPos: new Int32Array(right.length).fill(3),
    answers: right.map((answer) => [answer]),
    wrong: wrong.map((answer) => [answer]),
  }
}

describe.each(golden.cases)('$id', (one) => {
  useBackend('cpu')

  test('activation and attribution patching equal whole passes and gradients in PyTorch', () => {
    const network = networkOf(one)
    const pairs = pairsOf(one)
    for (const { direction, metric, kind, grid, values, estimates } of one.sweeps) {
      const plan = {
        pairs,
        direction: direction as PatchDirection,
        metric: metric as PatchMetric,
        kind: kind as SiteKind,
        grid: grid as PatchGrid,
      }
      expectClose(activationPatching.measure(network, plan).values, values, close)
      const estimated = attributionPatching.measure(network, plan)
      const base = meanOf(estimated.baselines[direction === 'denoise' ? 'corrupted' : 'clean'])
      expectClose(estimated.values, estimates.map((estimate) => base + estimate), close)
    }
    expect(one.sweeps.length).toBeGreaterThan(40)
    network.dispose()
  })

  test('path patching equals the two runs of the paper in PyTorch', () => {
    const network = networkOf(one)
    const pairs = pairsOf(one)
    for (const { receivers, freezesMlps, values } of one.paths) {
      const plan = { pairs, direction: 'noise', metric: 'logit-difference', receivers, freezesMlps } as PathPlan
      expectClose(pathPatching.measure(network, plan).values, values, close)
    }
    network.dispose()
  })
})
