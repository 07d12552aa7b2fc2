import { countOf, start, startShare } from './components/selector-width'
import { after, afterFirst, everySequence } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'histogram',
  title: 'How often the own token occurs',
  says: 'A head looks at the start and at every position with the same token; the share of the start, 1 / (1 + count), tells the MLP the count.',
  source: 'arXiv:2301.05062 §3',
  n_ctx: 5,
  d_vocab: 4,
  isCausal: false,
  domain: () => after(start, everySequence(4, 3).map((letters) => letters.map((letter) => letter + 1))),
  answered: afterFirst,
  answer: (tokens, pos) => tokens.filter((token) => token === tokens[pos]).length,
  program: (rasp) => rasp.map([startShare(rasp, 4, (own, other) => own === other)], 5, countOf),
})
