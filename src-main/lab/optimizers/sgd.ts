import { boolean, number } from '../../base/settings'
import { defineOptimizer } from './optimizer'

export default defineOptimizer({
  id: 'sgd',
  title: 'SGD with momentum',
  help: 'Steps along the gradient, with a velocity that remembers earlier ones.',
  source: 'Sutskever et al., ICML 2013, in the form of PyTorch: the learning rate multiplies the velocity',
  fields: {
    learningRate: number({
      title: 'Learning rate',
      help: 'The step is this times the velocity. Too large diverges.',
      default: 0.1,
      min: 0,
      max: 1e6,
    }),
    momentum: number({
      title: 'Momentum',
      help: 'Share of the velocity kept each step; 0 is plain gradient descent.',
      default: 0,
      min: 0,
      max: 0.9999,
    }),
    nesterov: boolean({
      title: 'Nesterov',
      help: 'Looks one step ahead along the velocity. Without momentum it changes nothing.',
      default: false,
    }),
    weightDecay: number({
      title: 'Weight decay',
      help: 'Added to the gradient times the weight.',
      default: 0,
      min: 0,
      max: 1000,
    }),
  },
  slots: ['velocity'],
  update({ learningRate, momentum, nesterov, weightDecay }, { param, grad, slots }) {
    const penalized = weightDecay === 0 ? grad : grad.add(param.mul(weightDecay))
    const velocity = slots['velocity']!.mul(momentum).add(penalized)
    const direction = nesterov ? penalized.add(velocity.mul(momentum)) : velocity
    return { param: param.sub(direction.mul(learningRate)), slots: { velocity } }
  },
})
