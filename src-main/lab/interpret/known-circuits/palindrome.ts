import { atLast, everySequence } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'palindrome',
  title: 'Palindromes',
  says: 'A head reads the mirrored position, the MLP says where the tokens differ, a second head averages that, the MLP says whether it is nowhere.',
  source: 'arXiv:2407.14494',
  n_ctx: 4,
  d_vocab: 3,
  isCausal: false,
  domain: () => everySequence(4, 3),
  answered: atLast,
  answer: (tokens) => (tokens.every((token, pos) => token === tokens[3 - pos]) ? 1 : 0),
  program({ tokens, positions, attend, average, map }) {
    const mirrored = attend({ query: positions, key: positions, selects: (at, from) => from === 3 - at }, tokens)
    const differs = map([tokens, mirrored], 2, (own, other) => (own === other ? 0 : 1))
    const share = average({}, differs, { as: (value) => value, values: [0, 1, 2, 3, 4].map((count) => count / 4) })
    return map([share], 2, (value) => (value === 0 ? 1 : 0))
  },
})
