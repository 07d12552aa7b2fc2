/**
 * An array of numbers with named axes, outside any tensor library: what is stored, sent and drawn.
 * `data` is row-major, its length the product of `shape`; the element type is that of the typed array.
 */

export const dtypes = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
} as const

export type DType = keyof typeof dtypes
export type NumberArray = Float32Array | Float64Array | Int32Array | Uint8Array

export interface NamedArray<Data extends NumberArray = NumberArray> {
  readonly axes: readonly string[]
  readonly shape: readonly number[]
  readonly data: Data
}

export type FloatArray = NamedArray<Float32Array>

export function dtypeOf(data: NumberArray): DType {
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof Float64Array) return 'float64'
  return data instanceof Int32Array ? 'int32' : 'uint8'
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}

export function namedArray<Data extends NumberArray>(
  axes: readonly string[],
  shape: readonly number[],
  data: Data,
): NamedArray<Data> {
  if (axes.length !== shape.length || sizeOf(shape) !== data.length) {
    throw new Error(`invariant broken: axes [${axes}] shape [${shape}] do not fit ${data.length} values`)
  }
  return { axes, shape, data }
}
