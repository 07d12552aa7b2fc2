/**
 * A product with a bias, in one pass where no gradient is wanted.
 *
 *   y = x W + b
 *
 * Under a gradient the two are apart: fused, TensorFlow.js would keep y until the backward pass, which has no use for it.
 *
 * Axes: x [batch, in], W [in, out], b [out], y [batch, out].
 */
import { tf, type Tensor } from '../tf'

export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  if (!bias) return tf.matMul(x, weight)
  if (tf.engine().state.gradientDepth > 0) return composedLinear(x, weight, bias)
  return tf.fused.matMul({ a: x as tf.Tensor2D, b: weight as tf.Tensor2D, bias }) // two axes each, as the axes above say
}

export function composedLinear(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return tf.matMul(x, weight).add(bias)
}
