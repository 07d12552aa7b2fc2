/**
 * Four families for one network: do tasks that need the same steps use the same heads?
 *
 * 1. Indirect object, colored objects and max of two begin at position 0 and end in A, where the answer is asked; the answer
 *    and padding follow. So A stands at another position in each, and a network cannot tell by position what it is asked.
 * 2. Repeated sequences of eight distinct symbols fill positions 0 to 15. They are asked from position 7 on, where the
 *    second copy begins, and teach the network to copy: without them colored objects stays at guessing for long.
 * 3. Scored are positions 3, the first A there is, to 14. Wherever no answer is asked the label is padding, which is little
 *    work; the accuracy of a family is measured on prompts of that family.
 *
 * Every family has as many training examples as the largest; small families are repeated.
 * Source: arXiv:2310.08744, in symbols; see components/symbols.ts.
 */
import { choice } from '../../base/settings'
import type { Rng } from '../../base/rng'
import { symbolicDataset, type SymbolicRow } from './components/symbolic-dataset'
import { unpaddedPair } from './components/symbolic-prompt'
import { symbolicFields, symbolText } from './components/symbolic-task'
import {
  drawColoredObjects, drawDistinct, drawIoi, drawMaxOfTwo, padding, symbols, symbolicWidth, wordOrders, type SymbolicPair,
} from './components/symbols'
import { defineTask } from './task'

const copyLength = symbolicWidth
const n_ctx = 2 * copyLength - 1
/** From the A of the shortest family on. */
const firstScored = 3
const scoredPositions = Array.from({ length: n_ctx - firstScored }, (_, i) => firstScored + i)

export default defineTask({
  id: 'circuit-reuse',
  title: 'Four families for one network',
  help: 'Indirect object, colored objects, max of two and repeated sequences in one vocabulary.',
  source: 'arXiv:2310.08744; in symbols',
  fields: {
    ...symbolicFields(2048),
    order: choice({
      title: 'Word order',
      help: 'With the colour after its object, copying serves colored objects as it serves the others; before it, it does not.',
      choices: wordOrders,
      default: 'object colour',
    }),
  },
  tokenText: symbolText,
  create({ examples, trainFraction, order }, rng) {
    const family = (name: string, draw: (rng: Rng) => SymbolicPair): readonly SymbolicRow[] =>
      drawDistinct(rng.fork(name), examples, draw).map(unpaddedPair).map(({ clean, answer }) => {
        const asked = clean.length - 1
        return {
          tokens: [...clean, answer, ...padded(n_ctx - clean.length - 1)],
          labels: scoredPositions.map((pos) => (pos === asked ? answer : padding)),
        }
      })
    const families = [
      family('ioi', drawIoi),
      family('colored objects', (draws) => drawColoredObjects(draws, order)),
      family('max of two', drawMaxOfTwo),
      repeatedRows(rng.fork('repeated'), examples),
    ]
    return symbolicDataset(families, { n_ctx, scoredPositions, trainFraction }, rng)
  },
})

const padded = (count: number): readonly string[] => new Array<string>(count).fill(padding)

function repeatedRows(rng: Rng, count: number): readonly SymbolicRow[] {
  return Array.from({ length: count }, () => {
    const ids = rng.permutation(symbols.length - 1).subarray(0, copyLength)
    // Every symbol but the padding, which is the first.
    const sequence = Array.from(ids, (id) => symbols[id + 1]!)
    return { tokens: [...sequence, ...sequence.slice(0, -1)], labels: [...padded(scoredPositions.length - copyLength), ...sequence] }
  })
}
