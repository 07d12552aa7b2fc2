import { oneHotError } from '../../engine/ops/one-hot-error'
import { defineLoss } from './loss'

export default defineLoss({
  id: 'mse',
  title: 'Mean squared error',
  help: 'Squared distance of the logits from the one-hot label, averaged over batch and classes. Chance is 1 / classes.',
  source: 'arXiv:2310.13061 app. A',
  fields: {},
  unit: '1',
  measure: (_settings, logits, labels) => oneHotError(logits, labels),
})
