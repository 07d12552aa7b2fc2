import { defineScore, eachWeight } from './score'

export default defineScore({
  id: 'synflow-on-examples',
  title: 'SynFlow on examples',
  help: 'SynFlow with the training examples in place of ones, as the code of Grokking Tickets has it.',
  definition:
    '|θ_0 ∂R/∂θ_0|, R the sum of logits of the network with weights |θ_0| over the training examples; ranked over all ' +
    'parameters together',
  source: 'arXiv:2006.05467 eq. 4, on the input of the code of arXiv:2310.19470',
  share: 'all',
  isBeforeTraining: true,
  measure: ({ initial, gradient }) =>
    eachWeight((weight, slope) => Math.abs(weight * slope), initial, gradient.ofFlow(initial, 'examples')),
})
