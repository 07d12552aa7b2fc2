import { additionTable } from './components/addition-table'
import { defineProbe } from './probe'

export default defineProbe({
  id: 'explained-variance',
  title: 'Explained variance of the logits',
  help:
    'Share of the variance of the logits over all pairs that lies along cos(w(a + b − c)) at the key frequencies of this ' +
    'step: how much of the network is the circuit that adds. For addition by a transformer.',
  unit: '1',
  source: 'arXiv:2301.05217 §4.1',
  parts: [],
  measure(ctx): Readonly<Record<string, number>> {
    const table = additionTable(ctx)
    return table ? { '': table.freqs.reduce((sum, freq) => sum + table.harmonics.cosineShares[freq]!, 0) } : {}
  },
})
