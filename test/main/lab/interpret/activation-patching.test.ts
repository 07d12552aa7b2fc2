import { describe, expect, test } from 'vitest'
import type { SettingValues } from '@main/base/settings'
import { tf } from '@main/engine/tf'
import activationPatching, { sweepSteps, type SweepPlan } from '@main/lab/interpret/activation-patching'
import { sequencesOf, wholeOf, type Pairs } from '@main/lab/interpret/components/pairs'
import { patchMetrics, type PatchMetric } from '@main/lab/interpret/components/patch-metric'
import { meanOf, rowsPerRun } from '@main/lab/interpret/components/patch-recording'
import { blocksOf, cellsOf, hasHeads, hookOf, patchGrids, type PatchGrid, type SiteKind } from '@main/lab/interpret/components/patch-sites'
import { inSlices } from '@main/lab/interpret/components/in-slices'
import { patch, runWith } from '@main/lab/models/intervention'
import type { Network } from '@main/lab/models/network'
import { expectClose, onEachBackend, useBackend } from '../../../fixtures/backends'
import { randomPairs } from '../../../fixtures/pairs'
import { tinyTransformer } from '../../../fixtures/transformers'

const networks: readonly { readonly name: string; readonly settings: SettingValues; readonly pairs?: Partial<Pairs> }[] = [
  { name: 'no norm', settings: {} },
  { name: 'LayerNorm, gated, biases', settings: { normalization: 'LN', gatedMlp: true, biases: true, initScale: 2 } },
  { name: 'attention-only', settings: { attentionOnly: true, n_layers: 3 } },
  { name: 'rotary, RMS', settings: { positions: 'rotary', normalization: 'RMS', initScale: 2 } },
  { name: 'bidirectional', settings: { attentionDirection: 'bidirectional' } },
  {
    name: 'padded, answers at places of their own',
    settings: { normalization: 'LN', initScale: 2 },
    pairs: {
      cleanMask: Uint8Array.of(1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1),
      corruptedMask: Uint8Array.of(1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1),
      answerPos: Int32Array.of(4, 3, 4),
    },
  },
]

const seriesOf = (network: Network, plan: SweepPlan): Float64Array => activationPatching.measure(network, plan).values

/** Mean metric of each cell by a whole pass of its own, in plain arithmetic. */
function oneByOne(network: Network, { pairs, kind, grid, direction, metric }: SweepPlan): number[] {
  const blocks = blocksOf(network)!
  const layers = Array.from({ length: blocks.layerCount }, (_, layer) => layer)
  const [base, donor] = direction === 'noise' ? (['clean', 'corrupted'] as const) : (['corrupted', 'clean'] as const)
  const all = wholeOf(pairs)
  const kept = network.record(sequencesOf(pairs, donor, all), layers.map((layer) => hookOf(kind, layer)))
  const clean = network.run(sequencesOf(pairs, 'clean', all))
  const values = layers.flatMap((layer) =>
    cellsOf(grid, blocks, { layer, length: pairs.length }).map(({ head, pos }) => {
      const hook = hookOf(kind, layer)
      const site = { hook, ...(head !== undefined && { head }), ...(pos !== undefined && { pos }) }
      const { logits } = runWith(network, sequencesOf(pairs, base, all), [patch(site, kept.cache.get(hook)!)])
      return judged(metric, pairs, [...logits.dataSync()], [...clean.dataSync()], () => logits.dispose())
    }),
  )
  tf.dispose([kept.logits, clean, ...kept.cache.values()])
  return values
}

/** The metric's definition over again. */
function judged(metric: PatchMetric, { count, answers, wrong }: Pairs, logits: number[], clean: number[], then: () => void): number {
  then()
  const width = logits.length / count
  const row = (of: number[], pair: number): number[] => of.slice(pair * width, (pair + 1) * width)
  const softmax = (z: number[]): number[] => z.map((x) => Math.exp(x) / z.reduce((sum, y) => sum + Math.exp(y), 0))
  return meanOf(
    answers.map((right, pair) => {
      const z = row(logits, pair)
      const p = softmax(z)
      const of = (classes: ArrayLike<number>, from: number[]): number[] => Array.from(classes, (c) => from[c]!)
      if (metric === 'logit-difference') return meanOf(of(right, z)) - meanOf(of(wrong[pair]!, z))
      if (metric === 'probability') return of(right, p).reduce((sum, x) => sum + x, 0)
      if (metric === 'accuracy') return Number(of(right, z).includes(Math.max(...z)))
      return softmax(row(clean, pair)).reduce((sum, q, c) => sum + q * Math.log(q / p[c]!), 0)
    }),
  )
}

/** The finest grid of each kind, and every one of z and q, which differ in how they run. */
function gridsOf(kind: SiteKind): readonly PatchGrid[] {
  if (!hasHeads(kind)) return ['layer-pos']
  return kind === 'z' || kind === 'q' ? patchGrids : ['layer-head-pos']
}

const closely = { atol: 1e-5, rtol: 1e-5 }

