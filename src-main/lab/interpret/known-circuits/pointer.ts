import { atLast, everySequence } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'pointer',
  title: 'The token at an index',
  says: 'The last token is an index: its head looks at that position and copies the token there.',
  source: 'arXiv:2106.06981',
  n_ctx: 5,
  d_vocab: 4,
  isCausal: true,
  domain: () => everySequence(5, 4),
  answered: atLast,
  answer: (tokens) => tokens[tokens.at(-1)!]!,
  program: ({ tokens, positions, attend }) => attend({ query: tokens, key: positions, selects: (index, pos) => index === pos }, tokens),
})
