import { bracketVariables, isBalanced } from './components/brackets'
import { atLast, everySequence } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'dyck',
  title: 'Balanced brackets',
  says:
    'A head averages +1 and −1 so far, the MLP says where that is below zero and where it is zero, a second ' +
    'head averages the first over all positions, the MLP joins both at the end.',
  source: 'arXiv:2301.05062 §3',
  n_ctx: 6,
  d_vocab: 2,
  isCausal: true,
  domain: () => everySequence(6, 2),
  answered: atLast,
  answer: (tokens) => (isBalanced(tokens, 0, 1) ? 1 : 0),
  program(rasp) {
    const { isZero, isEverBelow } = bracketVariables(rasp, 6, [0, 1])
    return rasp.map([isZero, isEverBelow], 2, (zero, below) => (zero === 1 && below === 0 ? 1 : 0))
  },
})
