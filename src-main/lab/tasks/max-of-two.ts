/** The larger of two numbers in symbols: a control that shares no rule with the other families. */
import { familyDataset, symbolicFields, symbolText } from './components/symbolic-task'
import { drawMaxOfTwo } from './components/symbols'
import { defineTask } from './task'

export default defineTask({
  id: 'max-of-two',
  title: 'Maximum of two numbers in symbols',
  help: 'Two of twelve numbers; the answer is the larger. There are 144 examples.',
  source: 'control for arXiv:2310.08744',
  fields: symbolicFields(144),
  tokenText: symbolText,
  create: (settings, rng) => familyDataset(settings, drawMaxOfTwo, rng),
})
