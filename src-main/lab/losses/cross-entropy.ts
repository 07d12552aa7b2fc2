import { softmaxCrossEntropy } from '../../engine/ops/softmax-cross-entropy'
import { defineLoss } from './loss'

export default defineLoss({
  id: 'cross-entropy',
  title: 'Cross-entropy',
  help: 'Negative log likelihood of the label under the softmax of the logits, averaged over the batch. Chance is ln(classes).',
  source: 'Bishop, Pattern Recognition and Machine Learning, 2006, eq. 4.108',
  fields: {},
  unit: 'nats',
  measure: (_settings, logits, labels) => softmaxCrossEntropy(logits, labels),
})
