/**
 * Arithmetic on residues with partly wrong training labels.
 *
 * 1. Every pair (a, b) of residues mod p is an example, in the order a · p + b; division leaves b = 0 out, and unordered
 *    pairs leave out those with a > b. The answer is asked after b, or after a token "=" (id p) behind it, where a causal
 *    network sees both residues from a third place.
 * 2. A permutation of the examples is drawn; its first floor(trainFraction · count) are the training examples.
 * 3. The first floor(corruptedShare · n_train) of those get a label drawn uniformly from all p classes. One in p of
 *    them is right by chance; they stay in `trainCorrupted`, as in the paper, so accuracy on corrupted examples and
 *    the share predicted as the true label can sum to slightly more than 1.
 * 4. Test labels are always clean.
 *
 * Split and corruption draw from generators of their own. Raising corruptedShare therefore corrupts more examples and
 * leaves the labels already redrawn as they are; raising trainFraction keeps every training example.
 */
import { boolean, choice, integer, number } from '../../base/settings'
import { isPrime, operations, ruleOf } from './components/residues'
import { splitOf } from './components/split'
import { defineTask } from './task'

export default defineTask({
  id: 'modular-arithmetic',
  title: 'Modular arithmetic',
  help: 'Predict a∘b mod p from the two residues a and b. A share of the training labels may be drawn at random.',
  source: 'arXiv:2201.02177; corrupted labels: arXiv:2310.13061 app. A',
  fields: {
    operation: choice({
      title: 'Operation',
      help: 'The rule behind the labels. Division is by b ≠ 0 and needs a prime modulus.',
      choices: operations,
      default: '+',
    }),
    p: integer({
      title: 'Modulus',
      help: 'Number of residues. There are p² pairs; small moduli need a larger train fraction to generalize.',
      default: 97,
      min: 2,
      max: 499,
    }),
    trainFraction: number({
      title: 'Train fraction',
      help: 'Share of all pairs that training sees. Below a threshold that depends on p the network only memorizes.',
      default: 0.5,
      min: 0.01,
      max: 1,
    }),
    corruptedShare: number({
      title: 'Corrupted share',
      help: 'Share of the training pairs whose label is drawn at random from all residues. Test labels stay clean.',
      default: 0,
      min: 0,
      max: 1,
    }),
    unorderedPairs: boolean({
      title: 'Unordered pairs',
      help: 'Takes a pair once, with a ≤ b: no unseen pair is then the mirror image of one that was trained on.',
      default: false,
    }),
    equalsToken: boolean({
      title: 'Equals token',
      help: 'Whether a third token "=", of its own id p, follows the residues and is where the answer is asked.',
      default: false,
    }),
    equalsClass: boolean({
      title: 'Equals class',
      help: 'Whether "=" is also among the classes, though never right: networks with one vocabulary for both have it so.',
      default: false,
    }),
  },

  check({ operation, p, equalsToken, equalsClass }) {
    if (equalsClass && !equalsToken) return [{ key: 'equalsClass', message: 'there is no token "="; it cannot be a class' }]
    if (operation !== '/' || isPrime(p)) return []
    return [{ key: 'p', message: `p is ${p}; division needs a prime modulus` }]
  },

  tokenText: ({ p }, token) => (token === p ? '=' : String(token)),

  create({ operation, p, trainFraction, corruptedShare, unorderedPairs, equalsToken, equalsClass }, rng) {
    const rule = ruleOf(operation, p)
    const firstB = operation === '/' ? 1 : 0
    const firstOf = (a: number): number => (unorderedPairs ? Math.max(a, firstB) : firstB)
    let exampleCount = 0
    for (let a = 0; a < p; a++) exampleCount += p - firstOf(a)
    const n_ctx = equalsToken ? 3 : 2
    const tokens = new Int32Array(n_ctx * exampleCount).fill(p)
    const trueLabels = new Int32Array(exampleCount)
    for (let a = 0, example = 0; a < p; a++) {
      for (let b = firstOf(a); b < p; b++, example++) {
        tokens[n_ctx * example] = a
        tokens[n_ctx * example + 1] = b
        trueLabels[example] = rule(a, b)
      }
    }
    const split = splitOf(exampleCount, { trainFraction, corruptedShare }, rng.fork('split'))
    const labels = trueLabels.slice()
    const corruption = rng.fork('corruption')
    for (const example of split.splits.trainCorrupted) labels[example] = corruption.below(p)
    return {
      exampleCount,
      n_ctx,
      d_vocab: equalsToken ? p + 1 : p,
      d_vocab_out: equalsClass ? p + 1 : p,
      scoredPositions: [n_ctx - 1],
      tokens,
      labels,
      trueLabels,
      ...split,
    }
  },
})
