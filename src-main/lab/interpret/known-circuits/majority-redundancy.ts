import { bitDomain, tokenAt } from './components/gate'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'majority-redundancy',
  title: 'A bit by vote of three heads',
  says: 'Three heads read the same bit and the MLP takes the majority: no single one of them is needed.',
  source: 'arXiv:2304.14997 app. J',
  ...bitDomain(2),
  answer: ([bit]) => bit!,
  program(rasp) {
    const copies = [0, 0, 0].map((pos) => tokenAt(rasp, pos))
    return rasp.map(copies, 2, (x, y, z) => ([x, y, z].filter((bit) => bit === 1).length >= 2 ? 1 : 0))
  },
  redundancy: {
    alternatives: [['a0.0'], ['a0.1'], ['a0.2']],
    needed: 2,
    why: 'two of three copies decide, whatever the third one says',
  },
})
