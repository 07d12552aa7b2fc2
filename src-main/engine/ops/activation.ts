/**
 * Nonlinearities of one pass forward and one backward.
 *
 *   relu      max(x, 0)
 *   gelu      x Phi(x) = x (1 + erf(x / sqrt 2)) / 2
 *   geluTanh  x (1 + tanh( sqrt(2 / pi) (x + 0.044715 x^3) )) / 2
 *   silu      x sigmoid(x)
 *
 * A backend without the kernels runs the composed forms, whose gradients TensorFlow.js takes; so does a second derivative.
 * Source: arXiv:1606.08415 §2 (GELU and its tanh form), arXiv:1702.03118 (SiLU).
 */
import { tf, type Tensor } from '../tf'
import { gradientOp } from './gradient-op'
import { isDifferentiatedTwice, sigmoid, tanh } from './second-derivative'

type Composed = (x: Tensor) => Tensor

export const composedActivations = {
  relu: (x: Tensor) => x.relu(),
  gelu: (x: Tensor) => x.mul(x.mul(Math.SQRT1_2).erf().add(1)).mul(0.5),
  geluTanh: (x: Tensor) => x.mul(tanh(x.add(x.mul(x.square()).mul(0.044715)).mul(Math.sqrt(2 / Math.PI))).add(1)).mul(0.5),
  silu: (x: Tensor) => x.mul(sigmoid(x)),
} as const satisfies Readonly<Record<string, Composed>>

export const relu = fusedActivation('Relu', composedActivations.relu)
export const gelu = fusedActivation('Gelu', composedActivations.gelu)
export const geluTanh = fusedActivation('GeluTanh', composedActivations.geluTanh)
export const silu = fusedActivation('Silu', composedActivations.silu)

/** By the kernels of that name and of its gradient, where the backend has both. */
function fusedActivation(name: string, composed: Composed): Composed {
  const run = (kernel: string, inputs: Readonly<Record<string, Tensor>>): Tensor =>
    tf.engine().runKernel(kernel, inputs as tf.NamedTensorMap)
  return (x) => {
    if (isDifferentiatedTwice() || !tf.getKernel(`${name}Gradient`, tf.getBackend())) return composed(x)
    return gradientOp(x, [], (input) => ({
      value: run(name, { x: input }),
      saved: [input],
      gradient: (dy, [kept]) => run(`${name}Gradient`, { dy, x: kept! }),
    }))
  }
}
