import { tf, type Tensor } from '../tf'

export interface Differentiated {
  readonly value: Tensor
  /** Tensors of the forward pass that the gradient needs, beside `constants`. */
  readonly saved?: readonly Tensor[]
  /** Gradient of the input from that of the value; gets the constants, then what was saved. */
  gradient(dy: Tensor, kept: readonly Tensor[]): Tensor
}

/**
 * An op of one differentiable tensor with a gradient of its own. Between forward and backward pass TensorFlow.js frees
 * every tensor that was not handed over, `constants` made inside the differentiated function included, so a gradient
 * must use the ones it is given and not those its closure sees.
 */
export function gradientOp(
  input: Tensor,
  constants: readonly Tensor[],
  forward: (input: Tensor) => Differentiated,
): Tensor {
  const op = tf.customGrad((x, save) => {
    const { value, saved = [], gradient } = forward(x as Tensor)
    const keep = save as tf.GradSaveFunc // the last argument of a custom gradient's function
    keep([...constants, ...saved])
    return { value, gradFunc: (dy: Tensor, kept: Tensor[]) => gradient(dy, kept) }
  })
  return op(input)
}
