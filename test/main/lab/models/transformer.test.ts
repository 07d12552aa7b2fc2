import { describe, expect, test } from 'vitest'
import { scoped, tf, type Tensor } from '@main/engine/tf'
import type { Network, Sequences } from '@main/lab/models/network'
import { expectClose, onEachBackend, valuesOf } from '../../../fixtures/backends'
import { randomTokens, tinyTransformer, type TinyTransformer } from '../../../fixtures/transformers'

function within<T>(tiny: TinyTransformer, use: (network: Network) => T): T {
  const network = tinyTransformer(tiny)
  try {
    return scoped(() => use(network))
  } finally {
    network.dispose()
  }
}

const identity = (x: Tensor): Tensor => x
const scoredAt = (positions: readonly number[]): Sequences => ({
  tokens: randomTokens(6),
  length: 5,
  scored: { positions: Int32Array.from(positions), count: positions.length },
})

onEachBackend(() => {
  const variants: readonly TinyTransformer[] = [
    {},
    { settings: { n_layers: 1 } },
    { settings: { n_layers: 1, positions: 'none' } },
    { settings: { n_layers: 1, positions: 'rotary' } },
    { settings: { normalization: 'LN', biases: true } },
    { settings: { attentionOnly: true, attentionDirection: 'bidirectional', constantAttention: 0.3 } },
  ]

  test.each(variants)('scored positions, read by the short way, have the logits of the whole pass: %j', (tiny) => {
    within(tiny, (network) => {
      const whole = network.run(randomTokens(6))                                    // [6, 5, 7]
      const wanted = valuesOf(tf.gather(whole, [2, 4], 1))

      expectClose(valuesOf(network.run(scoredAt([2, 4]))), wanted, { atol: 2e-6 })
      expectClose(valuesOf(network.run(scoredAt([2, 4]), { hook_embed: identity })), wanted, { atol: 2e-6 })
    })
  })

  test.each(variants)('many sequences of few tokens, read from tables, have the logits of the whole pass: %j', (tiny) => {
    within(tiny, (network) => {
      const tokens = randomTokens(60)
      const wanted = valuesOf(tf.gather(network.run(tokens), [2, 4], 1))
      const found = network.run({ tokens, length: 5, scored: { positions: Int32Array.of(2, 4), count: 2 } })

      expectClose(valuesOf(found), wanted, { atol: 2e-6 })
    })
  })

  test('positions of each sequence’s own are read where they are', () => {
    within({}, (network) => {
      const tokens = randomTokens(3)
      const whole = valuesOf(network.run(tokens))

      const found = valuesOf(network.run({ tokens, length: 5, scored: { positions: Int32Array.of(4, 0, 2), count: 1 } }))

      expectClose(found, [4, 5, 12].flatMap((row) => whole.slice(7 * row, 7 * row + 7)), { atol: 2e-6 })
    })
  })
})

describe('a transformer', () => {
  test('that is causal answers at a position from what came before it', () => {
    within({}, (network) => {
      const [tokens, changed] = [randomTokens(1), randomTokens(1)]
      changed[3] = (changed[3]! + 1) % 7
      const [before, after] = [valuesOf(network.run(tokens)), valuesOf(network.run(changed))]

      expect(after.slice(0, 21)).toEqual(before.slice(0, 21))
      expect(after.slice(21)).not.toEqual(before.slice(21))
    })
  })

  test('that is bidirectional answers the same with padding after the sequence', () => {
    within({ settings: { attentionDirection: 'bidirectional' } }, (network) => {
      const short = valuesOf(network.run({ tokens: Int32Array.of(1, 2, 3), length: 3 }))
      const mask = Uint8Array.of(1, 1, 1, 0, 0)

      const padded = valuesOf(network.run({ tokens: Int32Array.of(1, 2, 3, 0, 0), length: 5, mask }))

      expectClose(padded.slice(0, 21), short, { atol: 2e-6 })
    })
  })

  test('writes to the stream the sum of what its heads write', () => {
    within({}, (network) => {
      const { cache } = network.record(randomTokens(2), ['blocks.0.attn.hook_result', 'blocks.0.hook_attn_out'])
      const summed = cache.get('blocks.0.attn.hook_result')!.sum(2)

      expectClose(valuesOf(summed), valuesOf(cache.get('blocks.0.hook_attn_out')!), { atol: 1e-6 })
      tf.dispose([...cache.values()])
    })
  })

  test('with rotary positions scores by distance alone', () => {
    within({ settings: { positions: 'rotary', n_layers: 1 } }, (network) => {
      const { cache } = network.record(Int32Array.of(2, 2, 2, 2, 2), ['blocks.0.attn.hook_attn_scores'])
      const scores = valuesOf(cache.get('blocks.0.attn.hook_attn_scores')!) // [1, 2, 5, 5]
      const at = (query: number, key: number): number => scores[5 * query + key]!

      expectClose([at(2, 1), at(3, 2), at(4, 3)], [at(1, 0), at(1, 0), at(1, 0)], { atol: 1e-5 })
      expect(Math.abs(at(2, 0) - at(1, 0))).toBeGreaterThan(1e-4)
      tf.dispose([...cache.values()])
    })
  })

  test('refuses sequences longer than its context', () => {
    within({}, (network) => {
      expect(() => network.run({ tokens: randomTokens(1, { length: 6 }), length: 6 })).toThrow('takes 1 to 5 positions')
    })
  })
})

onEachBackend(() => {
  test.each([
    ['no norm', {}],
    ['LayerNorm', { normalization: 'LN' }],
    ['attention-only', { attentionOnly: true, positions: 'rotary' }],
  ] as const)('a pass that begins inside gives the logits of the whole one, asked everywhere or at the last position: %s', (_, settings) => {
    const network = tinyTransformer({ settings })
    const tokens = randomTokens(3)
    const hooks = network.hookPoints.map(({ name }) => name).filter((name) => /hook_resid_/.test(name))
    const { logits, cache } = network.record(tokens, hooks)
    const whereAsked = [undefined, { positions: Int32Array.of(4), count: 1 }]
    for (const scored of whereAsked) {
      const input = { tokens, length: 5, ...(scored && { scored }) }
      const whole = scoped(() => valuesOf(network.run(input)))
      for (const hook of hooks) {
        const resumed = network.run({ ...input, from: { hook, resid: cache.get(hook)! } })
        expectClose(valuesOf(resumed), whole, { atol: 1e-6 })
        resumed.dispose()
      }
    }
    network.dispose()
    tf.dispose([logits, ...cache.values()])
  })

  test('a pass that begins anywhere but in the residual stream is refused', () => {
    const network = tinyTransformer()
    const resid = tf.zeros([3, 5, 8])
    const from = (hook: string) => () => network.run({ tokens: randomTokens(3), length: 5, from: { hook, resid } })

    expect(from('blocks.0.hook_mlp_out')).toThrow('is no residual stream')
    expect(from('blocks.7.hook_resid_pre')).toThrow('no hook point')
    network.dispose()
    resid.dispose()
  })
})
