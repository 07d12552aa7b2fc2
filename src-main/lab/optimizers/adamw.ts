import { number } from '../../base/settings'
import { adamStep } from '../../engine/ops/adam-step'
import { defineOptimizer } from './optimizer'

export default defineOptimizer({
  id: 'adamw',
  title: 'AdamW',
  help: 'Adam with weight decay that shrinks the weights directly, by learning rate times weight decay a step.',
  source: 'arXiv:1711.05101 alg. 2, in the order of PyTorch: decay first, then the Adam step',
  fields: {
    learningRate: number({
      title: 'Learning rate',
      help: 'Size of a step. Adam moves each weight by about this much.',
      default: 0.01,
      min: 0,
      max: 10,
    }),
    weightDecay: number({
      title: 'Weight decay',
      help: 'Each step multiplies the weights by 1 − learning rate · weight decay. More of it removes memorizing neurons.',
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
      default: 0.98,
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
    const decay = 1 - settings.learningRate * weightDecay
    const { param: next, m, v } = adamStep({ param, grad, m: slots['m']!, v: slots['v']! }, { ...settings, decay }, step)
    return { param: next, slots: { m, v } }
  },
})
