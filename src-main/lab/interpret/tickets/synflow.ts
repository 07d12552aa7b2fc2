import { defineScore, eachWeight } from './score'

export default defineScore({
  id: 'synflow',
  title: 'SynFlow',
  help: 'Keeps the weights through which most flows when all are positive; looks at no example. In one shot.',
  definition:
    '|θ_0 ∂R/∂θ_0|, R the sum of logits of the network with weights |θ_0| on an input of ones at every place of the ' +
    'one-hot tokens; ranked over all parameters together. One shot where the paper prunes in a hundred rounds.',
  source: 'arXiv:2006.05467 eq. 4',
  share: 'all',
  isBeforeTraining: true,
  measure: ({ initial, gradient }) =>
    eachWeight((weight, slope) => Math.abs(weight * slope), initial, gradient.ofFlow(initial, 'ones')),
})
