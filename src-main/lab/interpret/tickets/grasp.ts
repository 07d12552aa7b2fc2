/**
 * Gradient signal preservation: removing weight i changes the squared norm of the gradient by about -2 theta_i (H g)_i,
 * so the weights with the highest theta · H g hold the gradient up and are kept. The loss is that of logits divided by
 * 200, at which the softmax of an untrained network is soft whatever its scale.
 *
 * Source: arXiv:2002.07376 eq. 8 and its code; it writes the negative and keeps the lowest.
 */
import { defineScore, eachWeight } from './score'

const temperature = 200

export default defineScore({
  id: 'grasp',
  title: 'GraSP',
  help: 'Keeps the weights that hold the gradient up before training.',
  definition:
    'θ_0 ⊙ H g at θ_0, with g gradient and H Hessian of the mean loss of logits / 200 over the training examples; H g by ' +
    'central differences of the gradient along g; ranked over all parameters together',
  source: 'arXiv:2002.07376 eq. 8',
  share: 'all',
  isBeforeTraining: true,
  measure: ({ initial, gradient }) =>
    eachWeight((weight, curved) => weight * curved, initial, gradient.hessianGradient(initial, { temperature })),
})
