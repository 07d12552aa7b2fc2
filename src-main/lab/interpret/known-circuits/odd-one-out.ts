import { countOf, start, startShare } from './components/selector-width'
import { after, atLast, everySequence } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

/** Letters that occur once. */
function single([, ...letters]: readonly number[]): readonly number[] {
  return letters.filter((one) => letters.filter((other) => other === one).length === 1)
}

export default defineKnownCircuit({
  id: 'odd-one-out',
  title: 'The token that occurs once',
  says: 'A head counts the own token, the MLP says where the count is one, a second head looks there and copies the token.',
  source: 'arXiv:2407.14494',
  n_ctx: 6,
  d_vocab: 4,
  isCausal: false,
  domain: () => {
    const words = everySequence(5, 3).map((letters) => letters.map((letter) => letter + 1))
    return after(start, words).filter((tokens) => single(tokens).length === 1)
  },
  answered: atLast,
  answer: (tokens) => single(tokens)[0]!,
  program(rasp) {
    const { tokens, attend, map } = rasp
    const share = startShare(rasp, 5, (own, other) => own === other)
    const isSingle = map([share], 2, (value) => (countOf(value!) === 1 ? 1 : 0))
    return attend({ key: isSingle, selects: (_query, key) => key === 1 }, tokens)
  },
})
