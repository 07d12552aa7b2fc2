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
import { gradientOp } from './gradient-op'
import { checkLabels, fusedLoss, oneHotOf } from './one-hot-error'

/** Differentiable in `logits` once; what is saved is a constant to a second derivative. */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Scalar {
  const count = logits.shape[0]!
  checkLabels(labels, logits)
  const loss = gradientOp(logits, [labels], (x) => {
    const fused = fusedLoss('SoftmaxCrossEntropy', x, labels)
    if (fused) return fused
    const logProbs = logSoftmax(x)
    return {
      value: logProbs.mul(oneHotOf(labels, x)).sum().div(-count),
      saved: [logProbs],
      gradient: (dy, [kept, saved]) => saved!.exp().sub(oneHotOf(kept!, saved!)).mul(dy.div(count)),
    }
  })
  return loss as Scalar // a mean over everything
}

export function composedSoftmaxCrossEntropy(logits: Tensor, labels: Tensor): Scalar {
  return tf.losses.softmaxCrossEntropy(oneHotOf(labels, logits), logits)
}

function logSoftmax(logits: Tensor): Tensor {
  const shifted = logits.sub(logits.max(1, true))                 // [batch, d_vocab_out]
  return shifted.sub(shifted.exp().sum(1, true).log())            // [batch, d_vocab_out]
}
