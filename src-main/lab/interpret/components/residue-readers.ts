/**
 * What of a network reads residues, and what writes them, as matrices over residues and units. A unit is a hidden neuron,
 * or of a transformer a direction of the embedding; one unit's column of an input, or row of the output, is a sequence over
 * residues whose Fourier spectrum says how periodic the unit is.
 *
 *   mlp                       inputs W_in[a], W_in[b]   [residue, d_mlp]     output W_out        [d_mlp, residue]
 *   perceptron with embedding input  W_E W_in           [residue, d_mlp]     output W_out W_U    [d_mlp, residue]
 *   transformer               input  W_E, first p rows  [residue, d_model]   output W_U          [d_model, residue]
 */
import { namedArray, type FloatArray } from '../../../base/array'
import { matrixProduct } from '../../../base/harmonic-norms'
import type { Dimensions, ArraysByName } from '../../models/model'
import { residueCount } from './residue-count'

export interface ResidueReaders {
  readonly modulus: number
  readonly unit: 'd_mlp' | 'd_model'
  readonly unitCount: number
  /** Each [residue, unit]. */
  readonly inputs: readonly FloatArray[]
  /** [unit, residue] */
  readonly output: FloatArray
}

const mostResidues = 1024

/** A sentence where there is none: what was found and what is expected. */
export function residueReaders(arrays: ArraysByName, dims: Dimensions): ResidueReaders | string {
  const { d_vocab, d_vocab_out } = dims
  if (d_vocab_out < 2 || d_vocab < d_vocab_out || d_vocab_out > mostResidues) {
    return `${d_vocab} tokens and ${d_vocab_out} classes; expected 2 to ${mostResidues} residues that are both`
  }
  const modulus = residueCount(dims)
  const { W_E, W_U, W_in, W_out } = arrays
  if (W_E && W_U && W_in?.shape.length === 2 && W_out?.shape.length === 2) {
    const input = matrixProduct(firstRows(W_E, modulus), W_in)
    return { modulus, unit: 'd_mlp', unitCount: W_in.shape[1]!, inputs: [input], output: matrixProduct(W_out, firstColumns(W_U, modulus)) }
  }
  if (W_E && W_U) {
    return { modulus, unit: 'd_model', unitCount: W_E.shape[1]!, inputs: [firstRows(W_E, modulus)], output: firstColumns(W_U, modulus) }
  }
  if (W_in?.shape.length !== 3 || W_out?.shape.length !== 2) {
    return `no W_E and W_U, and no W_in [pos, residue, neuron] with W_out; the network has ${Object.keys(arrays).join(', ')}`
  }
  const [positions, rows, unitCount] = W_in.shape as [number, number, number]
  const inputs = Array.from({ length: positions }, (_, pos) => {
    const start = pos * rows * unitCount
    return namedArray(['residue', 'd_mlp'], [modulus, unitCount], W_in.data.subarray(start, start + modulus * unitCount))
  })
  return { modulus, unit: 'd_mlp', unitCount, inputs, output: firstColumns(W_out, modulus) }
}

function firstRows({ shape, data }: FloatArray, count: number): FloatArray {
  const columns = shape[1]!
  return namedArray(['residue', 'unit'], [count, columns], data.subarray(0, count * columns))
}

function firstColumns({ shape, data }: FloatArray, count: number): FloatArray {
  const [rows, columns] = shape as [number, number]
  if (columns === count) return namedArray(['unit', 'residue'], [rows, count], data)
  const cut = Float32Array.from({ length: rows * count }, (_, i) => data[Math.floor(i / count) * columns + (i % count)]!)
  return namedArray(['unit', 'residue'], [rows, count], cut)
}
