/**
 * A matrix as the product of two thin ones, which is never multiplied out: M = L R, L [m, r], R [r, n], r small.
 *
 *   eigenvalues      the nonzero ones of L R are those of R L, which is r × r
 *   singular values  with Gram matrices L^T L = A A^T and R R^T = B B^T (A, B square roots), those of A^T B
 *   directions       u = L A^-T u', v = R^T B^-T v' for singular vectors u', v' of A^T B
 *
 * Gram matrices are summed in float64, so a singular value is exact to about 1e-8 of the largest; what lies below is noise.
 * Source: Elhage et al. 2021, "Summarizing OV/QK matrices"; the identities are textbook (Golub and Van Loan, 4th ed., §2.4, §7.1).
 */
import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from 'ml-matrix'
import { assert } from '../../../base/assert'
import type { Tensor } from '../../../engine/tf'

/** Row-major, float64 arithmetic on float32 entries. */
export interface Thin {
  readonly rows: number
  readonly columns: number
  readonly data: Float32Array
}

export interface Factored {
  /** [m, r] */
  readonly left: Thin
  /** [r, n] */
  readonly right: Thin
}

export interface Direction {
  readonly singularValue: number
  /** Unit vector over the rows of the product. */
  readonly left: Float32Array
  /** Unit vector over its columns. */
  readonly right: Float32Array
}

/** Reads a tensor of two axes; the tensor stays the caller's. */
export function thinOf(tensor: Tensor): Thin {
  const [rows, columns] = tensor.shape as [number, number]
  return { rows, columns, data: Float32Array.from(tensor.dataSync<'float32'>()) }
}

/** Nonzero eigenvalues of a square product, of largest modulus first: real and imaginary parts. */
export function eigenvaluesOf({ left, right }: Factored): { readonly re: Float64Array; readonly im: Float64Array } {
  assert(left.rows === right.columns, `eigenvalues need a square product, not [${left.rows}, ${right.columns}]`)
  const { realEigenvalues, imaginaryEigenvalues } = new EigenvalueDecomposition(innerProduct(right, left), {
    // The general algorithm also where the product happens to be symmetric: one order of results for all.
    assumeSymmetric: false,
  })
  const order = realEigenvalues.map((_, i) => i)
  const modulus = (i: number): number => Math.hypot(realEigenvalues[i]!, imaginaryEigenvalues[i]!)
  order.sort((x, y) => modulus(y) - modulus(x) || imaginaryEigenvalues[y]! - imaginaryEigenvalues[x]!)
  return {
    re: Float64Array.from(order, (i) => realEigenvalues[i]!),
    im: Float64Array.from(order, (i) => imaginaryEigenvalues[i]!),
  }
}

/** Singular values, largest first, and the directions of the first `count`. */
export function singularOf(
  { left, right }: Factored,
  count: number,
): { readonly values: Float64Array; readonly directions: readonly Direction[] } {
  const a = squareRoot(gramOfColumns(left))
  const b = squareRoot(gramOfRows(right))
  const svd = new SingularValueDecomposition(a.root.transpose().mmul(b.root), { autoTranspose: true })
  const values = Float64Array.from(svd.diagonal)
  const lefts = a.inverse.transpose().mmul(svd.leftSingularVectors)
  const rights = b.inverse.transpose().mmul(svd.rightSingularVectors)
  const directions = Array.from({ length: Math.min(count, values.length) }, (_, i): Direction => ({
    singularValue: values[i]!,
    left: unit(leftTimes(left, lefts.getColumn(i))),
    right: unit(rightTimes(right, rights.getColumn(i))),
  }))
  return { values, directions }
}

/** sqrt of the sum of squares of all entries of the product: sqrt(trace(L^T L R R^T)). */
export function frobeniusOf({ left, right }: Factored): number {
  const [a, b] = [gramOfColumns(left), gramOfRows(right)]
  let trace = 0
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < a.columns; j++) trace += a.get(i, j) * b.get(i, j)
  return Math.sqrt(Math.max(0, trace))
}

/** R L: [r, r]. */
function innerProduct(right: Thin, left: Thin): Matrix {
  const product = new Matrix(right.rows, left.columns)
  for (let i = 0; i < right.rows; i++) {
    for (let k = 0; k < right.columns; k++) {
      const factor = right.data[i * right.columns + k]!
      for (let j = 0; j < left.columns; j++) {
        product.set(i, j, product.get(i, j) + factor * left.data[k * left.columns + j]!)
      }
    }
  }
  return product
}

/** L^T L */
function gramOfColumns({ rows, columns, data }: Thin): Matrix {
  const gram = new Float64Array(columns * columns)
  for (let row = 0; row < rows; row++) {
    const at = row * columns
    for (let i = 0; i < columns; i++) {
      const factor = data[at + i]!
      for (let j = i; j < columns; j++) gram[i * columns + j]! += factor * data[at + j]!
    }
  }
  return symmetric(gram, columns)
}

/** R R^T */
function gramOfRows({ rows, columns, data }: Thin): Matrix {
  const gram = new Float64Array(rows * rows)
  for (let i = 0; i < rows; i++) {
    for (let j = i; j < rows; j++) {
      let sum = 0
      for (let k = 0; k < columns; k++) sum += data[i * columns + k]! * data[j * columns + k]!
      gram[i * rows + j] = sum
    }
  }
  return symmetric(gram, rows)
}

function symmetric(upper: Float64Array, size: number): Matrix {
  const whole = new Matrix(size, size)
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      whole.set(i, j, upper[i * size + j]!)
      whole.set(j, i, upper[i * size + j]!)
    }
  }
  return whole
}

/** A with gram = A A^T, and its inverse on the directions that are there. */
function squareRoot(gram: Matrix): { readonly root: Matrix; readonly inverse: Matrix } {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(gram, { assumeSymmetric: true })
  const largest = Math.max(...realEigenvalues, 0)
  // Below this the eigenvalue of a Gram matrix is rounding.
  const isThere = (value: number): boolean => value > 1e-14 * largest
  const roots = realEigenvalues.map((value) => (isThere(value) ? Math.sqrt(value) : 0))
  const inverses = roots.map((root) => (root > 0 ? 1 / root : 0))
  return {
    root: eigenvectorMatrix.mmul(Matrix.diag(roots)),
    inverse: Matrix.diag(inverses).mmul(eigenvectorMatrix.transpose()),
  }
}

function leftTimes({ rows, columns, data }: Thin, vector: readonly number[]): Float32Array {
  return Float32Array.from({ length: rows }, (_, row) => {
    let sum = 0
    for (let k = 0; k < columns; k++) sum += data[row * columns + k]! * vector[k]!
    return sum
  })
}

/** R^T v */
function rightTimes({ rows, columns, data }: Thin, vector: readonly number[]): Float32Array {
  const sums = new Float64Array(columns)
  for (let k = 0; k < rows; k++) {
    for (let column = 0; column < columns; column++) sums[column]! += data[k * columns + column]! * vector[k]!
  }
  return Float32Array.from(sums)
}

function unit(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0))
  return norm > 0 ? vector.map((x) => x / norm) : vector
}
