import { bitDomain, tokenAt } from './components/gate'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'and-redundancy',
  title: 'A bit seen by both of two heads',
  says: 'Two heads read the same bit and the MLP takes their AND: ablating either hides a set bit, restoring either alone does not bring it back.',
  source: 'arXiv:2304.14997 app. J',
  ...bitDomain(2),
  answer: ([bit]) => bit!,
  program: (rasp) => rasp.map([tokenAt(rasp, 0), tokenAt(rasp, 0)], 2, (x, y) => (x === 1 && y === 1 ? 1 : 0)),
})
