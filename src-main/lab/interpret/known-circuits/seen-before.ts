import { countOf, start, startShare } from './components/selector-width'
import { after, afterFirst, everySequence } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'seen-before',
  title: 'Whether the token came before',
  says: 'A head looks at the start and at equal tokens so far; the share of the start tells the MLP whether there are more than the own one.',
  source: 'arXiv:2407.14494',
  n_ctx: 5,
  d_vocab: 4,
  isCausal: true,
  domain: () => after(start, everySequence(4, 3).map((letters) => letters.map((letter) => letter + 1))),
  answered: afterFirst,
  answer: (tokens, pos) => (tokens.indexOf(tokens[pos]!) < pos ? 1 : 0),
  program: (rasp) => {
    return rasp.map([startShare(rasp, 4, (own, other) => own === other)], 2, (share) => (countOf(share!) > 1 ? 1 : 0))
  },
})
