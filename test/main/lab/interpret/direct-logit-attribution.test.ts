import { describe, expect, test } from 'vitest'
import { scoped, tf, type Tensor } from '@main/engine/tf'
import { rowsAt } from '@main/lab/interpret/components/residual-points'
import directLogitAttribution, {
  attributionTargets,
  type AttributionInput,
  type LogitAttribution,
} from '@main/lab/interpret/direct-logit-attribution'
import { patch, runWith, zeroAblate, type Intervention } from '@main/lab/models/intervention'
import type { Network } from '@main/lab/models/network'
import { expectClose, onEachBackend } from '../../../fixtures/backends'
import { randomTokens, tinyTransformer, type TinyTransformer } from '../../../fixtures/transformers'

function within<T>(tiny: TinyTransformer, use: (network: Network) => T): T {
  const network = tinyTransformer(tiny)
  try {
    return scoped(() => use(network))
  } finally {
    network.dispose()
  }
}

const input: AttributionInput = {
  sequences: { tokens: randomTokens(3), length: 5 },
  positions: Int32Array.of(4, 2, 3),
  answers: Int32Array.of(6, 0, 3),
  target: 'logit',
  neuronCount: 40,
}
const single: AttributionInput = {
  ...input,
  sequences: { tokens: randomTokens(1), length: 5 },
  positions: Int32Array.of(3),
  answers: Int32Array.of(2),
}

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, value) => total + value, 0)
const total = ({ components }: LogitAttribution): number => sum(components.map(({ value }) => value))

const variants: readonly TinyTransformer[] = [
  {},
  { settings: { normalization: 'LN', biases: true } },
  { settings: { normalization: 'LNPre', tiedUnembedding: true } },
  { settings: { normalization: 'RMS', gatedMlp: true, activation: 'silu', positions: 'rotary' } },
  { settings: { attentionOnly: true, normalization: 'LN', attentionDirection: 'bidirectional', constantAttention: 0.2 } },
  { settings: { positions: 'none', n_layers: 1, biases: true } },
]

onEachBackend(() => {
  test.each(variants)('components sum to the logit, heads and sources and neurons to their components: %j', (tiny) => {
    within(withBiases(tiny), (network) => {
      for (const target of attributionTargets) {
        const found = directLogitAttribution.measure(network, { ...input, target })
        const part = (id: string): number => found.components.find((one) => one.id === id)?.value ?? 0

        expect(total(found)).toBeCloseTo(found.logit, 4)
        const [layers, heads] = found.heads.shape as [number, number]
        for (let layer = 0; layer < layers; layer++) {
          expect(sum(found.heads.data.subarray(layer * heads, (layer + 1) * heads))).toBeCloseTo(part(`blocks.${layer}.attn`), 5)
          const mine = found.neurons.filter((neuron) => neuron.layer === layer)
          expect(sum(mine.map(({ value }) => value))).toBeCloseTo(part(`blocks.${layer}.mlp`), 5)
        }
        for (let head = 0; head < layers * heads; head++) {
          expect(sum(found.sources.data.subarray(5 * head, 5 * head + 5))).toBeCloseTo(found.heads.data[head]!, 5)
        }
      }
    })
  })
})

/** Biases start at zero and norm weights at one; made uneven, so that they count. */
function withBiases(tiny: TinyTransformer): TinyTransformer {
  return within(tiny, (network) => {
    const arrays = Object.entries(network.arrays).map(([name, array]) => {
      const isUneven = /(^|\.)b(_\w+)?$|\.w$/.test(name)
      const data = array.data.map((value, i) => (isUneven ? value + 0.3 * Math.sin(2 * i + name.length) : value))
      return [name, { ...array, data }] as const
    })
    return { ...tiny, arrays: Object.fromEntries(arrays) }
  })
}

/** Logit of the answer with interventions, the final norm's scale held at what it was. */
function logitWith(network: Network, interventions: readonly Intervention[]): number {
  const { cache } = network.record(single.sequences, ['ln_final.hook_scale', 'blocks.1.hook_mlp_out'].filter(known(network)))
  const frozen = [...cache].map(([hook, value]) => patch({ hook }, value))
  const { logits, unchanged } = runWith(network, single.sequences, [...interventions, ...frozen])
  expect(unchanged.filter((one) => interventions.includes(one))).toEqual([])
  return rowsAt(logits, single.positions).dataSync()[single.answers[0]!]!
}

