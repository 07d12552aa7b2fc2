import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { scoped, tf, type Tensor } from '@main/engine/tf'
import {
  add,
  hooksFor,
  meanAblate,
  patch,
  resampleAblate,
  runWith,
  scale,
  zeroAblate,
  type Intervention,
} from '@main/lab/models/intervention'
import type { Network } from '@main/lab/models/network'
import { expectClose, useBackend, valuesOf } from '../../../fixtures/backends'
import { randomTokens, tinyTransformer } from '../../../fixtures/transformers'

const clean = randomTokens(4, { seed: 1 })
const corrupted = randomTokens(4, { seed: 2 })

/** With the clean run's activations at the hook point. */
function withClean(hook: string, use: (network: Network, activation: Tensor) => void): void {
  const network = tinyTransformer()
  const { logits, cache } = network.record(clean, [hook])
  try {
    scoped(() => use(network, cache.get(hook)!))
  } finally {
    tf.dispose([logits, ...cache.values()])
    network.dispose()
  }
}

const logitsUnder = (network: Network, tokens: Int32Array, ...interventions: Intervention[]): number[] =>
  valuesOf(runWith(network, tokens, interventions).logits)

describe('an intervention', () => {
  useBackend('cpu')

  test('that patches the first residual stream everywhere restores the clean logits', () => {
    withClean('blocks.0.hook_resid_pre', (network, activation) => {
      const restored = logitsUnder(network, corrupted, patch({ hook: 'blocks.0.hook_resid_pre' }, activation))

      expectClose(restored, valuesOf(network.run(clean)), { atol: 1e-6 })
      expect(valuesOf(network.run(corrupted))).not.toEqual(valuesOf(network.run(clean)))
    })
  })

  test('with a run’s own activations changes nothing and is named', () => {
    withClean('blocks.1.attn.hook_z', (network, activation) => {
      const own = patch({ hook: 'blocks.1.attn.hook_z', head: 1 }, activation)
      const { logits, unchanged } = runWith(network, clean, [own])

      // Both passes look at an activation, so both take the long way.
      expect(valuesOf(logits)).toEqual(valuesOf(network.run(clean, { 'blocks.1.attn.hook_z': (x) => x })))
      expect(unchanged).toEqual([own])
    })
  })

  test('at one head and position leaves the others alone', () => {
    const hook = 'blocks.0.attn.hook_z'
    withClean(hook, (network, activation) => {
      const hooks = hooksFor(network, [zeroAblate({ hook, head: 1, pos: 2 })])
      const changed = hooks[hook]!(activation)
      const difference = valuesOf(changed.sub(activation).abs().sum([0, 3]))        // [pos, head]

      expect(difference.map((x) => x > 0)).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 0].map(Boolean))
      expect(valuesOf(changed.slice([0, 2, 1, 0], [-1, 1, 1, -1])).every((x) => x === 0)).toBe(true)
    })
  })

  test('at a position of each sequence’s own changes those alone', () => {
    const hook = 'blocks.0.hook_resid_post'
    withClean(hook, (network, activation) => {
      const hooks = hooksFor(network, [zeroAblate({ hook, pos: Int32Array.of(0, 1, 4, 2) })])
      const norms = valuesOf(hooks[hook]!(activation).abs().sum(2))                 // [batch, pos]

      expect(norms.flatMap((norm, i) => (norm === 0 ? [i] : []))).toEqual([0, 6, 14, 17])
    })
  })

  test('of each kind computes what its name says', () => {
    const hook = 'blocks.0.hook_mlp_out'
    withClean(hook, (network, activation) => {
      const apply = (intervention: Intervention): number[] => valuesOf(hooksFor(network, [intervention])[hook]!(activation))
      const rows = createRng(5).permutation(4)

      expectClose(apply(scale({ hook }, -2)), valuesOf(activation.mul(-2)), { atol: 1e-6 })
      expectClose(apply(add({ hook }, tf.ones([8]))), valuesOf(activation.add(1)), { atol: 1e-6 })
      expectClose(apply(meanAblate({ hook }, activation)), valuesOf(activation.mean(0, true).tile([4, 1, 1])), { atol: 1e-6 })
      expect(apply(resampleAblate({ hook }, activation, createRng(5)))).toEqual(valuesOf(tf.gather(activation, [...rows])))
    })
  })

  test('at an axis that the hook point lacks, or beyond its end, is refused', () => {
    withClean('blocks.0.hook_mlp_out', (network, activation) => {
      const at = (site: object): (() => unknown) => {
        const hook = 'blocks.0.hook_mlp_out'
        return () => hooksFor(network, [zeroAblate({ hook, ...site })])[hook]!(activation)
      }

      expect(at({ head: 0 })).toThrow('axes batch, pos, d_model')
      expect(at({ pos: 5 })).toThrow('outside axis 1 of length 5')
      expect(() => hooksFor(network, [zeroAblate({ hook: 'blocks.7.hook_mlp_out' })])).toThrow('no hook point')
    })
  })
})
