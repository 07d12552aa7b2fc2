/**
 * Mean negative log likelihood of integer labels under the softmax of logits, in nats.
 *
 *   loss = mean_b ( log sum_c exp(z[b, c]) - z[b, label_b] ),   d loss / d z = (softmax(z) - oneHot(label)) / batch
 *
 * The maximum of each row is subtracted first, so that no logit overflows. The closed gradient saves the tape a dozen
 * tensors of the logits' size.
 *
 * Axes: logits [batch, d_vocab_out], labels [batch] int32.
 */
import { tf, type Scalar, type Tensor } from '../tf'
import { oneHotOf } from './one-hot-error'

/** Differentiable in `logits` once; a second derivative goes through the composed gradient. */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Scalar {
  const target = oneHotOf(labels, logits)
  const op = tf.customGrad((x, save) => {
    const logProbs = logSoftmax(x as Tensor)
    ;(save as (tensors: Tensor[]) => void)([logProbs])
    return {
      value: logProbs.mul(target).sum().div(-logits.shape[0]!),
      gradFunc: (dy: Tensor, saved: Tensor[]) => saved[0]!.exp().sub(target).mul(dy.div(logits.shape[0]!)),
    }
  })
  return op(logits) as Scalar // a mean over everything
}

export function composedSoftmaxCrossEntropy(logits: Tensor, labels: Tensor): Scalar {
  return tf.losses.softmaxCrossEntropy(oneHotOf(labels, logits), logits)
}

function logSoftmax(logits: Tensor): Tensor {
  const shifted = logits.sub(logits.max(1, true))                 // [batch, d_vocab_out]
  return shifted.sub(shifted.exp().sum(1, true).log())            // [batch, d_vocab_out]
}
