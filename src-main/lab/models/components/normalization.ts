/**
 * LayerNorm and RMSNorm over the residual width, with the hook points TransformerLens gives them.
 *
 *   LN    scale = sqrt( mean((x - mean x)^2) + eps ),   normalized = w (x - mean x) / scale + b
 *   RMS   scale = sqrt( mean(x^2) + eps ),              normalized = x / scale, multiplied by w after its hook point
 *
 * The forms without weights (LNPre, RMSPre) leave w and b out. Where TransformerLens places `hook_normalized` differs
 * between the two, and is followed: a cache taken there compares value by value.
 * Source: arXiv:1607.06450 eq. 4, arXiv:1910.07467 eq. 4.
 */
import { normalizedRows, rowsAndScales } from '../../../engine/ops/normalization'
import type { Tensor } from '../../../engine/tf'
import type { Forward } from '../model'
import { centresNorm, hasNorm, hasNormWeights, type TransformerSettings } from './transformer-fields'

/** `name` is the hook prefix: `blocks.0.ln1`. Input and output [batch, pos, d_model]; without a norm they are the same. */
export function normalize(settings: TransformerSettings, ctx: Forward, name: string, input: Tensor): Tensor {
  if (!hasNorm(settings)) return input
  const isCentred = centresNorm(settings)
  if (ctx.isPlain) return normalizeUnhooked(settings, ctx, name, input)
  const centred = (): Tensor => (isCentred ? input.sub(input.mean(-1, true)) : input)
  const made = rowsAndScales(input, { isCentred, epsilon: settings.normEpsilon })
  const given = made?.scales ?? centred().square().mean(-1, true).add(settings.normEpsilon).sqrt()
  const scale = ctx.hook(`${name}.hook_scale`, given)
  const normalized = made && scale === given ? made.rows : centred().div(scale)     // [batch, pos, d_model]
  if (!hasNormWeights(settings)) return ctx.hook(`${name}.hook_normalized`, normalized)
  if (!isCentred) return ctx.hook(`${name}.hook_normalized`, normalized).mul(ctx.param(`${name}.w`))
  return ctx.hook(`${name}.hook_normalized`, normalized.mul(ctx.param(`${name}.w`)).add(ctx.param(`${name}.b`)))
}

/** The same where nobody looks, of any rows [..., d_model]; the weights follow the norm in both forms. */
export function normalizeUnhooked(settings: TransformerSettings, ctx: Forward, name: string, input: Tensor): Tensor {
  if (!hasNorm(settings)) return input
  const isCentred = centresNorm(settings)
  const normalized = normalizedRows(input, { isCentred, epsilon: settings.normEpsilon })
  if (!hasNormWeights(settings)) return normalized
  const scaled = normalized.mul(ctx.param(`${name}.w`))
  return isCentred ? scaled.add(ctx.param(`${name}.b`)) : scaled
}
