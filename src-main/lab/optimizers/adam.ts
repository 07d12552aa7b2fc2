import { number } from '../../base/settings'
import type { AdamSettings } from '../../engine/ops/adam-step'
import { momentFields } from './components/moment-fields'
import { momentSteps } from './components/moments'
import { defineOptimizer, type OptimizerOutcome, type OptimizerStep } from './optimizer'

type Settings = AdamSettings & { readonly weightDecay: number }

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
  update: (settings, at) => steps(settings, [at])[0]!,
  updateAll: (settings, all) => steps(settings, all),
})

function steps({ weightDecay, ...settings }: Settings, all: readonly OptimizerStep[]): readonly OptimizerOutcome[] {
  const penalized = (at: OptimizerStep): OptimizerStep => ({ ...at, grad: at.grad.add(at.param.mul(weightDecay)) })
  return momentSteps(weightDecay === 0 ? all : all.map(penalized), settings)
}
