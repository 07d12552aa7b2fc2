import { choice } from '../../base/settings'
import { softmaxCrossEntropy } from '../../engine/ops/softmax-cross-entropy'
import { defineLoss } from './loss'

export default defineLoss({
  id: 'cross-entropy',
  title: 'Cross-entropy',
  help: 'Negative log likelihood of the label under the softmax of the logits, averaged over the batch. Chance is ln(classes).',
  source: 'Bishop, Pattern Recognition and Machine Learning, 2006, eq. 4.108',
  fields: {
    precision: choice({
      title: 'Softmax precision',
      help:
        'Of the log-softmax alone. In float32 the loss of an example is zero once its label leads by 17 nats, and its ' +
        'gradient with it; float64 goes on to learn from examples that are all but certain.',
      choices: ['float32', 'float64'],
      default: 'float32',
    }),
  },
  unit: 'nats',
  measure: ({ precision }, logits, labels) => softmaxCrossEntropy(logits, labels, { precision }),
})
