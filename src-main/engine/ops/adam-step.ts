/**
 * The part that Adam and AdamW share: moving averages of the gradient and its square, and the corrected step.
 *
 *   m <- beta1 m + (1 - beta1) g
 *   v <- beta2 v + (1 - beta2) g^2
 *   p <- p - lr / (1 - beta1^t) · m / ( sqrt(v) / sqrt(1 - beta2^t) + epsilon )
 *
 * Epsilon is added after the correction of v, as in PyTorch; adding it before changes the first steps, where v is small.
 * Source: arXiv:1412.6980 alg. 1.
 */
import type { Tensor } from '../tf'

export interface AdamSettings {
  readonly learningRate: number
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
}

export interface AdamInputs {
  readonly param: Tensor
  readonly grad: Tensor
  readonly m: Tensor
  readonly v: Tensor
}

/** `step` counts from 1. Leaves its inputs alone. */
export function adamStep(
  { param, grad, m, v }: AdamInputs,
  { learningRate, beta1, beta2, epsilon }: AdamSettings,
  step: number,
): { readonly param: Tensor; readonly m: Tensor; readonly v: Tensor } {
  const nextM = m.mul(beta1).add(grad.mul(1 - beta1))
  const nextV = v.mul(beta2).add(grad.square().mul(1 - beta2))
  const denominator = nextV.sqrt().div(Math.sqrt(1 - beta2 ** step)).add(epsilon)
  const change = nextM.div(denominator).mul(learningRate / (1 - beta1 ** step))
  return { param: param.sub(change), m: nextM, v: nextV }
}
