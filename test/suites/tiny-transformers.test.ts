/** Small transformers against TransformerLens and Hugging Face: logits, activations, gradients, patching sweeps. */
import { describe, expect, test } from 'vitest'
import { namedArray } from '@main/base/array'
import { createRng } from '@main/base/rng'
import { defaultsOf, type SettingValues } from '@main/base/settings'
import { softmaxCrossEntropy } from '@main/engine/ops/softmax-cross-entropy'
import { scoped, tf, type Tensor } from '@main/engine/tf'
import { parameterForms } from '@main/lab/models/components/transformer-weights'
import { patch, runWith, type Site } from '@main/lab/models/intervention'
import type { Dimensions } from '@main/lab/models/model'
import { createNetwork, type Network, type Sequences } from '@main/lab/models/network'
import transformer from '@main/lab/models/transformer'
import golden from '../golden/tiny_transformers.json'
import { expectClose, onEachBackend, valuesOf } from '../fixtures/backends'

interface Packed {
  readonly shape: readonly number[]
  readonly base64: string
}

interface Sweeps {
  readonly corrupted: readonly number[]
  readonly metricClean: number
  readonly metricCorrupted: number
  readonly byPosition: Readonly<Record<string, Packed>>
  readonly byHead: Readonly<Record<string, Packed>>
}

interface Case {
  readonly id: string
  readonly settings: SettingValues
  readonly dims: Dimensions
  readonly tokens: readonly number[]
  readonly labels: readonly number[]
  readonly mask: readonly number[]
  readonly params: Readonly<Record<string, Packed>>
  readonly logits: Packed
  readonly loss: number
  readonly grads: Readonly<Record<string, Packed>>
  readonly cache: Readonly<Record<string, Packed>>
  readonly patching: Sweeps | null
}

const cases = golden.cases as unknown as readonly Case[] // what tiny_transformers.py writes
const near = { atol: golden.header.tolerance, rtol: golden.header.tolerance }

function unpacked({ base64 }: Packed): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer)
}

const settingsOf = ({ settings }: Case): SettingValues => ({ ...defaultsOf(transformer.fields), ...settings })

/** Parameters in the model's own order and axes: a name or shape that it does not have fails here. */
function networkOf(of: Case): Network {
  const forms = parameterForms(settingsOf(of) as never, of.dims) // complete settings of this model
  expect(Object.keys(of.params).sort()).toEqual(forms.map(({ name }) => name).sort())
  const arrays = forms.map(({ name, axes }) => [name, namedArray(axes, of.params[name]!.shape, unpacked(of.params[name]!))])
  return createNetwork(transformer, settingsOf(of), of.dims, Object.fromEntries(arrays))
}

const isPadded = ({ mask }: Case): boolean => mask.includes(0)
const sequencesOf = (of: Case, tokens = of.tokens): Sequences => ({
  tokens: Int32Array.from(tokens),
  length: of.dims.n_ctx,
  ...(isPadded(of) && { mask: Uint8Array.from(of.mask) }),
})

function within<T>(of: Case, use: (network: Network) => T): T {
  const network = networkOf(of)
  try {
    return scoped(() => use(network))
  } finally {
    network.dispose()
  }
}

/** What is computed of padding means nothing, on either side. */
function atTokens(of: Case, values: ArrayLike<number>): number[] {
  const width = values.length / of.mask.length
  return of.mask.flatMap((isToken, row) => (isToken ? Array.from({ length: width }, (_, i) => values[row * width + i]!) : []))
}

const identity = (x: Tensor): Tensor => x

/** Loss and gradients by parameter, of the pass that training takes or of the one that is looked at. */
function differentiated(of: Case, isPlain: boolean): { loss: number; grads: Readonly<Record<string, number[]>> } {
  return scoped(() => {
    const names = Object.keys(of.params)
    const { n_ctx, d_vocab_out } = of.dims
    const shape: [number, number] = [of.mask.length / n_ctx, n_ctx]
    const rows = tf.tensor1d(of.mask.flatMap((isToken, row) => (isToken ? [row] : [])), 'int32')
    const objective = (...given: Tensor[]): Tensor => {
      const logits = transformer.forward(settingsOf(of) as never, {
        tokens: tf.tensor2d([...of.tokens], shape, 'int32'),
        mode: 'train',
        rng: createRng(0),
        ...(isPadded(of) && { mask: tf.tensor2d([...of.mask], shape) }),
        isPlain,
        wants: () => !isPlain,
        param: (name) => given[names.indexOf(name)]!,
        hook: (_name, x) => x,
        setBuffer: () => {},
      })
      const scored = tf.gather(logits.reshape([-1, d_vocab_out]), rows)
      return softmaxCrossEntropy(scored, tf.gather(tf.tensor1d([...of.labels], 'int32'), rows))
    }
    const params = names.map((name) => tf.tensor(unpacked(of.params[name]!), [...of.params[name]!.shape]))
    const { value, grads } = tf.valueAndGrads(objective as never)(params)
    return { loss: valuesOf(value)[0]!, grads: Object.fromEntries(names.map((name, i) => [name, valuesOf(grads[i]!)])) }
  })
}

