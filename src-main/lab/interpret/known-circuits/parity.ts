import { fractionsUpTo } from './components/program'
import { atLast, everySequence } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

const named = (ones: number): number => ones % 2

export default defineKnownCircuit({
  id: 'parity',
  title: 'Parity of the ones',
  says: 'A head averages over all positions whether a token is 1; the MLP looks up whether their number is odd.',
  source: 'arXiv:2407.14494',
  n_ctx: 5,
  d_vocab: 2,
  isCausal: true,
  domain: () => everySequence(5, 2),
  answered: atLast,
  answer: (tokens) => named(tokens.filter((token) => token === 1).length),
  program({ tokens, average, map }) {
    const share = average({}, tokens, { as: (token) => token, values: fractionsUpTo(5) })
    return map([share], 2, (value) => named(Math.round(5 * value!)))
  },
})
