import { defineProbe } from './probe'

export default defineProbe({
  id: 'weight-norm',
  title: 'Weight norm',
  help: 'L2 norm over all parameters. It grows while a network memorizes and falls under weight decay as it generalizes.',
  unit: '1',
  source: 'arXiv:2301.05217 §5 (there its square)',
  parts: [],
  measure(ctx) {
    let square = 0
    for (const { data } of Object.values(ctx.params())) {
      for (let i = 0; i < data.length; i++) square += data[i]! * data[i]!
    }
    return { '': Math.sqrt(square) }
  },
})
