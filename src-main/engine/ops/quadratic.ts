/**
 * The square of each element, with a gradient of one pass.
 *
 *   y = x^2,   dx = dy · 2x
 *
 * tfjs's own gradient of Square makes 2x first, an array of the size of the activations. A backend with a kernel
 * SquareGradient multiplies directly. Differentiable to any order.
 */
import { tf, type Tensor } from '../tf'
import { runPreferred } from './array-kernel'
import { gradientOp } from './gradient-op'

export function quadratic(x: Tensor): Tensor {
  return gradientOp(x, [], (input) => ({
    value: input.square(),
    saved: [input],
    gradient: (dy, [kept]) => squareGradient(dy, kept!),
  }))
}

export function composedQuadratic(x: Tensor): Tensor {
  return x.square()
}

/** dy · 2x. Linear in each argument, so its own gradient is itself with the other argument. */
function squareGradient(dy: Tensor, x: Tensor): Tensor {
  const op = tf.customGrad((...given) => {
    const [left, right, save] = given as unknown as [Tensor, Tensor, (tensors: Tensor[]) => void] // as tf.customGrad calls
    save([left, right])
    return {
      value: runPreferred('SquareGradient', { dy: left, x: right }, {}, () => left.mul(right.mul(2))),
      gradFunc: (ddx: Tensor, saved: Tensor[]) => [squareGradient(ddx, saved[1]!), squareGradient(ddx, saved[0]!)],
    }
  })
  return op(dy, x)
}
