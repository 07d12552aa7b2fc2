import { tokenAt } from './components/gate'
import { atLast, everySequence } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

const equals = 3

export default defineKnownCircuit({
  id: 'modular-sum',
  title: 'Sum of three numbers modulo 3, one after the other',
  says: 'Three heads read the numbers, the first MLP adds two of them, the second adds the third.',
  source: 'arXiv:2301.05217',
  n_ctx: 4,
  d_vocab: 4,
  isCausal: true,
  domain: () => everySequence(3, 3).map((numbers) => [...numbers, equals]),
  answered: atLast,
  answer: ([x, y, z]) => (x! + y! + z!) % 3,
  program(rasp) {
    const add = (x: number, y: number): number => (x + y) % 3
    const [x, y, z] = [0, 1, 2].map((pos) => tokenAt(rasp, pos))
    const sum = rasp.map([x!, y!], 3, (one, other) => add(one!, other!))
    return rasp.map([sum, z!], 3, (one, other) => add(one!, other!))
  },
})
