import { bracketVariables, isBalanced } from './components/brackets'
import { atLast, everySequence } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'shuffle-dyck',
  title: 'Two kinds of balanced brackets, shuffled',
  says: 'As for one kind of brackets, twice side by side: each kind balanced by itself, however they interleave.',
  source: 'arXiv:2301.05062 §3',
  n_ctx: 4,
  d_vocab: 4,
  isCausal: true,
  domain: () => everySequence(4, 4),
  answered: atLast,
  answer: (tokens) => (isBalanced(tokens, 0, 1) && isBalanced(tokens, 2, 3) ? 1 : 0),
  program(rasp) {
    const [round, square] = [bracketVariables(rasp, 4, [0, 1]), bracketVariables(rasp, 4, [2, 3])]
    const isRound = rasp.map([round.isZero, round.isEverBelow], 2, (zero, below) => (zero === 1 && below === 0 ? 1 : 0))
    const isSquare = rasp.map([square.isZero, square.isEverBelow], 2, (zero, below) => (zero === 1 && below === 0 ? 1 : 0))
    return rasp.map([isRound, isSquare], 2, (x, y) => x! & y!)
  },
})
