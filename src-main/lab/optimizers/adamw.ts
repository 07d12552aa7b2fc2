import { number } from '../../base/settings'
import type { AdamSettings } from '../../engine/ops/adam-step'
import { momentFields } from './components/moment-fields'
import { momentSteps } from './components/moments'
import { defineOptimizer, type OptimizerOutcome, type OptimizerStep } from './optimizer'

type Settings = AdamSettings & { readonly weightDecay: number }

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
  update: (settings, at) => steps(settings, [at])[0]!,
  updateAll: (settings, all) => steps(settings, all),
})

function steps({ weightDecay, ...settings }: Settings, all: readonly OptimizerStep[]): readonly OptimizerOutcome[] {
  return momentSteps(all, { ...settings, decay: 1 - settings.learningRate * weightDecay })
}
