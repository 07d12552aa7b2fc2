/**
 * What an op does when its gradient is differentiated in turn: it runs as plain operations, whose gradients TensorFlow.js
 * takes, because a kernel that computes a gradient has none of its own.
 *
 * TensorFlow.js's own gradients of sigmoid, tanh and softmax use their saved results, which a second derivative does not
 * find the way back from. Those here start from the input again. Third derivatives of them are not there.
 */
import { tf, type Tensor } from '../tf'
import { gradientOp } from './gradient-op'

/** Whether the op that asks is inside a gradient inside a gradient. */
export const isDifferentiatedTwice = (): boolean => tf.engine().state.gradientDepth > 1

export function sigmoid(x: Tensor): Tensor {
  if (!isDifferentiatedTwice()) return x.sigmoid()
  return gradientOp(x, [], (input) => ({
    value: input.sigmoid(),
    saved: [input],
    gradient(dy, [kept]) {
      const share = kept!.sigmoid()
      return dy.mul(share).mul(tf.sub(1, share))
    },
  }))
}

export function tanh(x: Tensor): Tensor {
  return isDifferentiatedTwice() ? sigmoid(x.mul(2)).mul(2).sub(1) : x.tanh()
}

/** Along the last axis. */
export function softmax(x: Tensor): Tensor {
  if (!isDifferentiatedTwice()) return tf.softmax(x)
  return gradientOp(x, [], (input) => ({
    value: tf.softmax(input),
    saved: [input],
    gradient(dy, [kept]) {
      const shares = tf.softmax(kept!)
      return shares.mul(dy.sub(dy.mul(shares).sum(-1, true)))
    },
  }))
}
