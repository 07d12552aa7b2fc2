import { bitDomain, tokenAt } from './components/gate'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'xor-redundancy',
  title: 'XOR of a bit and the vote of three heads on another',
  says: 'Three heads read the first bit, a fourth the second; the MLP looks up whether the majority of the three differs from the fourth.',
  source: 'arXiv:2304.14997 app. J',
  ...bitDomain(2),
  answer: ([x, y]) => x! ^ y!,
  program(rasp) {
    const copies = [0, 0, 0].map((pos) => tokenAt(rasp, pos))
    const isSet = (bit: number | undefined): number => (bit === 1 ? 1 : 0)
    return rasp.map([...copies, tokenAt(rasp, 1)], 2, (x, y, z, other) => {
      return (isSet(x) + isSet(y) + isSet(z) >= 2 ? 1 : 0) ^ isSet(other)
    })
  },
  redundancy: {
    alternatives: [['a0.0'], ['a0.1'], ['a0.2']],
    needed: 2,
    why: 'two of three copies decide, whatever the third one says',
  },
})
