import { keyThreshold } from '../../base/sum-harmonics'
import { additionTable } from './components/addition-table'
import { defineProbe } from './probe'

export default defineProbe({
  id: 'key-frequencies',
  title: 'Key frequencies',
  help:
    `Harmonics of a + b that hold at least ${100 * keyThreshold.share} % of the variance of the logits: how many, and the share ` +
    'of that variance along their cos(w(a + b − c)). For addition by a transformer.',
  unit: '1',
  source: 'arXiv:2301.05217 §4.1; the threshold is this program’s',
  parts: [
    { id: 'count', title: 'number' },
    { id: 'explained', title: 'share of the logits’ variance they explain' },
  ],
  measure(ctx): Readonly<Record<string, number>> {
    const table = additionTable(ctx)
    if (!table) return {}
    const { freqs, harmonics } = table
    return { count: freqs.length, explained: freqs.reduce((sum, freq) => sum + harmonics.cosineShares[freq]!, 0) }
  },
})
