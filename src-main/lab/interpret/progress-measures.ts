/**
 * How far a transformer has come from knowing pairs to adding residues, by what its logits would be worth with and
 * without the harmonics it adds by.
 *
 * L[a, b, c] are the logits after all pairs, w_f = 2 pi f / p; base/sum-harmonics.ts has the algebra.
 *
 * 1. Key frequencies: harmonics f whose span of cos(w_f (a + b)) and sin(w_f (a + b)) holds at least 1 % of the variance of
 *    the logits (and ten times what it holds of a table without structure, which counts for small p only).
 * 2. Restricted loss: of the mean over pairs and these spans alone; over all pairs, and over those of the test set.
 * 3. Excluded loss: of the logits without these spans; over the training pairs, for all key frequencies and for each.
 * 4. Explained: share of the variance along cos(w_f (a + b - c)), summed over key frequencies.
 * 5. Gini coefficients of the Fourier norms of W_E (residues only) and of W_L = W_out W_U.
 *
 * Where "=" is among the classes it is left out of them: it is no residue, and never right.
 *
 * Losses are cross-entropies in float64. To follow a run, hand in the key frequencies of its last checkpoint, as the paper
 * does; the probes of the same names, which cannot know them, take those of the moment.
 * Source: arXiv:2301.05217 §4–5, app. B. Differs: the threshold of key frequencies, which the paper reads off a plot.
 */
import { assert } from '../../base/assert'
import { gini } from '../../base/gini'
import { harmonicNorms, matrixProduct } from '../../base/harmonic-norms'
import { isSumTable, keyFreqs, keyThreshold, sumHarmonics, type SumHarmonics } from '../../base/sum-harmonics'
import { meanCrossEntropy } from '../../engine/ops/mean-cross-entropy'
import { scoped } from '../../engine/tf'
import type { Network } from '../models/network'
import type { Dataset } from '../tasks/task'
import { defineAnalysis } from './analysis'
import { residueCount } from './components/residue-count'

export interface ProgressInput {
  readonly dataset: Dataset
  /** Default: those of this network. */
  readonly freqs?: readonly number[]
}

/** Losses in nats; NaN over an empty split. */
export interface ProgressMeasures {
  readonly modulus: number
  readonly freqs: readonly number[]
  /** By harmonic, 0 .. floor(p / 2). */
  readonly shares: Float64Array
  readonly cosineShares: Float64Array
  readonly explained: number
  readonly trainLoss: number
  readonly testLoss: number
  readonly restrictedLoss: number
  readonly restrictedTestLoss: number
  readonly excludedLoss: number
  /** Without one key frequency each, in their order. */
  readonly excludedLosses: readonly number[]
  readonly giniEmbedding: number
  /** Absent where neurons are no single step from the logits. */
  readonly giniNeuronLogits?: number
  readonly squaredWeights: number
}

