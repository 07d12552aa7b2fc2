/** Elements of stored tensors: their sizes, and how their bytes become numbers (importer.ts has the table). */
import type { NumberArray } from '../../../base/array'
import type { StoredDType } from '../importer'
import { refuse } from './refusal'

export const elementBytes: Readonly<Record<StoredDType, number>> = {
  F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, BOOL: 1,
}

export function isStoredDType(name: string): name is StoredDType {
  return Object.hasOwn(elementBytes, name)
}

/** Numbers from bytes, whose length is a whole number of elements. The result shares nothing with `bytes`. */
export function decoded(bytes: Uint8Array, dtype: StoredDType, isBigEndian = false): NumberArray {
  const size = elementBytes[dtype]
  // A copy begins at an aligned address, whatever the file's layout.
  const own = new Uint8Array(bytes)
  if (isBigEndian && size > 1) swapBytes(own, size)
  const { buffer } = own
  switch (dtype) {
    case 'F64':
      return new Float64Array(buffer)
    case 'F32':
      return new Float32Array(buffer)
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer), halfValue)
    case 'BF16':
      return widenedBrainFloat(new Uint16Array(buffer))
    case 'I32':
      return new Int32Array(buffer)
    case 'I16':
      return Int32Array.from(new Int16Array(buffer))
    case 'I8':
      return Int32Array.from(new Int8Array(buffer))
    case 'U8':
      return own
    case 'BOOL':
      return own.map((byte) => (byte === 0 ? 0 : 1))
    case 'U16':
      return Int32Array.from(new Uint16Array(buffer))
    case 'U32':
      return narrowed(new Uint32Array(buffer))
    case 'I64':
      return narrowedLong(new BigInt64Array(buffer))
    case 'U64':
      return narrowedLong(new BigUint64Array(buffer))
  }
}

function swapBytes(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size) bytes.subarray(start, start + size).reverse()
}

/** The number a 16-bit float stands for: 1 sign, 5 exponent and 10 mantissa bits. Source: IEEE 754-2019 §3.4. */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const mantissa = bits & 0x3ff
  if (exponent === 0) return sign * mantissa * 2 ** -24
  if (exponent === 0x1f) return mantissa ? NaN : sign * Infinity
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15)
}

/** A bfloat16 is the upper half of a float32. */
function widenedBrainFloat(halves: Uint16Array): Float32Array {
  const wide = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) wide[i] = halves[i]! << 16
  return new Float32Array(wide.buffer)
}

function narrowed(values: Uint32Array): NumberArray {
  return values.every((value) => value <= 0x7fffffff) ? Int32Array.from(values) : Float64Array.from(values)
}

function narrowedLong(values: BigInt64Array | BigUint64Array): NumberArray {
  const wide = new Float64Array(values.length)
  let fits = true
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]!)
    if (!Number.isSafeInteger(value)) refuse(`the integer ${values[i]} lies beyond 2^53 and has no exact float64`)
    fits &&= value === (value | 0)
    wide[i] = value
  }
  return fits ? Int32Array.from(wide) : wide
}
