/**
 * How periodic the embeddings are over residues: the norm that the embedding and the unembedding have along each vector
 * of the Fourier basis. A transformer that adds mod p keeps a few harmonics of both and little else.
 *
 *   basis      1/sqrt(p),  sqrt(2/p) cos(2 pi f j / p),  sqrt(2/p) sin(2 pi f j / p),  f = 1 .. floor(p / 2)
 *   component  | basis^T W |  with W = the first p rows of W_E, or W_U^T: [residue, d_model]
 *
 * For even p the last harmonic has no sine and its cosine is 1/sqrt(p) times ±1. The squares sum to |W|^2.
 * Source: arXiv:2301.05217 §4.1 and fig. 3.
 */
import { namedArray, type FloatArray } from '../../base/array'
import { createSpectrum } from '../../base/spectrum'
import { scoped } from '../../engine/tf'
import type { Network } from '../models/network'
import { defineAnalysis } from './analysis'
import { thinOf, type Thin } from './components/factored-matrix'
import { embedding, notTransformer, transformerSettings } from './components/head-weights'
import { residueCount } from './components/residue-count'

export interface ResidueSpectrum {
  /** Classes, which are read as residues. */
  readonly modulus: number
  /** [part, freq] with parts cos, sin; the constant stands at freq 0 of cos. */
  readonly embedding: FloatArray
  readonly unembedding: FloatArray
}

const mostResidues = 1024

export default defineAnalysis<Record<string, never>, ResidueSpectrum>({
  id: 'residue-spectrum',
  title: 'Fourier components of the embeddings',
  definition:
    'Norm of the embedding (its first p rows) and of the transposed unembedding along each vector of the orthonormal ' +
    'Fourier basis over residues: 1/√p, √(2/p) cos(2πfj/p), √(2/p) sin(2πfj/p). Tokens are read as residues mod p, the ' +
    'number of classes, the token “=” left out where it is one.',
  source: 'arXiv:2301.05217 §4.1, fig. 3',
  unsuitable: (network) => notTransformer(network) ?? notResidues(network),
  measure(network) {
    const modulus = residueCount(network.dims)
    return scoped(() => ({
      modulus,
      embedding: componentsOf(thinOf(embedding(network)), modulus),
      unembedding: componentsOf(unembeddingRows(network), modulus),
    }))
  },
})

function notResidues({ dims: { d_vocab, d_vocab_out } }: Network): string | undefined {
  const isAlike = d_vocab_out >= 2 && d_vocab >= d_vocab_out && d_vocab_out <= mostResidues
  if (isAlike) return undefined
  return `${d_vocab} tokens and ${d_vocab_out} classes; expected 2 to ${mostResidues} residues that are both`
}

/** W_U as stored, transposed: [class, d_model]. */
function unembeddingRows(network: Network): Thin {
  if (transformerSettings(network).tiedUnembedding) return thinOf(embedding(network))
  const { data, shape } = network.arrays['W_U']! // every untied transformer has one
  const [columns, rows] = shape as [number, number]
  return { rows, columns, data: Float32Array.from(data, (_, i) => data[(i % columns) * rows + Math.floor(i / columns)]!) }
}

function componentsOf({ columns, data }: Thin, modulus: number): FloatArray {
  const spectrum = createSpectrum(modulus)
  const { freqCount } = spectrum
  const squares = new Float64Array(2 * freqCount)
  for (let column = 0; column < columns; column++) {
    const { re, im } = spectrum.transform(data, { start: column, stride: columns })
    for (let freq = 0; freq < freqCount; freq++) {
      squares[freq]! += re[freq]! ** 2
      squares[freqCount + freq]! += im[freq]! ** 2
    }
  }
  const isSingle = (freq: number): boolean => freq === 0 || 2 * freq === modulus
  const norms = Float32Array.from(squares, (square, i) => Math.sqrt((square * (isSingle(i % freqCount) ? 1 : 2)) / modulus))
  return namedArray(['part', 'freq'], [2, freqCount], norms)
}
