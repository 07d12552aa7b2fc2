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
import { runFused } from './array-kernel'
import { gradientOp, type Differentiated } from './gradient-op'
import { isDifferentiatedTwice } from './second-derivative'

/** Differentiable in `logits` twice. */
export function oneHotError(logits: Tensor, labels: Tensor): Scalar {
  checkLabels(labels, logits)
  if (isDifferentiatedTwice()) return composedOneHotError(logits, labels)
  const loss = gradientOp(logits, [], (x) => {
    const fused = fusedLoss('OneHotError', x, labels)
    if (fused) return fused
    const error = x.sub(oneHotOf(labels, x))
    return {
      // Row by row first: one float32 sum over batch · classes terms loses a thousandth of it at p = 97.
      value: error.square().mean(1).mean(),
      saved: [error],
      gradient: (dy, [saved]) => saved!.mul(dy.mul(2 / logits.size)),
    }
  })
  return loss as Scalar // a mean over everything
}

export function composedOneHotError(logits: Tensor, labels: Tensor): Scalar {
  return logits.sub(oneHotOf(labels, logits)).square().mean()
}

/** From a kernel that gives the mean loss and its gradient at once, where the backend has it. */
export function fusedLoss(name: string, logits: Tensor, labels: Tensor): Differentiated | undefined {
  // A mean over no examples is not a number, which the other form says.
  const outputs = logits.size > 0 ? runFused(name, { logits, labels }) : undefined
  if (!outputs) return undefined
  const [value, gradient] = outputs as [Tensor, Tensor] // the kernel's two outputs
  return { value, saved: [gradient], gradient: (dy, kept) => kept.at(-1)!.mul(dy) }
}

/** One-hot rows of the logits' shape, float32. */
export function oneHotOf(labels: Tensor, logits: Tensor): Tensor {
  checkLabels(labels, logits)
  return tf.oneHot(labels as tf.Tensor1D, logits.shape[1]!).cast('float32')
}

export function checkLabels(labels: Tensor, logits: Tensor): void {
  assert(
    logits.rank === 2 && labels.rank === 1 && labels.shape[0] === logits.shape[0] && labels.dtype === 'int32',
    `a loss needs logits [batch, class] and int32 labels [batch], got [${logits.shape}] and ${labels.dtype} [${labels.shape}]`,
  )
}
