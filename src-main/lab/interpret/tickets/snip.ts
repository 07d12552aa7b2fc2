import { defineScore, eachWeight } from './score'

export default defineScore({
  id: 'snip',
  title: 'SNIP',
  help: 'Keeps the weights that the loss is most sensitive to before training, in either direction.',
  definition:
    '|∂L/∂c| at c = 1, where c multiplies one weight: |θ_0 ∂L/∂θ_0| with L the mean loss over the training examples, ' +
    'ranked over all parameters together',
  source: 'arXiv:1810.02340 eq. 5',
  share: 'all',
  isBeforeTraining: true,
  measure: ({ initial, gradient }) => eachWeight((weight, slope) => Math.abs(weight * slope), initial, gradient.ofLoss(initial)),
})
