/**
 * Random sequences, each followed by itself: what induction heads are for.
 *
 * 1. An example is [start] x_1 … x_L x_1 … x_L with x_i drawn uniformly from the vocabulary, each for itself or, with
 *    distinct tokens, without putting back.
 * 2. The label of a position is the token after it. The first half cannot be foreseen: its best loss is log(vocabulary).
 *    The second can, from x_1 on, by looking for what followed the present token before. A token that stands in the
 *    sequence twice leaves some of it open unless more than one token is looked at; distinct tokens leave nothing open.
 * 3. Scored are the positions whose answer can be foreseen, or every position there is.
 * 4. With a shortest length each sequence has a length of its own and is repeated until the example is full. With one
 *    length for all, the answer stands at a fixed distance, and a single layer finds it there without matching any token.
 *
 * Positions: x_1 of the copy stands at first = (start ? 1 : 0) + L. The last token of all has no label and is left out of
 * the input, so that n_ctx = first + L - 1.
 *
 * Source: Olsson et al., "In-context learning and induction heads", 2022, the per-token test on repeated random tokens.
 */
import { boolean, choice, integer, number } from '../../base/settings'
import type { Rng } from '../../base/rng'
import { splitOf } from './components/split'
import { defineTask } from './task'

export const scorings = ['second half', 'every position'] as const

export default defineTask({
  id: 'repeated-sequences',
  title: 'Repeated random sequences',
  help: 'Predict the next token of a random sequence that comes twice. The second time can be copied from the first.',
  source: 'Olsson et al. 2022, arXiv:2209.11895',
  fields: {
    vocabulary: integer({
      title: 'Vocabulary',
      help: 'Number of tokens that sequences are made of. With few of them, chance and short memories do well.',
      default: 64,
      min: 2,
      max: 4096,
    }),
    length: integer({
      title: 'Length',
      help: 'Number of tokens before the sequence starts again. Longer ones need positions that reach further back.',
      default: 16,
      min: 2,
      max: 256,
    }),
    shortest: integer({
      title: 'Shortest length',
      help:
        'Lengths are drawn from here to the length, each sequence its own, and sequences repeat until all examples are as ' +
        'long; 0 gives all the same length. Then distance alone, without looking at tokens, finds the copy.',
      default: 0,
      min: 0,
      max: 256,
    }),
    examples: integer({
      title: 'Examples',
      help: 'Number of sequences drawn. A network can memorize few of them instead of learning to copy.',
      default: 4096,
      min: 2,
      max: 65536,
    }),
    trainFraction: number({
      title: 'Train fraction',
      help: 'Share of the sequences that training sees; the rest tells copying from memorizing.',
      default: 0.9,
      min: 0.01,
      max: 1,
    }),
    startToken: boolean({
      title: 'Start token',
      help: 'Whether a token of its own, the last id, stands before every sequence: somewhere for heads to rest on.',
      default: true,
    }),
    distinct: boolean({
      title: 'Distinct tokens',
      help: 'Whether no token comes twice within a sequence, so that the copy is determined by the present token alone.',
      default: false,
    }),
    scored: choice({
      title: 'Scored',
      help: 'Which positions count: those that can be copied, or every one, with the unforeseeable first half.',
      choices: scorings,
      default: 'second half',
    }),
  },

  check({ vocabulary, length, shortest, distinct }) {
    if (shortest > length) return [{ key: 'shortest', message: `shortest is ${shortest}; expected at most the length, ${length}` }]
    if (!distinct || length <= vocabulary) return []
    return [{ key: 'length', message: `length is ${length}; ${vocabulary} distinct tokens make no longer sequence than that` }]
  },

  tokenText: ({ vocabulary }, token) => (token === vocabulary ? 'start' : String(token)),

  create({ vocabulary, length, shortest, examples, trainFraction, startToken, distinct, scored }, rng) {
    const first = (startToken ? 1 : 0) + length
    const n_ctx = first + length - 1
    const scoredPositions = positionsFrom(scored === 'second half' ? first : 0, n_ctx)
    const tokens = new Int32Array(examples * n_ctx)
    const labels = new Int32Array(examples * scoredPositions.length)
    const draws = rng.fork('sequences')
    for (let example = 0; example < examples; example++) {
      const own = shortest === 0 ? length : shortest + draws.below(length - shortest + 1)
      const sequence = distinct ? draws.permutation(vocabulary).subarray(0, own) : drawn(own, vocabulary, draws)
      const repeated = Array.from({ length: 2 * length }, (_, i) => sequence[i % own]!)
      const whole = startToken ? [vocabulary, ...repeated] : repeated
      tokens.set(whole.slice(0, n_ctx), example * n_ctx)
      labels.set(scoredPositions.map((pos) => whole[pos + 1]!), example * scoredPositions.length)
    }
    return {
      exampleCount: examples,
      n_ctx,
      d_vocab: startToken ? vocabulary + 1 : vocabulary,
      d_vocab_out: vocabulary,
      scoredPositions,
      tokens,
      labels,
      trueLabels: labels,
      ...splitOf(examples, { trainFraction }, rng.fork('split')),
    }
  },
})

const positionsFrom = (first: number, end: number): number[] => Array.from({ length: end - first }, (_, i) => first + i)

function drawn(length: number, bound: number, rng: Rng): Int32Array {
  return Int32Array.from({ length }, () => rng.below(bound))
}
