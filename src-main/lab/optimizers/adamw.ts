import { number } from '../../base/settings'
import { adamStep } from '../../engine/ops/adam-step'
import { momentFields } from './components/moment-fields'
import { defineOptimizer } from './optimizer'

const { learningRate, ...averages } = momentFields({ learningRate: 0.01, beta2: 0.98 })

export default defineOptimizer({
  id: 'adamw',
  title: 'AdamW',
  help: 'Adam with weight decay that shrinks the weights directly, by learning rate times weight decay a step.',
  source: 'arXiv:1711.05101 alg. 2, in the order of PyTorch: decay first, then the Adam step',
  fields: {
    learningRate,
    weightDecay: number({
      title: 'Weight decay',
      help: 'Each step multiplies the weights by 1 − learning rate · weight decay. More of it removes memorizing neurons.',
      default: 0,
      min: 0,
      max: 1000,
    }),
    ...averages,
  },
  slots: ['m', 'v'],
  update({ weightDecay, ...settings }, { param, grad, slots, step }) {
    const decay = 1 - settings.learningRate * weightDecay
    const { param: next, m, v } = adamStep({ param, grad, m: slots['m']!, v: slots['v']! }, { ...settings, decay }, step)
    return { param: next, slots: { m, v } }
  },
})
