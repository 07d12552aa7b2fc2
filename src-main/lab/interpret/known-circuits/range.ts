import { everySequence, everywhere } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'range',
  title: 'Largest less smallest',
  says: 'One head finds the largest token, another the smallest, the MLP looks up the difference.',
  source: 'arXiv:2406.11779',
  n_ctx: 4,
  d_vocab: 4,
  isCausal: true,
  domain: () => everySequence(4, 4),
  answered: everywhere,
  answer: (tokens, pos) => Math.max(...tokens.slice(0, pos + 1)) - Math.min(...tokens.slice(0, pos + 1)),
  program({ tokens, attend, map }) {
    const largest = attend({ key: tokens, selects: (_query, token) => token }, tokens)
    const smallest = attend({ key: tokens, selects: (_query, token) => -token }, tokens)
    return map([largest, smallest], 4, (high, low) => Math.max(0, high! - low!))
  },
})
