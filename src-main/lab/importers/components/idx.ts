/**
 * IDX, the layout of MNIST and the sets made after it, plain or gzipped:
 *
 *   2 bytes      0
 *   1 byte       element type; 8 is unsigned byte, the only one read
 *   1 byte       number of axes n
 *   4 n bytes    their lengths, big-endian
 *   the rest     elements, row-major
 *
 * A gzipped file is unpacked in two goes: its first bytes, of which the header says how large the whole may be, and then the
 * whole with that as the limit, so that a small file cannot ask for more memory than its header admits to.
 * Source: yann.lecun.com/exdb/mnist, "The IDX file format".
 */
import { constants, gunzipSync } from 'node:zlib'
import { sizeOf } from '../../../base/array'
import type { Result } from '../../../base/result'
import { quoted, refusable, refuse } from './refusal'

export interface IdxFile {
  readonly shape: readonly number[]
  readonly data: Uint8Array
}

/** Two million images of 32 by 32. */
const mostBytes = 2 ** 31
const startBytes = 4096

export function readIdx(name: string, bytes: Uint8Array): Result<IdxFile, 'IMPORT_REFUSED'> {
  return refusable(() => {
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b
    const shape = headerOf(name, isPacked ? startOf(name, bytes) : bytes)
    const headerBytes = 4 + 4 * shape.length
    const wanted = headerBytes + sizeOf(shape)
    if (wanted > mostBytes) refuse(`${quoted(name)} claims ${wanted} bytes; at most ${mostBytes} are read`)
    const whole = isPacked ? unpacked(name, bytes, wanted) : bytes
    if (whole.length !== wanted) refuse(`${quoted(name)} has ${whole.length} bytes; [${shape.join(', ')}] takes ${wanted}`)
    // A copy: what was unpacked is a Buffer, whose slices share its memory.
    return { shape, data: Uint8Array.from(whole.subarray(headerBytes)) }
  })
}

function headerOf(name: string, bytes: Uint8Array): readonly number[] {
  const [first, second, type, axes = 0] = bytes
  if (first !== 0 || second !== 0) refuse(`${quoted(name)} does not begin as an IDX file does`)
  if (type !== 8) refuse(`${quoted(name)} holds elements of type ${type}; unsigned bytes, type 8, are read`)
  if (axes < 1 || axes > 4 || bytes.length < 4 + 4 * axes) refuse(`${quoted(name)} has ${axes} axes in ${bytes.length} bytes; expected 1 to 4`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis))
}

function startOf(name: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes.subarray(0, startBytes), { finishFlush: constants.Z_SYNC_FLUSH })
  } catch (cause) {
    return refuse(`${quoted(name)} cannot be unpacked: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

function unpacked(name: string, bytes: Uint8Array, most: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: most })
  } catch (cause) {
    const isLarger = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' // thrown by node:zlib
    const why = isLarger ? `it unpacks to more than the ${most} bytes its header admits` : String(cause instanceof Error ? cause.message : cause)
    return refuse(`${quoted(name)} cannot be unpacked: ${why}`)
  }
}
