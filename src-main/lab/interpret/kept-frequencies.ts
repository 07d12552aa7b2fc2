/**
 * Which Fourier frequencies a mask keeps. X is what reads the residues, [residue, unit] (components/residue-readers.ts),
 * X' the same of the masked network. Along the orthonormal Fourier basis over residues
 *
 *   share_f(Y) = Σ_unit Σ_basis vectors of f  <b, Y[:, unit]>² / |X|²
 *
 * so that the dense shares sum to 1 and the masked ones to |X'|² / |X|². Where X is a product, W_E W_in, its factors are
 * masked and then multiplied, and a share may grow. Key frequencies of the masked network: the fewest harmonics, DC aside,
 * that together hold nine tenths of its share.
 *
 * Source: arXiv:2310.19470 §5 looks at the frequencies of a ticket's weights; the basis is that of arXiv:2301.05217 §4.1.
 * Differs: shares of the squared norm; the number of key frequencies is by the nine tenths.
 */
import { namedArray, type FloatArray } from '../../base/array'
import { harmonicNorms } from '../../base/harmonic-norms'
import type { ArraysByName } from '../models/model'
import { defineAnalysis } from './analysis'
import { residueReaders, type ResidueReaders } from './components/residue-readers'
import { masked } from './components/weight-mask'

export interface KeptFrequencies {
  readonly modulus: number
  /** [freq], DC at 0. */
  readonly dense: FloatArray
  readonly masked: FloatArray
  /** Ascending. */
  readonly keyFreqs: readonly number[]
}

const keyShare = 0.9

export default defineAnalysis<{ readonly mask: ArraysByName }, KeptFrequencies>({
  id: 'kept-frequencies',
  title: 'Fourier frequencies kept by a mask',
  definition:
    'Share of each harmonic f in the squared norm of what reads the residues, over the whole norm of the dense network: ' +
    'Σ ⟨b, X[:, unit]⟩² / ‖X‖² over the basis vectors b of f, before and under the mask. X is W_in for each position of an ' +
    'mlp, W_E W_in of a perceptron with an embedding, W_E of a transformer. Key frequencies: the fewest that hold 0.9 of ' +
    'the masked share without the constant.',
  source: 'arXiv:2310.19470 §5; basis of arXiv:2301.05217 §4.1',
  unsuitable: ({ arrays, dims }) => {
    const readers = residueReaders(arrays, dims)
    return typeof readers === 'string' ? readers : undefined
  },
  measure({ arrays, dims }, { mask }) {
    const dense = residueReaders(arrays, dims) as ResidueReaders // it was found suitable
    const kept = residueReaders(masked(arrays, mask), dims) as ResidueReaders // of the same shapes
    const whole = squaresByFreq(dense)
    const total = whole.reduce((sum, square) => sum + square, 0)
    const shares = (squares: Float64Array): Float64Array => squares.map((square) => (total === 0 ? 0 : square / total))
    const keptShares = shares(squaresByFreq(kept))
    const frame = (values: Float64Array): FloatArray => namedArray(['freq'], [values.length], Float32Array.from(values))
    return { modulus: dense.modulus, dense: frame(shares(whole)), masked: frame(keptShares), keyFreqs: keyFreqsOf(keptShares) }
  },
})

function squaresByFreq({ inputs, modulus }: ResidueReaders): Float64Array {
  const squares = new Float64Array(Math.floor(modulus / 2) + 1)
  for (const input of inputs) {
    for (const [i, norm] of harmonicNorms(input, { modulus, along: 'rows' }).entries()) squares[Math.ceil(i / 2)]! += norm * norm
  }
  return squares
}

export function keyFreqsOf(shares: ArrayLike<number>): readonly number[] {
  const order = Array.from({ length: shares.length - 1 }, (_, i) => i + 1).sort((f, g) => shares[g]! - shares[f]!)
  const total = order.reduce((sum, freq) => sum + shares[freq]!, 0)
  const keys: number[] = []
  for (let held = 0; held < keyShare * total; held += shares[keys.at(-1)!]!) keys.push(order[keys.length]!)
  return keys.sort((f, g) => f - g)
}
