/** Colored objects in symbols. What the symbols are, and why: components/symbols.ts. */
import { choice } from '../../base/settings'
import { familyDataset, symbolicFields, symbolText } from './components/symbolic-task'
import { drawColoredObjects, wordOrders } from './components/symbols'
import { defineTask } from './task'

export default defineTask({
  id: 'symbolic-colored-objects',
  title: 'Colored objects in symbols',
  help: 'Two objects with their colours, then one is asked for. There are 6,272 examples.',
  source: 'arXiv:2310.08744; in symbols',
  fields: {
    ...symbolicFields(4096),
    order: choice({
      title: 'Word order',
      help: 'Whether an object stands before its colour, so that the colour follows the word that is asked for, or after it.',
      choices: wordOrders,
      default: 'object colour',
    }),
  },
  tokenText: symbolText,
  create: ({ order, ...settings }, rng) => familyDataset(settings, (draws) => drawColoredObjects(draws, order), rng),
})