export default defineAnalysis<ProgressInput, ProgressMeasures>({
  id: 'progress-measures',
  title: 'Progress measures of modular addition',
  definition:
    'With w = 2πf/p: key frequencies are harmonics f whose cos(w(a + b)) and sin(w(a + b)) hold at least ' +
    `${100 * keyThreshold.share} % of the variance of the logits over all pairs, and ${keyThreshold.overNoise} times 2/p². ` +
    'Restricted loss: cross-entropy of logits reduced to these components and their mean over pairs; excluded loss: of ' +
    'logits without these components, on training pairs. Explained: share of the variance along cos(w(a + b − c)) of key ' +
    'frequencies. Gini: of the norms of the Fourier components over residues of W_E and of W_out W_U.',
  source: 'arXiv:2301.05217 §4–5',
  unsuitable({ model, arrays }) {
    if (arrays['W_E'] && arrays['W_U']) return undefined
    return `model ${model.id} has no W_E and W_U; expected a transformer with an unembedding of its own`
  },
  measure(network, { dataset, freqs }) {
    const { labels, trueLabels, splits, train } = dataset
    const modulus = residueCount(dataset)
    assert(isSumTable(dataset.tokens, trueLabels, modulus), 'progress measures need all pairs of residues, each with its sum')
    const logits = firstColumns(logitsOf(network, dataset), dataset.d_vocab_out, modulus)
    const harmonics = sumHarmonics(logits, modulus)
    const key = freqs ?? keyFreqs(harmonics)
    const kept = harmonics.kept(key)
    const lossOf = (rows: Float32Array, wanted: Int32Array): number =>
      wanted.length === 0 ? NaN : meanCrossEntropy(rows, wanted)
    const on = (pairs: Int32Array): number => lossOf(harmonics.removed([], pairs), wantedOf(pairs, labels))
    const without = (removed: readonly number[]): number =>
      lossOf(harmonics.removed(removed, train), wantedOf(train, labels))
    return {
      modulus,
      freqs: key,
      shares: harmonics.shares,
      cosineShares: harmonics.cosineShares,
      explained: key.reduce((sum, freq) => sum + harmonics.cosineShares[freq]!, 0),
      trainLoss: on(train),
      testLoss: on(splits.test),
      restrictedLoss: lossOf(kept, Int32Array.from({ length: modulus }, (_, sum) => sum)),
      restrictedTestLoss: lossOf(keptOn(splits.test, kept, harmonics), wantedOf(splits.test, labels)),
      excludedLoss: without(key),
      excludedLosses: key.map((freq) => without([freq])),
      ...giniOf(network, modulus),
      squaredWeights: squaresOf(network),
    }
  },
})

/** Why the measures cannot be taken on this dataset; undefined when they can. */
export function notAddition(dataset: Dataset): string | undefined {
  if (isSumTable(dataset.tokens, dataset.trueLabels, residueCount(dataset))) return undefined
  return 'the examples are not all pairs of residues with their sum; expected modular addition'
}

const wantedOf = (pairs: Int32Array, labels: Int32Array): Int32Array => pairs.map((pair) => labels[pair]!)

/** [a, b, c] */
function logitsOf(network: Network, { tokens, n_ctx, scoredPositions }: Dataset): Float32Array {
  const scored = { positions: Int32Array.from(scoredPositions), count: 1 }
  return scoped(() => network.run({ tokens, length: n_ctx, scored }).dataSync<'float32'>().slice())
}

/** The first columns of every row. */
function firstColumns(values: Float32Array, width: number, count: number): Float32Array {
  if (width === count) return values
  const rows = values.length / width
  return Float32Array.from({ length: rows * count }, (_, i) => values[Math.floor(i / count) * width + (i % count)]!)
}

/** Rows of some pairs of a table by sum. */
function keptOn(pairs: Int32Array, kept: Float32Array, { modulus, width }: SumHarmonics): Float32Array {
  const rows = new Float32Array(pairs.length * width)
  pairs.forEach((pair, i) => {
    const sum = (Math.floor(pair / modulus) + (pair % modulus)) % modulus
    rows.set(kept.subarray(sum * width, (sum + 1) * width), i * width)
  })
  return rows
}

function giniOf({ arrays }: Network, modulus: number): Pick<ProgressMeasures, 'giniEmbedding' | 'giniNeuronLogits'> {
  const W_out = arrays['blocks.0.mlp.W_out']
  const isOneLayer = W_out !== undefined && !('blocks.1.attn.W_Q' in arrays)
  return {
    // `unsuitable` asked for both matrices.
    giniEmbedding: gini(harmonicNorms(arrays['W_E']!, { modulus, along: 'rows' })),
    ...(isOneLayer && {
      giniNeuronLogits: gini(harmonicNorms(matrixProduct(W_out, arrays['W_U']!), { modulus, along: 'columns' })),
    }),
  }
}

function squaresOf({ arrays }: Network): number {
  let total = 0
  for (const { data } of Object.values(arrays)) for (const value of data) total += value * value
  return total
}
