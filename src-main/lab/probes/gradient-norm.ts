import { defineProbe } from './probe'

export default defineProbe({
  id: 'gradient-norm',
  title: 'Gradient norm',
  help: 'L2 norm over the gradients of the step just taken. Absent at step 0, before any gradient exists.',
  unit: '1',
  source: 'the gradient the optimizer received',
  parts: [],
  measure(ctx): Readonly<Record<string, number>> {
    const norm = ctx.gradientNorm()
    return norm === undefined ? {} : { '': norm }
  },
})
