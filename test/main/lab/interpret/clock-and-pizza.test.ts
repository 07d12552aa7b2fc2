/**
 * Circularity and gradient symmetricity: by closed form on embeddings and networks made for it, and on networks that others
 * trained, against the values they published (arXiv:2306.17844).
 */
import { describe, expect, test } from 'vitest'
import { namedArray } from '@main/base/array'
import { unwrap } from '@main/base/result'
import { createRng } from '@main/base/rng'
import { defaultsOf } from '@main/base/settings'
import { scoped, tf } from '@main/engine/tf'
import torch from '@main/lab/importers/torch'
import circularity from '@main/lab/interpret/circularity'
import symmetricity from '@main/lab/interpret/gradient-symmetricity'
import mlp from '@main/lab/models/mlp'
import type { ArraysByName } from '@main/lab/models/model'
import { createNetwork, type Network } from '@main/lab/models/network'
import transformer from '@main/lab/models/transformer'
import golden from '../../../golden/modular_triples.json'
import { useBackend } from '../../../fixtures/backends'
import { hasShared, sharedSource, sharedText } from '../../../fixtures/shared'
import { tinyTransformer } from '../../../fixtures/transformers'
import { addingNetwork } from './adding-network'

useBackend('cpu')

function disposing<T>(network: Network, compute: (network: Network) => T): T {
  const found = compute(network)
  network.dispose()
  return found
}

describe('circularity', () => {
  const p = 29

  test('of embeddings of two harmonics is 1', () => {
    // Of two sizes: components of equal size may be any mixture of each other.
    const wave = (x: number, i: number): number => (i < 2 ? 2 : 1) * Math.cos((2 * Math.PI * (i < 2 ? 3 : 7) * x) / p - (i % 2) * (Math.PI / 2))
    const data = Float32Array.from({ length: 8 * p }, (_, k) => (k % 8 < 4 ? wave(Math.floor(k / 8), k % 8) : 1))
    const arrays = { W_E: namedArray(['d_vocab', 'd_model'], [p, 8], data) }
    const network = tinyTransformer({ dims: { d_vocab: p, d_vocab_out: p, n_ctx: 2 }, arrays })

    expect(disposing(network, (network) => circularity.measure(network, {}))).toBeCloseTo(1, 5)
  })
  test('of random embeddings is small', () => {
    const network = tinyTransformer({ dims: { d_vocab: p, d_vocab_out: p, n_ctx: 2 } })

    expect(disposing(network, (network) => circularity.measure(network, {}))).toBeLessThan(0.5)
  })
})

describe('gradient symmetricity', () => {
  const p = 13
  const dims = { d_vocab: p, d_vocab_out: p, n_ctx: 2 }

  test('of a network that answers cos(w(a + b - c)) is the mean of cos(w(b - a))', () => {
    // d/d(cos wa, sin wa) = (cos w(b - c), -sin w(b - c)), and likewise for b: the angle between them is w(b - a).
    const rng = createRng(5)
    const triples = Int32Array.from({ length: 60 }, () => rng.below(p))
    const cosines = Array.from({ length: 20 }, (_, i) => Math.cos((2 * Math.PI * 3 * (triples[3 * i + 1]! - triples[3 * i]!)) / p))
    const found = disposing(addingNetwork(p, [3]), (network) => symmetricity.measure(network, { triples }))

    expect(found).toBeCloseTo(cosines.reduce((sum, value) => sum + value, 0) / 20, 4)
  })
  test('is the cosine of gradients found by differences', () => {
    const network = tinyTransformer({ settings: { n_layers: 1, activation: 'gelu' }, dims })
    const found = symmetricity.measure(network, { triples: Int32Array.of(2, 5, 3) })
    const [first, second] = [0, 1].map((pos) => Array.from({ length: 8 }, (_, i) => slope(network, { pos, i })))
    network.dispose()
    const dot = (x: number[], y: number[]): number => x.reduce((sum, value, i) => sum + value * y[i]!, 0)

    expect(found).toBeCloseTo(dot(first!, second!) / Math.sqrt(dot(first!, first!) * dot(second!, second!)), 2)
  })
  test('is refused of a network without an embedding', () => {
    const { params } = mlp.init(defaultsOf(mlp.fields) as never, dims, createRng(1))

    expect(disposing(createNetwork(mlp, defaultsOf(mlp.fields), dims, params), symmetricity.unsuitable)).toMatch(/hook_embed/)
  })

  /** Change of logit 3 at the last position of (2, 5) with entry i of the embedding at a position. */
  function slope(network: Network, { pos, i }: { pos: number; i: number }): number {
    const step = 1e-2
    const at = (shift: number): number =>
      scoped(() => {
        const shifted = tf.buffer([1, 2, 8])
        shifted.set(shift, 0, pos, i)
        const logits = network.run(Int32Array.of(2, 5), { hook_embed: (embed) => embed.add(shifted.toTensor()) })
        return logits.dataSync()[p + 3]!
      })
    return (at(step) - at(-step)) / (2 * step)
  }
})

