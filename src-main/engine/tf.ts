/** The one place that imports TensorFlow.js; everyone else imports `tf` and its types from here. */
import * as tf from '@tensorflow/tfjs'

export { tf }
export type Tensor = tf.Tensor
export type { Scalar, Tensor1D, Tensor2D, Tensor3D, Rank, NamedTensorMap } from '@tensorflow/tfjs'

/** tf.tidy for a computation whose result is no tensor: frees every tensor made inside, also when it throws. */
export function scoped<T>(compute: () => T): T {
  tf.engine().startScope()
  try {
    return compute()
  } finally {
    tf.engine().endScope()
  }
}
