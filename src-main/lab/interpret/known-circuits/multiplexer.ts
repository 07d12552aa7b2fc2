import { gate } from './components/gate'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'multiplexer',
  title: 'One of two bits, chosen by a third',
  says: 'A head each reads the three bits, the MLP looks up the second or, where the first is set, the third.',
  source: 'arXiv:2407.00886',
  ...gate({ bits: 3, of: (choice, x, y) => (choice === 1 ? y! : x!) }),
})