describe.skipIf(!hasShared)('networks of others on addition mod 59', () => {
  const triples = Int32Array.from(golden.cases[0]!.triples)

  test.each([['l8k1hzciux (Model B, clock)'], ['2k4ohj6bhd']])('%s has the symmetricity, circularity and norm it is known for', (name) => {
    const known = JSON.parse(sharedText('data/pizza/PUBLISHED.json')) as Published
    const { network, norm } = othersNetwork(name.split(' ')[0]!)
    const found = {
      gradient_symmetricity: symmetricity.measure(network, { triples }),
      circularity: circularity.measure(network, {}),
      l2: norm,
    }
    network.dispose()

    const wanted = known.reproduced_here_float64[name]!
    for (const [measure, value] of Object.entries(found)) {
      expect(Math.abs(value - wanted[measure]!), measure).toBeLessThan(golden.header.tolerance)
    }
  })
})

interface Published {
  readonly reproduced_here_float64: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** Their layout: embeddings [d_model, vocab], heads [head, d_head, d_model], and a share of the pattern that is constant. */
function othersNetwork(id: string): { readonly network: Network; readonly norm: number } {
  const { tensors } = unwrap(torch.read(sharedSource(`data/pizza/model_${id}.pt`)))
  const config = JSON.parse(sharedText(`data/pizza/config_${id}.json`)) as { attn_coeff: number }
  const given = new Map(tensors.map(({ name, shape, read }) => [name, { shape, values: Float32Array.from(unwrap(read())) }]))
  let squares = 0
  for (const [name, { values }] of given) if (!name.endsWith('mask')) for (const value of values) squares += value * value
  const [d_model, heads, d_head, p] = [128, 4, 32, 59]
  const array = (name: string, shape: readonly number[], order?: readonly number[]): ArraysByName[string] => {
    const { values } = given.get(name)!
    const data = order ? scoped(() => tf.tensor(values, order as number[]).transpose(orderOf(order)).dataSync<'float32'>().slice()) : values
    return namedArray(shape.map((_, axis) => `axis ${axis}`), shape, data)
  }
  const heading = (letter: string): ArraysByName[string] => array(`blocks.0.attn.W_${letter}`, [heads, d_model, d_head], [heads, d_head, d_model])
  const zeros = (...shape: number[]): ArraysByName[string] =>
    namedArray(shape.map((_, axis) => `axis ${axis}`), shape, new Float32Array(shape.reduce((size, length) => size * length, 1)))
  const arrays = {
    W_E: array('embed.W_E', [p, d_model], [d_model, p]),
    W_pos: array('pos_embed.W_pos', [2, d_model]),
    'blocks.0.attn.W_Q': heading('Q'),
    'blocks.0.attn.W_K': heading('K'),
    'blocks.0.attn.W_V': heading('V'),
    'blocks.0.attn.W_O': array('blocks.0.attn.W_O', [heads, d_head, d_model], [d_model, heads * d_head]),
    ...Object.fromEntries(['Q', 'K', 'V'].map((letter) => [`blocks.0.attn.b_${letter}`, zeros(heads, d_head)])),
    'blocks.0.attn.b_O': zeros(d_model),
    'blocks.0.mlp.W_in': array('blocks.0.mlp.W_in', [d_model, 512], [512, d_model]),
    'blocks.0.mlp.b_in': array('blocks.0.mlp.b_in', [512]),
    'blocks.0.mlp.W_out': array('blocks.0.mlp.W_out', [512, d_model], [d_model, 512]),
    'blocks.0.mlp.b_out': array('blocks.0.mlp.b_out', [d_model]),
    W_U: array('unembed.W_U', [d_model, p]),
    b_U: zeros(p),
  }
  const settings = {
    ...defaultsOf(transformer.fields),
    biases: true,
    attentionDirection: 'bidirectional',
    constantAttention: 1 - config.attn_coeff,
  }
  const network = createNetwork(transformer, settings, { n_ctx: 2, d_vocab: p, d_vocab_out: p }, arrays)
  return { network, norm: Math.sqrt(squares) }
}

/** The last two axes exchanged. */
const orderOf = (shape: readonly number[]): number[] => {
  const axes = shape.map((_, axis) => axis)
  return [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]
}
