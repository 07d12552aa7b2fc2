import { gate } from './components/gate'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'majority',
  title: 'Majority of three bits',
  says: 'A head each reads the three bits, the MLP looks up what most of them are.',
  source: 'arXiv:2407.00886',
  ...gate({ bits: 3, of: (x, y, z) => (x! + y! + z! >= 2 ? 1 : 0) }),
})
