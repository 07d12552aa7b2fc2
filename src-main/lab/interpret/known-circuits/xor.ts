import { gate } from './components/gate'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'xor',
  title: 'XOR of two bits',
  says: 'A head each reads the two bits, the MLP looks up whether they differ.',
  source: 'arXiv:2407.00886',
  ...gate({ bits: 2, of: (x, y) => (x === y ? 0 : 1) }),
})
