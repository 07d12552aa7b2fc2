import { bitDomain, tokenAt } from './components/gate'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'or-redundancy',
  title: 'A bit seen by either of two heads',
  says: 'Two heads read the same bit and the MLP takes their OR: either alone is enough to see that it is set.',
  source: 'arXiv:2304.14997 app. J',
  ...bitDomain(2),
  answer: ([bit]) => bit!,
  program: (rasp) => rasp.map([tokenAt(rasp, 0), tokenAt(rasp, 0)], 2, (x, y) => (x === 1 || y === 1 ? 1 : 0)),
  redundancy: {
    alternatives: [['a0.0'], ['a0.1']],
    needed: 1,
    why: 'the OR of two copies of a set bit stays set when one of them is exchanged for a bit that is not',
  },
  clean: {
    why: 'the copies are redundant only where the bit is set: an OR of zeros changes with either',
    holds: ([bit]) => bit === 1,
  },
})
