/** The MLP of a block. Names and order of the hook points as TransformerLens; the gated form is that of arXiv:2002.05202. */
import { activatedProduct, isProductActivation } from '../../../engine/ops/activated-product'
import { linear } from '../../../engine/ops/linear'
import type { Tensor } from '../../../engine/tf'
import type { Forward } from '../model'
import { activations } from './activation'
import type { TransformerSettings } from './transformer-fields'

/** Input and output [batch, pos, d_model]. */
export function feedForward(settings: TransformerSettings, ctx: Forward, layer: number, input: Tensor): Tensor {
  const { d_model, d_mlp, activation, biases, gatedMlp } = settings
  const name = `blocks.${layer}.mlp`
  const [batch, length] = input.shape as [number, number]
  const flat = input.reshape([batch * length, d_model])
  const bias = (letters: string): Tensor | undefined => (biases ? ctx.param(`${name}.${letters}`) : undefined)
  const neurons = (weight: string, withBias?: Tensor): Tensor => linear(flat, ctx.param(`${name}.${weight}`), withBias)
  const everywhere = (x: Tensor, width: number): Tensor => x.reshape([batch, length, width])

  if (ctx.isPlain && !gatedMlp && isProductActivation(activation)) {
    const product = activatedProduct(neurons('W_in', bias('b_in')), ctx.param(`${name}.W_out`), activation)
    return everywhere(biases ? product.add(bias('b_out')!) : product, d_model)
  }
  const post = gatedMlp
    ? gated()
    : activations[activation](ctx.hook(`${name}.hook_pre`, everywhere(neurons('W_in', bias('b_in')), d_mlp)))
  const hooked = ctx.hook(`${name}.hook_post`, post)                                // [batch, pos, d_mlp]
  const out = linear(hooked.reshape([batch * length, d_mlp]), ctx.param(`${name}.W_out`), bias('b_out'))
  return everywhere(out, d_model)

  function gated(): Tensor {
    const gate = activations[activation](ctx.hook(`${name}.hook_pre`, everywhere(neurons('W_gate'), d_mlp)))
    const product = gate.mul(ctx.hook(`${name}.hook_pre_linear`, everywhere(neurons('W_in'), d_mlp)))
    return biases ? product.add(bias('b_in')!) : product
  }
}
