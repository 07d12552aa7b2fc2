/** Where the residual stream of a transformer can be read, and reading it as the model's own end does. */
import { assert } from '../../../base/assert'
import { tf, type Tensor } from '../../../engine/tf'
import type { Network } from '../../models/network'

/** The start, and what each attention and MLP leaves: hook points in the order of the forward pass. */
export function residualPoints({ hookPoints }: Network): readonly string[] {
  const names = hookPoints.map(({ name }) => name).filter((name) => /hook_resid_(pre|mid|post)$/.test(name))
  // Every later resid_pre is the resid_post before it.
  return names.filter((name, i) => i === 0 || !name.endsWith('resid_pre'))
}

/** Hook points that write to the stream after its start, with the point each is added to. */
export function residualWriters(network: Network): readonly { readonly name: string; readonly to: string }[] {
  const points = residualPoints(network)
  return points.slice(1).map((point, i) => ({
    name: point.endsWith('resid_mid') || isAttentionOnly(network) ? writer(point, 'hook_attn_out') : writer(point, 'hook_mlp_out'),
    to: points[i]!,
  }))
}

const isAttentionOnly = ({ settings }: Network): boolean => settings['attentionOnly'] === true
const writer = (point: string, name: string): string => point.replace(/hook_resid_\w+$/, name)

/**
 * Logits that the model's final norm and unembedding give a residual stream [batch, pos, d_model]:
 * [batch, pos, d_vocab_out]. The caller disposes them.
 */
export function readLogits(network: Network, resid: Tensor): Tensor {
  const last = residualPoints(network).at(-1)
  assert(last, `model ${network.model.id} has no residual stream`)
  const [batch, length] = resid.shape as [number, number, number]
  return network.run({ tokens: new Int32Array(batch * length), length, from: { hook: last, resid } })
}

/** Rows of an activation [batch, pos, …] at one position of each sequence: [batch, …]. The caller is inside a tidy. */
export function rowsAt(activation: Tensor, positions: Int32Array): Tensor {
  const [batch, length, ...rest] = activation.shape
  const rows = Int32Array.from({ length: batch! }, (_, i) => i * length! + positions[i]!)
  return tf.gather(activation.reshape([batch! * length!, ...rest]), tf.tensor1d(rows, 'int32'))
}