/** Logit of token 1 minus that of token 2 at the last position, mean over the batch. */
function metric(logits: Tensor): number {
  const [batch, length, width] = logits.shape as [number, number, number]
  const values = valuesOf(logits)
  let sum = 0
  for (let b = 0; b < batch; b++) {
    const last = (b * length + length - 1) * width
    sum += values[last + 1]! - values[last + 2]!
  }
  return sum / batch
}

function swept(network: Network, of: Case, sites: readonly Site[]): number[] {
  const { cache } = network.record(sequencesOf(of), [...new Set(sites.map(({ hook }) => hook))])
  const corrupted = sequencesOf(of, of.patching!.corrupted)
  const found = sites.map((site) => metric(runWith(network, corrupted, [patch(site, cache.get(site.hook)!)]).logits))
  tf.dispose([...cache.values()])
  return found
}

/** Layer by layer, the second index fastest. */
const sitesOf = (site: string, { shape }: Packed, index: 'pos' | 'head'): readonly Site[] =>
  Array.from({ length: shape[0]! * shape[1]! }, (_, i) => ({
    hook: `blocks.${Math.floor(i / shape[1]!)}.${site}`,
    [index]: i % shape[1]!,
  }))

onEachBackend(() => {
  test.each(cases)('logits equal the reference’s: $id', (of) => {
    within(of, (network) => {
      const wanted = atTokens(of, unpacked(of.logits))

      expectClose(atTokens(of, valuesOf(network.run(sequencesOf(of)))), wanted, near)
      expectClose(atTokens(of, valuesOf(network.run(sequencesOf(of), { hook_embed: identity }))), wanted, near)
    })
  })

  test.each(cases)('gradients of every parameter equal the reference’s: $id', (of) => {
    for (const isPlain of [true, false]) {
      const { loss, grads } = differentiated(of, isPlain)

      expectClose([loss], [of.loss], near)
      for (const [name, wanted] of Object.entries(of.grads)) expectClose(grads[name]!, unpacked(wanted), near)
    }
  })

  test.each(cases.filter(({ cache }) => Object.keys(cache).length > 0))('every activation equals the reference’s: $id', (of) => {
    within(of, (network) => {
      // Streams split by reader are copies of the residual stream, which the reference does not list.
      const names = network.hookPoints.map(({ name }) => name).filter((name) => !/hook_([qkv]_input|mlp_in)$/.test(name))
      const { cache } = network.record(sequencesOf(of), names)

      expect(names.sort()).toEqual(Object.keys(of.cache).sort())
      for (const name of names) {
        const wanted = unpacked(of.cache[name]!)
        expect(cache.get(name)!.shape).toEqual(of.cache[name]!.shape)
        // A score that is forbidden is minus infinity there and a large negative number here.
        const found = valuesOf(cache.get(name)!).map((value, i) => (wanted[i] === -Infinity && value < -1e20 ? -Infinity : value))
        expectClose(found.filter(Number.isFinite), wanted.filter(Number.isFinite), near)
        expect(found.map(Number.isFinite)).toEqual(Array.from(wanted, Number.isFinite))
      }
      tf.dispose([...cache.values()])
    })
  })
})

describe('patching', () => {
  onEachBackend(() => {
    test.each(cases.filter(({ patching }) => patching !== null))('every sweep equals the reference’s: $id', (of) => {
      within(of, (network) => {
        const { byPosition, byHead, metricClean, metricCorrupted, corrupted } = of.patching!

        expectClose([metric(network.run(sequencesOf(of)))], [metricClean], near)
        expectClose([metric(network.run(sequencesOf(of, corrupted)))], [metricCorrupted], near)
        for (const [site, wanted] of Object.entries(byPosition)) {
          expectClose(swept(network, of, sitesOf(site, wanted, 'pos')), unpacked(wanted), near)
        }
        for (const [site, wanted] of Object.entries(byHead)) {
          expectClose(swept(network, of, sitesOf(site, wanted, 'head')), unpacked(wanted), near)
        }
      })
    })
  })
})
