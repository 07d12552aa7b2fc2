import { describe, expect, test } from 'vitest'
import activationPatching from '@main/lab/interpret/activation-patching'
import { meanOf } from '@main/lab/interpret/components/patch-recording'
import { patchSites } from '@main/lab/interpret/components/patched-sites'
import pathPatching, { type PathPlan } from '@main/lab/interpret/path-patching'
import { expectClose, useBackend } from '../../../fixtures/backends'
import { randomPairs } from '../../../fixtures/pairs'
import { tinyTransformer } from '../../../fixtures/transformers'

const common = { direction: 'noise', metric: 'logit-difference', freezesMlps: false } as const

describe('path patching', () => {
  useBackend('cpu')

  test('from the last layer to the logits is activation patching: nothing lies between', () => {
    const network = tinyTransformer({ settings: { normalization: 'LN' } })
    const pairs = randomPairs(4)
    const paths = pathPatching.measure(network, { pairs, receivers: 'logits', ...common }).values
    const whole = activationPatching.measure(network, { pairs, kind: 'z', grid: 'layer-head', ...common }).values

    expectClose(paths.subarray(2), whole.subarray(2), { atol: 1e-6 })
    expect(Math.abs(paths[0]! - whole[0]!)).toBeGreaterThan(1e-4)
    network.dispose()
  })

  test('to everything a sender can reach is activation patching', () => {
    const network = tinyTransformer({ settings: { attentionOnly: true } })
    const pairs = randomPairs(4)
    // Receivers get what the sender changes in them; the direct way to the logits stays the base run's.
    const receivers = (['q', 'k', 'v'] as const).map((kind) => ({ kind, layer: 1 }))
    const indirect = pathPatching.measure(network, { pairs, receivers, ...common })
    const direct = pathPatching.measure(network, { pairs, receivers: 'logits', ...common }).values
    const whole = activationPatching.measure(network, { pairs, kind: 'z', grid: 'layer-head', ...common }).values
    const base = meanOf(indirect.baselines.clean)

    // Without a norm or an MLP both ways add up in the residual stream, and the logit difference is linear in it.
    for (const head of [0, 1]) expect(indirect.values[head]! + direct[head]! - base).toBeCloseTo(whole[head]!, 4)
    network.dispose()
  })

  test('to receivers before the sender changes nothing', () => {
    const network = tinyTransformer()
    const pairs = randomPairs(3)
    const { values, baselines } = pathPatching.measure(network, { pairs, receivers: [{ kind: 'v', layer: 0 }], ...common })

    expect([...values]).toEqual(new Array(4).fill(meanOf(baselines.clean)))
    network.dispose()
  })

  test('of a run with its own activations changes nothing', () => {
    const network = tinyTransformer({ settings: { normalization: 'RMS' } })
    const some = randomPairs(3)
    const plan: PathPlan = { pairs: { ...some, corrupted: some.clean }, receivers: [{ kind: 'mlp', layer: 1 }], ...common }
    const { values, baselines } = pathPatching.measure(network, plan)

    expectClose(values, values.map(() => meanOf(baselines.clean)), { atol: 1e-6 })
    network.dispose()
  })

  test('at a sender’s answer position alone differs from all positions', () => {
    const network = tinyTransformer({ settings: { initScale: 1.5 } })
    const plan: PathPlan = { pairs: randomPairs(3), receivers: [{ kind: 'q', layer: 1 }], ...common }
    const everywhere = pathPatching.measure(network, plan).values
    const last = pathPatching.measure(network, { ...plan, senderPos: 4 }).values
    const first = pathPatching.measure(network, { ...plan, senderPos: 0 }).values

    // Only the last position's query moves the last position's logits.
    expectClose(last, everywhere, { atol: 1e-5, rtol: 1e-5 })
    expect(Math.abs(first[0]! - everywhere[0]!)).toBeGreaterThan(1e-4)
    network.dispose()
  })
})

describe('patching several sites', () => {
  useBackend('cpu')

  test('of every head of a layer is patching all heads of that layer, pair by pair', () => {
    const network = tinyTransformer({ settings: { normalization: 'LN' } })
    const pairs = randomPairs(4)
    const sites = [0, 1].map((head) => ({ hook: 'blocks.0.attn.hook_z', head }))
    const { patched, baselines, unchanged } = patchSites(network, { pairs, sites, ...common })
    const whole = patchSites(network, { pairs, sites: [{ hook: 'blocks.0.attn.hook_z' }], ...common }).patched

    expectClose(patched, whole, { atol: 1e-6 })
    expect(unchanged).toEqual([])
    expect(patched).not.toEqual(baselines.clean)
    network.dispose()
  })

  test('names the sites whose activations are the same in both runs', () => {
    const network = tinyTransformer()
    const some = randomPairs(2)
    const corrupted = some.clean.map((token, i) => (i % 5 === 4 ? (token + 1) % 7 : token))
    const sites = [
      { hook: 'blocks.0.hook_resid_pre', pos: 1 },
      { hook: 'blocks.0.hook_resid_pre', pos: 4 },
    ]

    expect(patchSites(network, { pairs: { ...some, corrupted }, sites, ...common }).unchanged).toEqual([sites[0]])
    network.dispose()
  })
})
