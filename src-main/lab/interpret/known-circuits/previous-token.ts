import { afterFirst, everySequence } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'previous-token',
  title: 'Previous token',
  says: 'A head looks one position back by position and writes the token it finds.',
  source: 'arXiv:2209.11895',
  n_ctx: 4,
  d_vocab: 4,
  isCausal: true,
  domain: () => everySequence(4, 4),
  answered: afterFirst,
  answer: (tokens, pos) => tokens[pos - 1]!,
  program: ({ tokens, positions, attend }) => attend({ query: positions, key: positions, selects: (at, from) => from === at - 1 }, tokens),
})
