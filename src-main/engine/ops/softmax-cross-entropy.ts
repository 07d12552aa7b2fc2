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
import { assert } from '../../base/assert'
import { tf, type Scalar, type Tensor } from '../tf'
import { registerArrayKernel } from './array-kernel'
import { gradientOp, type Differentiated } from './gradient-op'
import { checkLabels, fusedLoss, oneHotOf } from './one-hot-error'
import { isDifferentiatedTwice } from './second-derivative'

export interface CrossEntropyOptions {
  /**
   * What follows the logits is computed in float64, from float32 logits and back to float32: the losses of examples that
   * are almost certain, and their gradients, keep all their digits. In float32 the gradient of the right class vanishes
   * once its probability is within 6e-8 of 1. On cpu, wasm and native; elsewhere it makes no difference. Default float32.
   */
  readonly precision?: 'float32' | 'float64'
}

/** Differentiable in `logits` twice; a second derivative is taken in float32. */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor, { precision = 'float32' }: CrossEntropyOptions = {}): Scalar {
  const count = logits.shape[0]!
  checkLabels(labels, logits)
  if (isDifferentiatedTwice()) return twiceDifferentiable(logits, labels)
  if (precision === 'float64') return crossEntropyInDouble(logits, labels)
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

/** With a gradient from the logits themselves and not from what was saved of the loss. */
function twiceDifferentiable(logits: Tensor, labels: Tensor): Scalar {
  const loss = gradientOp(logits, [labels], (x) => ({
    value: logSoftmax(x).mul(oneHotOf(labels, x)).sum().div(-x.shape[0]!),
    saved: [x],
    gradient: (dy, [kept, saved]) => tf.softmax(saved!).sub(oneHotOf(kept!, saved!)).mul(dy.div(saved!.shape[0]!)),
  }))
  return loss as Scalar // a mean over everything
}

export function composedSoftmaxCrossEntropy(logits: Tensor, labels: Tensor): Scalar {
  return tf.losses.softmaxCrossEntropy(oneHotOf(labels, logits), logits)
}

function crossEntropyInDouble(logits: Tensor, labels: Tensor): Scalar {
  checkLabels(labels, logits)
  if (logits.size === 0 || !hasDoubleKernels()) return softmaxCrossEntropy(logits, labels)
  const loss = gradientOp(logits, [labels], (x) => fusedLoss('SoftmaxCrossEntropyInDouble', x, labels) ?? fromArrayKernels(x, labels))
  return loss as Scalar // a mean over everything
}

const hasDoubleKernels = (): boolean =>
  ['SoftmaxCrossEntropyInDouble', 'CrossEntropyValueInDouble'].some((name) => tf.getKernel(name, tf.getBackend()))

function fromArrayKernels(logits: Tensor, labels: Tensor): Differentiated {
  const run = (name: string): Tensor => tf.engine().runKernel(name, { logits, labels })
  return {
    value: run('CrossEntropyValueInDouble'),
    saved: [run('CrossEntropyGradientInDouble')],
    gradient: (dy, kept) => kept.at(-1)!.mul(dy),
  }
}

type LossInput = 'logits' | 'labels'

interface Row {
  readonly values: ArrayLike<number>
  readonly start: number
  readonly classes: number
  readonly label: number
}

/** exp(z - largest z) of the label, and their sum over the other classes, which against 1 would be rounded away. */
function sharesOf({ values, start, classes, label }: Row): { largest: number; own: number; others: number } {
  assert(label >= 0 && label < classes, `label ${label} lies outside a number of classes of ${classes}`)
  let largest = -Infinity
  for (let c = 0; c < classes; c++) largest = Math.max(largest, values[start + c]!)
  let others = 0
  for (let c = 0; c < classes; c++) if (c !== label) others += Math.exp(values[start + c]! - largest)
  return { largest, own: Math.exp(values[start + label]! - largest), others }
}

registerArrayKernel<LossInput, object>({
  name: 'CrossEntropyValueInDouble',
  outputShape: () => [],
  fill(output, { logits, labels }) {
    const [count, classes] = logits.shape as [number, number]
    let total = 0
    for (let b = 0; b < count; b++) {
      const row = { values: logits.values, start: b * classes, classes, label: labels.values[b]! }
      const { largest, own, others } = sharesOf(row)
      total += others < own ? Math.log1p(others / own) : Math.log(own + others) - (logits.values[row.start + row.label]! - largest)
    }
    output[0] = total / count
  },
})

registerArrayKernel<LossInput, object>({
  name: 'CrossEntropyGradientInDouble',
  outputShape: ({ logits }) => logits,
  fill(output, { logits, labels }) {
    const [count, classes] = logits.shape as [number, number]
    for (let b = 0; b < count; b++) {
      const row = { values: logits.values, start: b * classes, classes, label: labels.values[b]! }
      const { largest, own, others } = sharesOf(row)
      const scale = 1 / (count * (own + others))
      for (let c = 0; c < classes; c++) output[row.start + c] = Math.exp(logits.values[row.start + c]! - largest) * scale
      output[row.start + row.label] = -others * scale
    }
  },
})

/** The largest of a row counts 1 in its sum. What the others count is summed apart, because against 1 most is rounded away. */
function logSoftmax(logits: Tensor): Tensor {
  const shifted = logits.sub(logits.max(1, true))                 // [batch, d_vocab_out]
  const isLargest = shifted.equal(0).cast('float32')
  const others = shifted.exp().sub(isLargest).sum(1, true)        // [batch, 1]
  const ties = isLargest.sum(1, true).sub(1)
  return shifted.sub(others.add(ties).log1p())                    // [batch, d_vocab_out]
}
