import { additionTable } from './components/addition-table'
import { defineProbe } from './probe'

export default defineProbe({
  id: 'restricted-loss',
  title: 'Restricted loss',
  help:
    'Loss over all pairs of logits that keep nothing but the key frequencies’ cosines and sines of a + b (and the mean ' +
    'over pairs). It falls as the network builds the circuit that generalizes. For addition by a transformer.',
  unit: '1',
  source: 'arXiv:2301.05217 §5.1; differs: key frequencies are those of the network at this step, not of the last one',
  parts: [],
  measure(ctx): Readonly<Record<string, number>> {
    const table = additionTable(ctx)
    if (!table) return {}
    // Every sum has as many pairs, so that the mean over sums is that over pairs.
    const sums = Int32Array.from({ length: table.modulus }, (_, sum) => sum)
    return { '': ctx.lossOf(table.harmonics.kept(table.freqs), sums) }
  },
})
