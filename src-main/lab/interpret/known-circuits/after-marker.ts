import { start } from './components/selector-width'
import { after, atLast, everySequence } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

const marker = 1

export default defineKnownCircuit({
  id: 'after-marker',
  title: 'The token after a marker',
  says: 'A head writes the token before, a second head looks for the place after the marker and copies the token there.',
  source: 'arXiv:2407.14494',
  n_ctx: 6,
  d_vocab: 5,
  isCausal: true,
  // One marker, not at the end: anywhere among three letters and before a last one.
  domain: () => {
    const words = everySequence(4, 3).map((word) => word.map((letter) => letter + 2))
    return [0, 1, 2, 3].flatMap((at) => after(start, words.map((word) => word.toSpliced(at, 0, marker))))
  },
  answered: atLast,
  answer: (tokens) => tokens[tokens.indexOf(marker) + 1]!,
  program({ tokens, positions, attend }) {
    const before = attend({ query: positions, key: positions, selects: (at, from) => from === at - 1 }, tokens)
    return attend({ key: before, selects: (_query, token) => token === marker }, tokens)
  },
})
