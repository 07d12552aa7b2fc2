/**
 * Mean squared distance of logits from one-hot labels, over batch and classes.
 *
 *   loss = mean_bc ( z[b, c] - oneHot(label_b)[c] )^2,   d loss / d z = 2 (z - oneHot(label)) / (batch · classes)
 *
 * A network that answers nothing (all logits 0) has loss 1 / classes.
 *
 * Axes: logits [batch, d_vocab_out], labels [batch] int32.
 */
import { assert } from '../../base/assert'
import { tf, type Scalar, type Tensor } from '../tf'
import { gradientOp } from './gradient-op'

/** Differentiable in `logits` once; what is saved is a constant to a second derivative. */
export function oneHotError(logits: Tensor, labels: Tensor): Scalar {
  const loss = gradientOp(logits, [], (x) => {
    const error = x.sub(oneHotOf(labels, x))
    return {
      value: error.square().mean(),
      saved: [error],
      gradient: (dy, [saved]) => saved!.mul(dy.mul(2 / logits.size)),
    }
  })
  return loss as Scalar // a mean over everything
}

export function composedOneHotError(logits: Tensor, labels: Tensor): Scalar {
  return logits.sub(oneHotOf(labels, logits)).square().mean()
}

/** One-hot rows of the logits' shape, float32. */
export function oneHotOf(labels: Tensor, logits: Tensor): Tensor {
  assert(
    logits.rank === 2 && labels.rank === 1 && labels.shape[0] === logits.shape[0] && labels.dtype === 'int32',
    `a loss needs logits [batch, class] and int32 labels [batch], got [${logits.shape}] and ${labels.dtype} [${labels.shape}]`,
  )
  return tf.oneHot(labels as tf.Tensor1D, logits.shape[1]!).cast('float32')
}