const known = (network: Network) => (name: string): boolean => network.hookPoints.some((point) => point.name === name)

describe('direct logit attribution', () => {
  const layered = withBiases({ settings: { normalization: 'LN', biases: true }, seed: 11 })

  test('zero-ablating a head of the last layer lowers the logit by its part, the MLP after it held', () => {
    within(layered, (network) => {
      const { heads } = directLogitAttribution.measure(network, single)
      const whole = logitWith(network, [])

      const drops = [0, 1].map((head) => whole - logitWith(network, [zeroAblate({ hook: 'blocks.1.attn.hook_z', head })]))

      expectClose(drops, heads.data.subarray(2), { atol: 1e-5 })
      expect(Math.abs(drops[0]!)).toBeGreaterThan(1e-3)
    })
  })

  test('zero-ablating a neuron of the last layer lowers the logit by its part', () => {
    within(layered, (network) => {
      const { neurons } = directLogitAttribution.measure(network, single)
      const { cache } = network.record(single.sequences, ['ln_final.hook_scale'])
      const frozen = patch({ hook: 'ln_final.hook_scale' }, cache.get('ln_final.hook_scale')!)
      const logit = (interventions: readonly Intervention[]): number => {
        const { logits } = runWith(network, single.sequences, [...interventions, frozen])
        return rowsAt(logits, single.positions).dataSync()[single.answers[0]!]!
      }
      const { layer, neuron, value } = neurons.find((one) => one.layer === 1)!

      const drop = logit([]) - logit([zeroAblate({ hook: `blocks.${layer}.mlp.hook_post`, neuron })])

      expect(drop).toBeCloseTo(value, 5)
      expect(Math.abs(value)).toBeGreaterThan(1e-3)
    })
  })

  test('without a norm, taking one source token out of a head’s pattern lowers the logit by its part', () => {
    within({ settings: { attentionOnly: true } }, (network) => {
      const { sources } = directLogitAttribution.measure(network, single)
      const withoutKey = (pattern: Tensor): Tensor => {
        const kept = Float32Array.from({ length: 50 }, (_, i) => (i >= 25 && i % 5 === 1 ? 0 : 1)) // head 1, key 1
        return pattern.mul(tf.tensor4d(kept, [1, 2, 5, 5]))
      }
      const at = (logits: Tensor): number => rowsAt(logits, single.positions).dataSync()[single.answers[0]!]!

      const drop = at(network.run(single.sequences)) - at(network.run(single.sequences, { 'blocks.1.attn.hook_pattern': withoutKey }))

      expect(drop).toBeCloseTo(sources.data[3 * 5 + 1]!, 5)
    })
  })

  test('against the runner-up is against the likeliest other class, and its logits differ by that much', () => {
    within(layered, (network) => {
      const found = directLogitAttribution.measure(network, { ...single, target: 'against-runner-up' })
      const logits = rowsAt(network.run(single.sequences), single.positions).dataSync()
      const others = [...logits.keys()].filter((c) => c !== single.answers[0])
      const best = others.reduce((best, c) => (logits[c]! > logits[best]! ? c : best))

      expect([...found.against!]).toEqual([best])
      expect(found.logit).toBeCloseTo(logits[single.answers[0]!]! - logits[best]!, 5)
      const given = directLogitAttribution.measure(network, { ...single, target: Int32Array.of(best) })
      expect(given.heads).toEqual(found.heads)
    })
  })

  test('over several sequences every number is the mean of what each has', () => {
    within(layered, (network) => {
      const whole = directLogitAttribution.measure(network, input)
      const each = [0, 1, 2].map((row) =>
        directLogitAttribution.measure(network, {
          ...input,
          sequences: { tokens: input.sequences.tokens.subarray(5 * row, 5 * row + 5), length: 5 },
          positions: input.positions.subarray(row, row + 1),
          answers: input.answers.subarray(row, row + 1),
        }),
      )

      const mean = (read: (one: LogitAttribution) => number): number => sum(each.map(read)) / 3
      expect(whole.logit).toBeCloseTo(mean(({ logit }) => logit), 5)
      expect(whole.heads.data[1]).toBeCloseTo(mean(({ heads }) => heads.data[1]!), 5)
      expect(whole.components[4]!.value).toBeCloseTo(mean(({ components }) => components[4]!.value), 5)
    })
  })
})
