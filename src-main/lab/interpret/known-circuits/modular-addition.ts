import { tokenAt } from './components/gate'
import { atLast, everySequence } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

const equals = 5
const resultOf = (x: number, y: number): number => (x + y) % 5

export default defineKnownCircuit({
  id: 'modular-addition',
  title: 'Modular addition by lookup',
  says: 'A head each reads the two numbers, the MLP looks up their sum modulo 5, a neuron a pair.',
  source: 'arXiv:2301.05217',
  n_ctx: 3,
  d_vocab: 6,
  isCausal: true,
  domain: () => everySequence(2, 5).map((numbers) => [...numbers, equals]),
  answered: atLast,
  answer: ([x, y]) => resultOf(x!, y!),
  program: (rasp) => rasp.map([tokenAt(rasp, 0), tokenAt(rasp, 1)], 5, (x, y) => resultOf(x!, y!)),
})
