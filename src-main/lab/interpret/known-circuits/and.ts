import { gate } from './components/gate'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'and',
  title: 'AND of two bits',
  says: 'A head each reads the two bits, the MLP looks up their AND.',
  source: 'arXiv:2407.00886',
  ...gate({ bits: 2, of: (x, y) => (x === 1 && y === 1 ? 1 : 0) }),
})
