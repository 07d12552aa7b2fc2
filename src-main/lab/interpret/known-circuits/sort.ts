import { countOf, isFirst, start } from './components/selector-width'
import { after, afterFirst, everySequence } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

const n_ctx = 5

export default defineKnownCircuit({
  id: 'sort',
  title: 'Sorting tokens that may be equal',
  says:
    'The first MLP joins token and position so that equal tokens keep their order, a head counts what comes ' +
    'before, the MLP makes it a rank, a second head looks up whose rank is the position.',
  source: 'arXiv:2301.05062 §3',
  n_ctx,
  d_vocab: 4,
  isCausal: false,
  domain: () => after(start, everySequence(4, 3).map((letters) => letters.map((letter) => letter + 1))),
  answered: afterFirst,
  answer: (tokens, pos) => tokens.toSorted((x, y) => x - y)[pos]!,
  program({ tokens, positions, attend, average, map }) {
    const joined = map([tokens, positions], 4 * n_ctx, (token, pos) => token! * n_ctx + pos!)
    const looking = { query: joined, key: joined, selects: (own: number, other: number) => other === 0 || other < own }
    const values = [1 / 5, 1 / 4, 1 / 3, 1 / 2, 1]
    const share = average(looking, positions, { as: isFirst, values })
    const rank = map([share, positions], n_ctx, (value, pos) => (pos === 0 ? 4 : Math.min(4, countOf(value!))))
    return attend({ query: positions, key: rank, selects: (pos, place) => place === pos - 1 }, tokens)
  },
})
