/**
 * The second half of a hidden layer: an activation, then a product, with the activation's slope inside the gradient's
 * product.
 *
 *   y = phi(x) W,   dx = (dy W^T) phi'(x),   dW = phi(x)^T dy        phi: x^2 or max(x, 0)
 *
 * Apart, the gradient of phi(x) would be written, read and written again, each as large as the activations. The slope of
 * max(x, 0) is that at max(x, 0), so that x need not be kept there. Backends without a kernel SlopedProduct run the
 * composed form, and so does a second derivative.
 *
 * Axes: x [batch, width], W [width, out], y [batch, out].
 */
import { assert } from '../../base/assert'
import { tf, type Tensor } from '../tf'
import { composedActivations } from './activation'
import { isDifferentiatedTwice } from './second-derivative'

const forms = {
  quadratic: { activate: (x: Tensor) => x.square(), isKept: true },
  relu: { activate: composedActivations.relu, isKept: false },
} as const

export type ProductActivation = keyof typeof forms

export const isProductActivation = (name: string): name is ProductActivation => name in forms

export function activatedProduct(x: Tensor, weight: Tensor, activation: ProductActivation): Tensor {
  assert(
    x.rank === 2 && weight.rank === 2 && x.shape[1] === weight.shape[0],
    `an activated product needs x [batch, width] and a weight [width, out], got [${x.shape}] and [${weight.shape}]`,
  )
  const hasKernel = tf.getKernel('SlopedProduct', tf.getBackend()) !== undefined
  if (!hasKernel || isDifferentiatedTwice() || x.size === 0 || weight.size === 0) return composedActivatedProduct(x, weight, activation)
  const { activate, isKept } = forms[activation]
  const op = tf.customGrad((...given) => {
    const [input, by, save] = given as unknown as [Tensor, Tensor, (tensors: Tensor[]) => void] // as tf.customGrad calls
    const activated = activate(input)
    save([by, activated, ...(isKept ? [input] : [])])
    return {
      value: tf.matMul(activated, by),
      gradFunc: (dy: Tensor, kept: Tensor[]) => {
        const [keptBy, keptActivated, keptInput = keptActivated] = kept as [Tensor, Tensor, Tensor?]
        const slopedInputs = { dy, weight: keptBy, x: keptInput! }
        return [
          tf.engine().runKernel('SlopedProduct', slopedInputs as tf.NamedTensorMap, { activation }) as Tensor, // one output
          tf.matMul(keptActivated, dy, true),
        ]
      },
    }
  })
  return op(x, weight)
}

export function composedActivatedProduct(x: Tensor, weight: Tensor, activation: ProductActivation): Tensor {
  return tf.matMul(forms[activation].activate(x), weight)
}
