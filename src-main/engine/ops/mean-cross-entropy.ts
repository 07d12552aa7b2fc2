import { scoped, tf } from '../tf'
import { softmaxCrossEntropy } from './softmax-cross-entropy'

/** Mean cross-entropy in nats, by a float64 softmax, of logits [row, class] in an array against a label each. */
export function meanCrossEntropy(logits: Float32Array, labels: Int32Array): number {
  const shape: [number, number] = [labels.length, logits.length / labels.length]
  return scoped(() => {
    const loss = softmaxCrossEntropy(tf.tensor2d(logits, shape), tf.tensor1d(labels, 'int32'), { precision: 'float64' })
    return loss.dataSync()[0]!
  })
}
