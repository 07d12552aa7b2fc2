/**
 * Messages with arrays as bytes. Apart from frames.ts so that the renderer packs without the schema library.
 *
 * In memory on either side an array is a NamedArray (axes, shape, typed data). A transport that copies structured
 * values (MessagePort, child process) passes it as it is. A byte transport (WebSocket) packs a whole message as
 *
 *   u32 length of header | header: JSON, padded with spaces to a multiple of 8 | segment | segment ...
 *
 * where every typed array in the message is replaced in the JSON by {"$bytes": i, "dtype": ..., "length": n} and its
 * bytes follow as segment i, each padded to a multiple of 8, little-endian. Segments are aligned, so that decoding
 * views the received buffer and copies nothing.
 *
 * Constraints: JSON carries no array of more than 64 numbers; use a frame. Non-finite numbers outside frames are not
 * representable in JSON and are refused when packing.
 */
import { dtypeOf, dtypes, type DType, type NumberArray } from '../base/array'
import { AppError } from '../base/result'

interface Placeholder {
  readonly $bytes: number
  readonly dtype: DType
  readonly length: number
}

const alignment = 8
const padded = (length: number): number => Math.ceil(length / alignment) * alignment

/** Packs a message and its typed arrays into one buffer. */
export function packMessage(message: unknown): Uint8Array<ArrayBuffer> {
  const segments: NumberArray[] = []
  const json = JSON.stringify(message, (_key, value: unknown) => {
    if (ArrayBuffer.isView(value)) {
      segments.push(value as NumberArray) // contract values hold only the four array types
      const { length } = value as NumberArray
      return { $bytes: segments.length - 1, dtype: dtypeOf(value as NumberArray), length } satisfies Placeholder
    }
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new Error(`invariant broken: ${value} outside a frame cannot be sent`)
    }
    return value
  })
  const header = new TextEncoder().encode(json)
  const start = padded(4 + header.length)
  const total = segments.reduce((end, segment) => end + padded(segment.byteLength), start)
  const packed = new Uint8Array(total)
  packed.fill(0x20, 4, start)
  new DataView(packed.buffer).setUint32(0, start - 4, true)
  packed.set(header, 4)
  let offset = start
  for (const segment of segments) {
    packed.set(new Uint8Array(segment.buffer, segment.byteOffset, segment.byteLength), offset)
    offset += padded(segment.byteLength)
  }
  return packed
}

/** The message in a packed buffer; throws FRAME_MALFORMED when sizes, offsets or types do not add up. */
export function unpackMessage(packed: Uint8Array): unknown {
  // Not slice(): that of a Buffer, which a socket gives, copies nothing.
  const bytes = packed.byteOffset % alignment === 0 ? packed : new Uint8Array(packed)
  if (bytes.length < 8) throw malformed(`message of ${bytes.length} bytes; expected at least 8`)
  const start = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  if (start > bytes.length || start % alignment !== 0) throw malformed(`header length ${start - 4} does not fit`)
  let offset = start
  let expected = 0
  const placeholders: Placeholder[] = []
  const parsed = parseHeader(bytes.subarray(4, start), (placeholder) => placeholders.push(placeholder))
  const arrays = new Map<number, NumberArray>()
  placeholders.sort((x, y) => x.$bytes - y.$bytes)
  for (const { $bytes, dtype, length } of placeholders) {
    if ($bytes !== expected++) throw malformed(`segment ${$bytes} out of order`)
    const kind = Object.hasOwn(dtypes, dtype) ? dtypes[dtype] : undefined
    if (!kind || !Number.isInteger(length) || length < 0) throw malformed(`segment ${$bytes} is not an array`)
    if (offset + length * kind.BYTES_PER_ELEMENT > bytes.length) throw malformed(`segment ${$bytes} is cut off`)
    arrays.set($bytes, new kind(bytes.buffer as ArrayBuffer, bytes.byteOffset + offset, length))
    offset += padded(length * kind.BYTES_PER_ELEMENT)
  }
  return replacePlaceholders(parsed, arrays)
}

function malformed(message: string): AppError {
  return new AppError({ code: 'FRAME_MALFORMED', message })
}

function isPlaceholder(value: unknown): value is Placeholder {
  return typeof value === 'object' && value !== null && '$bytes' in value
}

function parseHeader(header: Uint8Array, found: (placeholder: Placeholder) => void): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(header), (_key, value: unknown) => {
      if (isPlaceholder(value)) found(value)
      return value
    })
  } catch (cause) {
    throw new AppError({ code: 'FRAME_MALFORMED', message: 'header is not JSON' }, { cause })
  }
}

function replacePlaceholders(value: unknown, arrays: ReadonlyMap<number, NumberArray>): unknown {
  if (isPlaceholder(value)) return arrays.get(value.$bytes)
  if (Array.isArray(value)) return value.map((item) => replacePlaceholders(item, arrays))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replacePlaceholders(item, arrays)]))
}