describe('a sweep', () => {
  useBackend('cpu')

  test.each(networks)('that reuses and batches equals one pass a site: $name', ({ settings, pairs: special }) => {
    const network = tinyTransformer({ settings })
    const pairs = { ...randomPairs(3), ...special }
    try {
      for (const kind of blocksOf(network)!.kinds) {
        for (const grid of gridsOf(kind)) {
          const plan = { pairs, kind, grid, direction: kind === 'z' ? 'noise' : 'denoise', metric: 'logit-difference' } as const
          expectClose(seriesOf(network, plan), oneByOne(network, plan), closely)
        }
      }
    } finally {
      network.dispose()
    }
  })

  test.each(patchMetrics)('judged by %s equals one pass a site, with several right and wrong answers', (metric) => {
    const network = tinyTransformer({ settings: { initScale: 1.5 } })
    const pairs = { ...randomPairs(2), answers: [[0, 3], [5]], wrong: [[1], [2, 4]] }
    const plan = { pairs, kind: 'resid_mid', grid: 'layer-pos', direction: 'denoise', metric } as const

    expectClose(seriesOf(network, plan), oneByOne(network, plan), closely)
    network.dispose()
  })

  test('of more pairs than go through the network at once is the same mean', () => {
    const network = tinyTransformer({ settings: { n_layers: 1, d_mlp: 65_536, d_model: 2 } })
    const pairs = randomPairs(5)
    const plan = { pairs, kind: 'resid_pre', grid: 'layer-pos', direction: 'noise', metric: 'logit-difference' } as const

    expect(rowsPerRun(network, 5)).toBe(3)
    expectClose(seriesOf(network, plan), oneByOne(network, plan), closely)
    network.dispose()
  })

  test('of a run with its own activations changes nothing', () => {
    const network = tinyTransformer({ settings: { normalization: 'LN' } })
    const some = randomPairs(3)
    const pairs = { ...some, corrupted: some.clean }
    for (const kind of ['resid_pre', 'z', 'q', 'pattern'] as const) {
      const { values, baselines } = activationPatching.measure(network, {
        pairs,
        kind,
        grid: 'layer-pos',
        direction: 'denoise',
        metric: 'logit-difference',
      })
      expectClose(values, values.map(() => meanOf(baselines.clean)), { atol: 1e-6 })
    }
    network.dispose()
  })

  test('of the first residual stream restores the clean metric where the prompts differ, and only there', () => {
    const network = tinyTransformer({ settings: { initScale: 1.5 } })
    const some = randomPairs(4)
    // The prompts differ at position 2 alone.
    const corrupted = some.clean.map((token, i) => (i % 5 === 2 ? (token + 1) % 7 : token))
    const plan = { kind: 'resid_pre', grid: 'layer-pos', direction: 'denoise', metric: 'logit-difference' } as const
    const { values, baselines } = activationPatching.measure(network, { ...plan, pairs: { ...some, corrupted } })
    const base = meanOf(baselines.corrupted)

    expectClose(values.subarray(0, 5), [base, base, meanOf(baselines.clean), base, base], { atol: 1e-5 })
    expect(Math.abs(meanOf(baselines.clean) - base)).toBeGreaterThan(0.01)
    network.dispose()
  })

  test('of the last resid_post restores the clean metric at the answer position, and does nothing elsewhere', () => {
    const network = tinyTransformer({ settings: { initScale: 1.5 } })
    const pairs = randomPairs(4)
    const plan = { pairs, kind: 'resid_post', grid: 'layer-pos', direction: 'noise', metric: 'probability' } as const
    const { values, baselines } = activationPatching.measure(network, plan)
    const base = meanOf(baselines.clean)

    expectClose(values.subarray(5), [base, base, base, base, meanOf(baselines.corrupted)], { atol: 1e-6 })
    network.dispose()
  })

  test('that is left early frees what it holds, and has said which cells it knows', async () => {
    const network = tinyTransformer({ settings: { n_layers: 4 } })
    const pairs = randomPairs(3)
    const stopping = new AbortController()
    const states: { done: number; known: number }[] = []
    const plan = { pairs, kind: 'z', grid: 'layer-head', direction: 'noise', metric: 'logit-difference' } as const

    const result = await inSlices(sweepSteps(network, plan), {
      signal: stopping.signal,
      sliceMs: 0,
      onProgress({ done, values }) {
        states.push({ done, known: values.filter((value) => !Number.isNaN(value)).length })
        if (done > 0) stopping.abort()
      },
    })

    expect(result).toMatchObject({ ok: false, error: { code: 'CANCELLED' } })
    expect(states.at(-1)).toEqual({ done: 2, known: 2 })
    network.dispose()
  })
})

onEachBackend((backend) => {
  test(`a sweep on ${backend} equals one pass a site`, () => {
    const network = tinyTransformer({ settings: { normalization: 'LN', biases: true, initScale: 2 } })
    const pairs = randomPairs(3)
    for (const kind of ['z', 'v', 'pattern'] as const) {
      const plan = { pairs, kind, grid: 'layer-head-pos', direction: 'denoise', metric: 'logit-difference' } as const
      expectClose(seriesOf(network, plan), oneByOne(network, plan), closely)
    }
    network.dispose()
  })
})
