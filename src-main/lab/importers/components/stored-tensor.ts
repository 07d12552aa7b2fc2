/**
 * A tensor as a window on stored bytes: shape and strides over elements of a storage, which several tensors may share.
 *
 * Everything a file can claim is checked when the tensor is made: lengths and strides are counts, the last element
 * lies in the storage, and a view that repeats elements (stride 0, as `expand` leaves) does not unfold a small file into
 * a large array.
 */
import { sizeOf, type NumberArray } from '../../../base/array'
import type { ReadTensor, StoredDType } from '../importer'
import { decoded, elementBytes } from './element'
import { isCount, refusable, refuse } from './refusal'

/** Bytes that tensors are windows on. */
export interface StoredBytes {
  readonly sizeBytes: number
  /** Refuses by throwing; see refusal.ts. */
  read(offset: number, length: number): Uint8Array
}

export interface TensorWindow {
  readonly name: string
  readonly dtype: StoredDType
  readonly shape: readonly number[]
  /** In elements. Row-major when absent. */
  readonly strides?: readonly number[]
  /** First element, counted from the start of the storage. */
  readonly offset?: number
  readonly isBigEndian?: boolean
}

/** Repeated elements may unfold to this many at least, whatever the size of the storage. */
const repeatedMax = 1 << 20

export function storedTensor(window: TensorWindow, bytes: StoredBytes): ReadTensor {
  const { name, dtype, shape, offset = 0 } = window
  const strides = window.strides ?? rowMajor(shape)
  const count = checkedCount(shape)
  checkStrides(shape, strides)
  if (!isCount(offset)) refuse(`the storage offset ${offset} is not a count`)
  const span = count === 0 ? 0 : shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, 1)
  const size = elementBytes[dtype]
  const stored = Math.floor(bytes.sizeBytes / size)
  if (!isCount(span) || offset + span > stored) {
    refuse(`shape [${shape.join(', ')}] from element ${offset} needs ${offset + span} elements of ${dtype}; its storage has ${stored}`)
  }
  if (count > Math.max(span, repeatedMax)) {
    refuse(`shape [${shape.join(', ')}] repeats ${span} stored elements ${Math.ceil(count / span)} times; expanded views of this size are not read`)
  }
  return {
    name,
    shape,
    dtype,
    read: () =>
      refusable(() => {
        const values = decoded(bytes.read(offset * size, span * size), dtype, window.isBigEndian)
        return isRowMajor(shape, strides) ? values : gathered(values, shape, strides)
      }),
  }
}

/** The product of the lengths; refused where one is no count or the product is none. */
export function checkedCount(shape: readonly number[]): number {
  if (shape.length > 32 || !shape.every(isCount)) refuse(`[${shape.slice(0, 33).join(', ')}] is no shape`)
  const count = sizeOf(shape)
  if (!isCount(count)) refuse(`shape [${shape.join(', ')}] has more elements than any file holds`)
  return count
}

function checkStrides(shape: readonly number[], strides: readonly number[]): void {
  if (strides.length !== shape.length) refuse(`${shape.length} lengths but ${strides.length} strides`)
  const negative = strides.find((stride) => !isCount(stride))
  if (negative !== undefined) refuse(`the stride ${negative} is not a count`)
}

export function rowMajor(shape: readonly number[]): readonly number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)))
}

export function columnMajor(shape: readonly number[]): readonly number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(0, axis)))
}

/** Axes of length 1 may carry any stride. */
function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  const wanted = rowMajor(shape)
  return sizeOf(shape) === 0 || shape.every((length, axis) => length === 1 || strides[axis] === wanted[axis])
}

function gathered(values: NumberArray, shape: readonly number[], strides: readonly number[]): NumberArray {
  const Kind = values.constructor as new (length: number) => NumberArray // one of the four typed arrays
  const result = new Kind(sizeOf(shape))
  const place = shape.map(() => 0)
  for (let i = 0, from = 0; i < result.length; i++) {
    result[i] = values[from]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!
      if (++place[axis]! < shape[axis]!) break
      from -= strides[axis]! * shape[axis]!
      place[axis] = 0
    }
  }
  return result
}
