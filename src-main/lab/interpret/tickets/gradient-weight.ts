import { defineScore, eachWeight } from './score'

export default defineScore({
  id: 'gradient-weight',
  title: 'Gradient × weight',
  help: 'Keeps the weights whose removal raises the training loss most, to first order; those that hurt go first.',
  definition: '−θ_t ∂L/∂θ_t with L the mean loss over the training examples, ranked over all parameters together',
  source: 'arXiv:1611.06440 eq. 3, with its sign',
  share: 'all',
  isBeforeTraining: false,
  measure: ({ weights, gradient }) => eachWeight((weight, slope) => -weight * slope, weights, gradient.ofLoss(weights)),
})
