/**
 * A perceptron as layers of edges: what writers hold, by which weights readers take it, and at which hook points.
 *
 *   mlp        x{pos} is a one-hot token, `blockSize` numbers of which one is 1; h0 after activation and, with it, BatchNorm
 *   mlp-stack  x{pos} is an amount; h{l} after activation
 *
 * A reader's value is the sum over writers of write · weight, plus a bias that is its own.
 */
import { assert } from '../../../base/assert'
import { tf, type Tensor } from '../../../engine/tf'
import type { Network } from '../../models/network'
import type { CircuitGraph, Reader } from './circuit-graph'
import { hiddenWidths } from './perceptron-graph'
import type { EdgeAblation } from './edge-runner'

export interface EdgeLayer {
  readonly readers: readonly Reader[]
  readonly firstWriter: number
  readonly writerCount: number
  readonly firstEdge: number
  /** Numbers a writer holds. */
  readonly blockSize: number
  /** [writer · block, reader]; kept until the recording is disposed. */
  readonly weights: Tensor
  /** Where the sum of what its readers read comes by. */
  readonly readHook: string
  /** Where what its writers write comes by; undefined for the inputs. */
  readonly writeHook?: string
}

export function edgeLayers(network: Network, { readers, writers }: CircuitGraph): readonly EdgeLayer[] {
  const { n_ctx, d_vocab } = network.dims
  const isOneHot = network.model.id === 'mlp'
  const widths = hiddenWidths(network)
  return [...widths, network.dims.d_vocab_out].map((width, layer): EdgeLayer => {
    const own = readers.filter((reader) => reader.layer === layer)
    const { firstWriter, writerCount, firstEdge } = own[0]!
    const isLast = layer === widths.length
    const blockSize = isOneHot && layer === 0 ? d_vocab : 1
    const name = isOneHot ? ['W_in', 'W_out'][layer]! : `layers.${layer}.W`
    const array = network.arrays[name]
    assert(array, `network has no parameter '${name}'`)
    assert(layer > 0 || writers.filter((writer) => writer.layer < 0).length === n_ctx, 'a writer for each position')
    return {
      readers: own,
      firstWriter,
      writerCount,
      firstEdge,
      blockSize,
      weights: tf.tensor2d(array.data, [writerCount * blockSize, width], 'float32'),
      readHook: isLast ? `blocks.${isOneHot ? 0 : layer}.hook_mlp_out` : `blocks.${layer}.mlp.hook_pre`,
      ...(layer > 0 && { writeHook: writeHookOf(network, layer - 1) }),
    }
  })
}

function writeHookOf(network: Network, layer: number): string {
  const isNormalized = (network.settings as { readonly batchNorm?: boolean }).batchNorm === true // a field of one of the models
  return `blocks.${layer}.mlp.${isNormalized ? 'hook_normalized' : 'hook_post'}`
}

/** What the inputs write: [pair, writer · block]. */
export function inputWrites(network: Network, tokens: Int32Array): Tensor {
  const { n_ctx, d_vocab } = network.dims
  const count = tokens.length / n_ctx
  return tf.tidy(() => {
    if (network.model.id === 'mlp') return tf.oneHot(tf.tensor1d(tokens, 'int32'), d_vocab).toFloat().reshape([count, n_ctx * d_vocab])
    const { inputScale } = network.settings as { readonly inputScale: number } // a field of the stack
    return tf.tensor2d(Float32Array.from(tokens), [count, n_ctx]).mul(inputScale)
  })
}

/** What stands in for writes [pair, writer · block]. A writer writes at one place, so that both means are one. */
export function writeSubstitutes(corrupted: Tensor, ablation: Exclude<EdgeAblation, 'optimal'>): Tensor {
  switch (ablation) {
    case 'resample':
      return corrupted.clone()
    case 'mean':
    case 'mean-by-position':
      return corrupted.mean(0, true).add(tf.zerosLike(corrupted))
    case 'zero':
      return tf.zerosLike(corrupted)
  }
}

/** Σ over writers of share · difference · weight: [copy, pair, n] and shares [copy, reader, writer] -> [copy, pair, reader]. */
export function sharedChange({ weights, blockSize, writerCount, readers }: EdgeLayer, differences: Tensor, shares: Tensor): Tensor {
  const byWriter = shares.transpose([0, 2, 1])                                      // [copy, writer, reader]
  const spread = blockSize === 1
    ? byWriter
    : tf.tile(byWriter.expandDims(2), [1, 1, blockSize, 1]).reshape([-1, writerCount * blockSize, readers.length])
  return tf.matMul(differences, spread.mul(weights))
}

/** What each writer adds to each reader: [pair, writer · block] -> [pair, reader, writer]. */
export function contributions({ weights, blockSize, writerCount, readers }: EdgeLayer, differences: Tensor): Tensor {
  const byWriter = differences.reshape([-1, writerCount, blockSize]).transpose([1, 0, 2])  // [writer, pair, block]
  const blocks = weights.reshape([writerCount, blockSize, readers.length])
  return tf.matMul(byWriter, blocks).transpose([1, 2, 0])
}
