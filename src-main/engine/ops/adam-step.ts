/**
 * The part that Adam and AdamW share: moving averages of the gradient and its square, and the corrected step.
 *
 *   m <- beta1 m + (1 - beta1) g
 *   v <- beta2 v + (1 - beta2) g^2
 *   p <- p - lr / (1 - beta1^t) · m / ( sqrt(v) / sqrt(1 - beta2^t) + epsilon )
 *
 * Epsilon is added after the correction of v, as in PyTorch; adding it before changes the first steps, where v is small.
 * Decay, where there is some, shrinks the parameter before the step: p <- decay · p in place of p above.
 * A backend with a kernel AdamSteps takes one pass over all parameters' arrays instead of some fifteen over each.
 * Source: arXiv:1412.6980 alg. 1.
 */
import type { Tensor } from '../tf'
import { runFused } from './array-kernel'

export interface AdamSettings {
  readonly learningRate: number
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** Factor on the parameter before the step. Default 1. */
  readonly decay?: number
}

export interface AdamInputs {
  readonly param: Tensor
  readonly grad: Tensor
  readonly m: Tensor
  readonly v: Tensor
}

interface AdamOutputs {
  readonly param: Tensor
  readonly m: Tensor
  readonly v: Tensor
}

/** The step of several parameters under the same settings. `step` counts from 1. Leaves its inputs alone. */
export function adamSteps(parts: readonly AdamInputs[], settings: AdamSettings, step: number): readonly AdamOutputs[] {
  const inputs = Object.fromEntries(
    parts.flatMap((part, i) => Object.entries(part).map(([name, tensor]) => [`${name}${i}`, tensor as Tensor])),
  )
  const fused = parts.length > 0 ? runFused('AdamSteps', inputs, { decay: 1, ...settings, step, count: parts.length }) : []
  if (!fused) return parts.map((part) => composedAdamStep(part, settings, step))
  return parts.map((_, i) => ({ param: fused[3 * i]!, m: fused[3 * i + 1]!, v: fused[3 * i + 2]! }))
}

/** The step of one parameter. */
export function adamStep(inputs: AdamInputs, settings: AdamSettings, step: number): AdamOutputs {
  return adamSteps([inputs], settings, step)[0]!
}

export function composedAdamStep(
  { param, grad, m, v }: AdamInputs,
  { learningRate, beta1, beta2, epsilon, decay = 1 }: AdamSettings,
  step: number,
): AdamOutputs {
  const nextM = m.mul(beta1).add(grad.mul(1 - beta1))
  const nextV = v.mul(beta2).add(grad.square().mul(1 - beta2))
  const denominator = nextV.sqrt().div(Math.sqrt(1 - beta2 ** step)).add(epsilon)
  const change = nextM.div(denominator).mul(learningRate / (1 - beta1 ** step))
  const decayed = decay === 1 ? param : param.mul(decay)
  return { param: decayed.sub(change), m: nextM, v: nextV }
}
