/** The one place that imports TensorFlow.js; everyone else imports `tf` and its types from here. */
import * as tf from '@tensorflow/tfjs'

// Otherwise TensorFlow.js writes advice to the console that chooseBackend gives with its reasons.
tf.env().set('PROD', true)

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
