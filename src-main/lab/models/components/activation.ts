/** Nonlinearities by the names their models give them. `gelu` is exact, `gelu_new` its tanh form (arXiv:1606.08415 §2). */
import { gelu, geluTanh, relu, silu } from '../../../engine/ops/activation'
import { quadratic } from '../../../engine/ops/quadratic'

export const activations = { quadratic, relu, gelu, gelu_new: geluTanh, silu } as const

export type Activation = keyof typeof activations
