/**
 * The weights of attention heads as the residual stream sees them.
 *
 * A norm before a linear map is, its scale aside, itself linear: LN centres x and multiplies by w, RMS multiplies by w.
 * That part is taken into the matrix that reads from the stream, so that a circuit means the same with the norm's weights
 * folded or not:
 *
 *   reading matrix  R = P diag(w) W         P = I - 1 1^T / d_model for LN and LNPre, else I; w = 1 without weights
 *
 * Biases and the norm's scale, which depend on the input, are left out.
 *
 * Axes: reading matrices [d_model, d_head], writing matrices W_O [d_head, d_model].
 * Source: Elhage et al., "A Mathematical Framework for Transformer Circuits", 2021, §"Splitting attention head terms".
 */
import { assert } from '../../../base/assert'
import type { FloatArray } from '../../../base/array'
import { tf, type Tensor } from '../../../engine/tf'
import { centresNorm, hasNormWeights, type TransformerSettings } from '../../models/components/transformer-fields'
import type { Network } from '../../models/network'

export interface HeadAt {
  readonly layer: number
  readonly head: number
}

/** Why the analysis does not apply: only a transformer has heads. */
export function notTransformer({ model }: Network): string | undefined {
  return model.id === 'transformer' ? undefined : `model ${model.id} has no attention heads; expected a transformer`
}

export function transformerSettings({ model, settings }: Network): TransformerSettings {
  assert(model.id === 'transformer', `settings of ${model.id} are not a transformer's`)
  return settings as TransformerSettings // checked against the same fields when the network was made
}

/** What one head reads by (Q, K, V) and writes by. The caller is inside a tidy. */
export interface HeadMatrices {
  readonly Q: Tensor
  readonly K: Tensor
  readonly V: Tensor
  readonly O: Tensor
}

export function headMatrices(network: Network, { layer, head }: HeadAt): HeadMatrices {
  const settings = transformerSettings(network)
  assert(layer < settings.n_layers && head < settings.n_heads, `the network has no head ${layer}.${head}`)
  const block = `blocks.${layer}`
  const of = (name: string): Tensor => headOf(weightOf(network, `${block}.attn.${name}`), head)
  const reading = (name: string): Tensor => readingMatrix(network, `${block}.ln1`, of(name))
  return { Q: reading('W_Q'), K: reading('W_K'), V: reading('W_V'), O: of('W_O') }
}

/** What an MLP reads by, W_in and W_gate side by side, and what it writes by. The caller is inside a tidy. */
export function mlpMatrices(network: Network, layer: number): { readonly R: Tensor; readonly O: Tensor } {
  const block = `blocks.${layer}`
  const of = (name: string): Tensor => tensorOf(weightOf(network, `${block}.mlp.${name}`))
  const read = transformerSettings(network).gatedMlp ? tf.concat([of('W_in'), of('W_gate')], 1) : of('W_in')
  return { R: readingMatrix(network, `${block}.ln2`, read), O: of('W_out') }
}

/** W_U as it reads the last residual stream: [d_model, d_vocab_out]. */
export function unembedding(network: Network): Tensor {
  const { tiedUnembedding } = transformerSettings(network)
  const W_U = tiedUnembedding ? tensorOf(weightOf(network, 'W_E')).transpose() : tensorOf(weightOf(network, 'W_U'))
  return readingMatrix(network, 'ln_final', W_U)
}

/** [d_vocab, d_model] */
export const embedding = (network: Network): Tensor => tensorOf(weightOf(network, 'W_E'))

/** [pos, d_model]; undefined where the model learns no positions. */
export function positionEmbedding(network: Network): Tensor | undefined {
  return transformerSettings(network).positions === 'learned' ? tensorOf(weightOf(network, 'W_pos')) : undefined
}

/** What attention scores are divided by. */
export function scoreScale(network: Network): number {
  const { attentionScale, d_head } = transformerSettings(network)
  return attentionScale || Math.sqrt(d_head)
}

function readingMatrix(network: Network, norm: string, matrix: Tensor): Tensor {
  const settings = transformerSettings(network)
  const weighted = hasNormWeights(settings) ? tensorOf(weightOf(network, `${norm}.w`)).expandDims(1).mul(matrix) : matrix
  return centresNorm(settings) ? weighted.sub(weighted.mean(0, true)) : weighted
}

function weightOf({ arrays }: Network, name: string): FloatArray {
  const found = arrays[name]
  assert(found, `network has no parameter '${name}'`)
  return found
}

function tensorOf({ data, shape }: FloatArray): Tensor {
  return tf.tensor(data, [...shape], 'float32')
}

/** One head's part of a weight [head, rows, columns]. */
function headOf({ data, shape }: FloatArray, head: number): Tensor {
  const [, rows, columns] = shape as [number, number, number]
  const size = rows * columns
  return tf.tensor2d(data.subarray(head * size, (head + 1) * size), [rows, columns], 'float32')
}
