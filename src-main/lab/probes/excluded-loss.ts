import { additionTable } from './components/addition-table'
import { defineProbe } from './probe'

export default defineProbe({
  id: 'excluded-loss',
  title: 'Excluded loss',
  help:
    'Loss on the training pairs of logits without the key frequencies’ cosines and sines of a + b. It stays low while ' +
    'the network memorizes and rises as it comes to rely on the circuit that generalizes. For addition by a transformer.',
  unit: '1',
  source: 'arXiv:2301.05217 §5.1; differs: key frequencies are those of the network at this step, not of the last one',
  parts: [],
  measure(ctx): Readonly<Record<string, number>> {
    const table = additionTable(ctx)
    const { train, labels } = ctx.dataset
    if (!table || train.length === 0) return {}
    const wanted = train.map((pair) => labels[pair]!)
    return { '': ctx.lossOf(table.harmonics.removed(table.freqs, train), wanted) }
  },
})
