import { number } from '../../base/settings'
import { adamStep } from '../../engine/ops/adam-step'
import { defineOptimizer } from './optimizer'

export default defineOptimizer({
  id: 'adam',
  title: 'Adam',
  help: 'Steps scaled by a moving average of the squared gradient. Weight decay is added to the gradient (L2 penalty).',
  source: 'arXiv:1412.6980 alg. 1; L2 penalty as in PyTorch',
  fields: {
    learningRate: number({
      title: 'Learning rate',
      help: 'Size of a step. Adam moves each weight by about this much.',
      default: 0.001,
      min: 0,
      max: 10,
    }),
    weightDecay: number({
      title: 'L2 penalty',
      help: 'Added to the gradient times the weight, before the averages. Weaker than AdamW’s where gradients are large.',
      default: 0,
      min: 0,
      max: 1000,
    }),
    beta1: number({
      title: 'Beta 1',
      help: 'Memory of the gradient average: about 1 / (1 − beta 1) steps.',
      default: 0.9,
      min: 0,
      max: 0.9999,
    }),
    beta2: number({
      title: 'Beta 2',
      help: 'Memory of the squared gradient average: about 1 / (1 − beta 2) steps.',
      default: 0.999,
      min: 0,
      max: 0.99999,
    }),
    epsilon: number({
      title: 'Epsilon',
      help: 'Added to the root of the squared average. Limits the step where gradients are tiny.',
      default: 1e-8,
      min: 0,
      max: 1,
    }),
  },
  slots: ['m', 'v'],
  update({ weightDecay, ...settings }, { param, grad, slots, step }) {
    const penalized = weightDecay === 0 ? grad : grad.add(param.mul(weightDecay))
    const { param: next, m, v } = adamStep({ param, grad: penalized, m: slots['m']!, v: slots['v']! }, settings, step)
    return { param: next, slots: { m, v } }
  },
})
