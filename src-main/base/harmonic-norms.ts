/**
 * Sizes of the Fourier components of a matrix along an axis of residues.
 *
 * In the orthonormal basis 1 / sqrt(p), sqrt(2 / p) cos(w_f j), sqrt(2 / p) sin(w_f j), in this order, f ascending, each
 * component of the matrix is a vector over its other axis; its L2 norm is one entry, p in all. Their squares sum to the
 * matrix's. Source: arXiv:2301.05217 app. C.
 */
import type { FloatArray } from './array'
import { createSpectrum } from './spectrum'

/** Where residues lie: the first `modulus` rows, or the columns. */
export interface ResidueAxis {
  readonly modulus: number
  readonly along: 'rows' | 'columns'
}

export function harmonicNorms(matrix: FloatArray, { modulus, along }: ResidueAxis): Float64Array {
  const [rows, columns] = matrix.shape as [number, number]
  const spectrum = createSpectrum(modulus)
  const squares = new Float64Array(modulus)
  const count = along === 'rows' ? columns : rows
  for (let i = 0; i < count; i++) {
    const at = along === 'rows' ? { start: i, stride: columns } : { start: i * columns }
    const { re, im } = spectrum.transform(matrix.data, at)
    squares[0]! += re[0]! ** 2 / modulus
    for (let freq = 1; freq < spectrum.freqCount; freq++) {
      const isMiddle = 2 * freq === modulus
      squares[2 * freq - 1]! += ((isMiddle ? 1 : 2) / modulus) * re[freq]! ** 2
      if (!isMiddle) squares[2 * freq]! += (2 / modulus) * im[freq]! ** 2
    }
  }
  return squares.map(Math.sqrt)
}

/** The product of two matrices, row-major. */
export function matrixProduct(x: FloatArray, y: FloatArray): FloatArray {
  const [rows, inner] = x.shape as [number, number]
  const columns = y.shape[1]!
  const data = new Float32Array(rows * columns)
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inner; k++) {
      const factor = x.data[i * inner + k]!
      for (let j = 0; j < columns; j++) data[i * columns + j]! += factor * y.data[k * columns + j]!
    }
  }
  return { axes: [x.axes[0]!, y.axes[1]!], shape: [rows, columns], data }
}
