import { keyThreshold } from '../../base/sum-harmonics'
import { additionTable } from './components/addition-table'
import { defineProbe } from './probe'

export default defineProbe({
  id: 'key-frequencies',
  title: 'Key frequencies',
  help:
    `Number of harmonics of a + b that hold at least ${100 * keyThreshold.share} % of the variance of the logits over all ` +
    'pairs. None before a circuit forms. For addition by a transformer.',
  unit: '1',
  source: 'arXiv:2301.05217 §4.1; the threshold is this program’s',
  parts: [],
  measure(ctx): Readonly<Record<string, number>> {
    const table = additionTable(ctx)
    return table ? { '': table.freqs.length } : {}
  },
})
