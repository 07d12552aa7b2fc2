/** Nonlinearities by the names their models give them. `gelu` is exact, `gelu_new` its tanh form (arXiv:1606.08415 §2). */
import { quadratic } from '../../../engine/ops/quadratic'
import type { Tensor } from '../../../engine/tf'

export const activations = {
  quadratic,
  relu: (pre: Tensor) => pre.relu(),
  gelu: (pre: Tensor) => pre.mul(pre.mul(Math.SQRT1_2).erf().add(1)).mul(0.5),
  gelu_new: (pre: Tensor) =>
    pre.mul(pre.add(pre.mul(pre.square()).mul(0.044715)).mul(Math.sqrt(2 / Math.PI)).tanh().add(1)).mul(0.5),
  silu: (pre: Tensor) => pre.mul(pre.sigmoid()),
} as const

export type Activation = keyof typeof activations
