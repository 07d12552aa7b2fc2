/** The MLP of a block. Names and order of the hook points as TransformerLens; the gated form is that of arXiv:2002.05202. */
import { activatedProduct, isProductActivation } from '../../../engine/ops/activated-product'
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
  const neurons = (weight: string): Tensor => flat.matMul(ctx.param(`${name}.${weight}`)).reshape([batch, length, d_mlp])
  const withBias = (x: Tensor, bias: string): Tensor => (biases ? x.add(ctx.param(`${name}.${bias}`)) : x)

  if (ctx.isPlain && !gatedMlp && isProductActivation(activation)) {
    const pre = withBias(flat.matMul(ctx.param(`${name}.W_in`)), 'b_in')            // [batch · pos, d_mlp]
    const product = activatedProduct(pre, ctx.param(`${name}.W_out`), activation)
    return withBias(product, 'b_out').reshape([batch, length, d_model])
  }
  const post = gatedMlp ? gated() : activations[activation](ctx.hook(`${name}.hook_pre`, withBias(neurons('W_in'), 'b_in')))
  const hooked = ctx.hook(`${name}.hook_post`, post)                                // [batch, pos, d_mlp]
  const out = hooked.reshape([batch * length, d_mlp]).matMul(ctx.param(`${name}.W_out`))
  return withBias(out, 'b_out').reshape([batch, length, d_model])

  function gated(): Tensor {
    const gate = activations[activation](ctx.hook(`${name}.hook_pre`, neurons('W_gate')))
    return withBias(gate.mul(ctx.hook(`${name}.hook_pre_linear`, neurons('W_in'))), 'b_in')
  }
}
