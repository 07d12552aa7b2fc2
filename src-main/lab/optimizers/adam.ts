import { number } from '../../base/settings'
import { adamStep } from '../../engine/ops/adam-step'
import { momentFields } from './components/moment-fields'
import { defineOptimizer } from './optimizer'

const { learningRate, ...averages } = momentFields({ learningRate: 0.001, beta2: 0.999 })

export default defineOptimizer({
  id: 'adam',
  title: 'Adam',
  help: 'Steps scaled by a moving average of the squared gradient. Weight decay is added to the gradient (L2 penalty).',
  source: 'arXiv:1412.6980 alg. 1; L2 penalty as in PyTorch',
  fields: {
    learningRate,
    weightDecay: number({
      title: 'L2 penalty',
      help: 'Added to the gradient times the weight, before the averages. Weaker than AdamW’s where gradients are large.',
      default: 0,
      min: 0,
      max: 1000,
    }),
    ...averages,
  },
  slots: ['m', 'v'],
  update({ weightDecay, ...settings }, { param, grad, slots, step }) {
    const penalized = weightDecay === 0 ? grad : grad.add(param.mul(weightDecay))
    const { param: next, m, v } = adamStep({ param, grad: penalized, m: slots['m']!, v: slots['v']! }, settings, step)
    return { param: next, slots: { m, v } }
  },
})
