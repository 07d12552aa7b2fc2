/** Indirect object identification in symbols. What the symbols are, and why: components/symbols.ts. */
import { familyDataset, symbolicFields, symbolText } from './components/symbolic-task'
import { drawIoi } from './components/symbols'
import { defineTask } from './task'

export default defineTask({
  id: 'symbolic-ioi',
  title: 'Indirect object in symbols',
  help: 'Two names, one of them repeated as the giver; the answer is the other one. There are 760 examples.',
  source: 'arXiv:2211.00593, arXiv:2310.08744; in symbols',
  fields: symbolicFields(760),
  tokenText: symbolText,
  create: (settings, rng) => familyDataset(settings, drawIoi, rng),
})
