import { atLast, everySequence } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'two-hop',
  title: 'The token at the index at an index',
  says: 'The last token is an index; the token there is an index too, which a head of the next layer follows.',
  source: 'arXiv:2405.15071',
  n_ctx: 5,
  d_vocab: 4,
  isCausal: true,
  domain: () => everySequence(5, 4),
  answered: atLast,
  answer: (tokens) => tokens[tokens[tokens.at(-1)!]!]!,
  program({ tokens, positions, attend }) {
    const first = attend({ query: tokens, key: positions, selects: (index, pos) => index === pos }, tokens)
    return attend({ query: first, key: positions, selects: (index, pos) => index === pos }, tokens)
  },
})
