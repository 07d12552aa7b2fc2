import { tokenAt } from './components/gate'
import { everySequence, everywhere } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

export default defineKnownCircuit({
  id: 'copy-first',
  title: 'Copy of the first token',
  says: 'Every position looks at the first one and writes its token.',
  source: 'arXiv:2106.06981',
  n_ctx: 4,
  d_vocab: 4,
  isCausal: true,
  domain: () => everySequence(4, 4),
  answered: everywhere,
  answer: ([first]) => first!,
  program: (rasp) => tokenAt(rasp, 0),
})
