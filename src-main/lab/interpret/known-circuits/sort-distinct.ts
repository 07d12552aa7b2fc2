import { countOf, start, startShare } from './components/selector-width'
import { after, afterFirst, everyArrangement } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'sort-distinct',
  title: 'Sorting different tokens',
  says: 'A head counts the smaller tokens, the MLP makes the count a rank, a second head looks up whose rank is the position.',
  source: 'arXiv:2301.05062 §3',
  n_ctx: 5,
  d_vocab: 6,
  isCausal: false,
  domain: () => after(start, everyArrangement(4, 5).map((letters) => letters.map((letter) => letter + 1))),
  answered: afterFirst,
  answer: (tokens, pos) => tokens.toSorted((x, y) => x - y)[pos]!,
  program(rasp) {
    const { tokens, positions, attend, map } = rasp
    const share = startShare(rasp, 3, (own, other) => other < own)
    // The start has a rank nobody asks for.
    const rank = map([share, positions], 5, (value, pos) => (pos === 0 ? 4 : countOf(value!)))
    return attend({ query: positions, key: rank, selects: (pos, place) => place === pos - 1 }, tokens)
  },
})
