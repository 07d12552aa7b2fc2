import { countOf, start, startShare } from './components/selector-width'
import { after, atLast, everySequence } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

const partnerOf = (token: number): number => (token % 3) + 1

export default defineKnownCircuit({
  id: 'skip-trigram',
  title: 'Skip trigram',
  says: 'The last token looks for its partner anywhere before; the MLP completes the pair, or says that there is none.',
  source: 'Elhage et al. 2021, A Mathematical Framework for Transformer Circuits',
  n_ctx: 5,
  d_vocab: 4,
  isCausal: true,
  domain: () => after(start, everySequence(4, 3).map((letters) => letters.map((letter) => letter + 1))),
  answered: atLast,
  answer: (tokens) => (tokens.includes(partnerOf(tokens.at(-1)!)) ? tokens.at(-1)! : 0),
  program(rasp) {
    const { tokens, map } = rasp
    const share = startShare(rasp, 3, (own, other) => other === partnerOf(own))
    return map([share, tokens], 4, (value, token) => (countOf(value!) > 0 ? token! : 0))
  },
})
