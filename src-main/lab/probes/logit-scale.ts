import { defineProbe } from './probe'

export default defineProbe({
  id: 'logit-scale',
  title: 'Logit scale',
  help: 'Root mean square of the logits over all pairs. Under cross-entropy it grows without bound once training is perfect.',
  unit: '1',
  source: 'arXiv:2501.04697',
  parts: [],
  measure: (ctx) => ({ '': ctx.logitScale() }),
})
