import { tokenAt } from './components/gate'
import { atLast, everySequence } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

const equals = 5
const resultOf = (x: number, y: number): number => (x > y ? 1 : 0)

export default defineKnownCircuit({
  id: 'greater',
  title: 'Which of two numbers is greater',
  says: 'A head each reads the two numbers, the MLP looks up whether the first is greater, a neuron a pair.',
  source: 'arXiv:2305.00586',
  n_ctx: 3,
  d_vocab: 6,
  isCausal: true,
  domain: () => everySequence(2, 5).map((numbers) => [...numbers, equals]),
  answered: atLast,
  answer: ([x, y]) => resultOf(x!, y!),
  program: (rasp) => rasp.map([tokenAt(rasp, 0), tokenAt(rasp, 1)], 2, (x, y) => resultOf(x!, y!)),
})
