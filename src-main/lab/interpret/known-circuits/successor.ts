import { everySequence, everywhere } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'successor',
  title: 'Next in the alphabet',
  says: 'The MLP looks up the token after the one it stands on; attention does nothing.',
  source: 'arXiv:2407.14494',
  n_ctx: 3,
  d_vocab: 5,
  isCausal: true,
  domain: () => everySequence(3, 5),
  answered: everywhere,
  answer: (tokens, pos) => (tokens[pos]! + 1) % 5,
  program: ({ tokens, map }) => map([tokens], 5, (token) => (token! + 1) % 5),
})
