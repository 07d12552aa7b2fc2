import { start } from './components/selector-width'
import { after, atLast, everySequence } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

/** The last token has one earlier occurrence, so that what follows it is determined. */
const occursOnceBefore = (tokens: readonly number[]): boolean => tokens.filter((token) => token === tokens.at(-1)).length === 2

export default defineKnownCircuit({
  id: 'induction',
  title: 'Induction',
  says: 'A head writes the token before, a second head looks for the place whose token before is the last token, and copies what stands there.',
  source: 'arXiv:2209.11895',
  n_ctx: 6,
  d_vocab: 5,
  isCausal: true,
  domain: () => after(start, everySequence(5, 4).map((letters) => letters.map((letter) => letter + 1))).filter(occursOnceBefore),
  answered: atLast,
  answer: (tokens) => tokens[tokens.indexOf(tokens.at(-1)!) + 1]!,
  program({ tokens, positions, attend }) {
    const before = attend({ query: positions, key: positions, selects: (at, from) => from === at - 1 }, tokens)
    return attend({ query: tokens, key: before, selects: (own, other) => own === other }, tokens)
  },
})
