import { everySequence, everywhere } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'max',
  title: 'Largest token so far',
  says: 'A head gives larger tokens larger scores and copies the one it sees.',
  source: 'arXiv:2406.11779',
  n_ctx: 4,
  d_vocab: 4,
  isCausal: true,
  domain: () => everySequence(4, 4),
  answered: everywhere,
  answer: (tokens, pos) => Math.max(...tokens.slice(0, pos + 1)),
  program: ({ tokens, attend }) => attend({ key: tokens, selects: (_query, token) => token }, tokens),
})
