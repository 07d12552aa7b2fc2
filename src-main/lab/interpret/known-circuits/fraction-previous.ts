import { fractionsUpTo } from './components/program'
import { everySequence, everywhere } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

const shares = [...new Set(fractionsUpTo(3))].sort((x, y) => x - y)

export default defineKnownCircuit({
  id: 'fraction-previous',
  title: 'Share of ones so far',
  says: 'A head averages over everything so far whether a token is 1; the MLP looks up which of the possible shares it is.',
  source: 'arXiv:2301.05062 §3',
  n_ctx: 3,
  d_vocab: 2,
  isCausal: true,
  domain: () => everySequence(3, 2),
  answered: everywhere,
  answer: (tokens, pos) => shares.indexOf(tokens.slice(0, pos + 1).filter((token) => token === 1).length / (pos + 1)),
  program({ tokens, average, map }) {
    const share = average({}, tokens, { as: (token) => token, values: shares })
    return map([share], shares.length, (value) => shares.indexOf(value!))
  },
})
