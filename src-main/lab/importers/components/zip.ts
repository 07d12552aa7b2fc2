/**
 * A reader of zip archives over a source: what npz files and PyTorch's archives need and nothing else.
 *
 * 1. The end record is looked for in the last 64 KiB; where it says so, the zip64 record before it has the real counts.
 * 2. The central directory is read once. Each entry's local header is visited, and its bytes must lie before the directory.
 * 3. Members are stored or deflated. Sizes are taken from the directory; deflate can shrink by 1032 at most, so a claim
 *    beyond that is refused before anything is inflated, and inflating stops at the size claimed.
 * 4. A member that is read whole is held to its checksum.
 *
 * Encrypted, split and otherwise packed archives are refused.
 * Source: PKWARE APPNOTE 6.3.10 §4.3–4.5; RFC 1951.
 */
import { constants, crc32, inflateRawSync } from 'node:zlib'
import type { ByteSource } from '../importer'
import { bytesAt, countAt, isCount, quoted, refuse, viewOf } from './refusal'
import type { StoredBytes } from './stored-tensor'

export interface ZipMember extends StoredBytes {
  readonly name: string
  /** All of it, checksum checked. */
  readAll(): Uint8Array
  /** At least the first `length` bytes where there are as many, unpacked no further than that takes; unchecked. */
  readStart(length: number): Uint8Array
}

export type ZipArchive = ReadonlyMap<string, ZipMember>

const signatures = { end: 0x06054b50, end64: 0x06064b50, locator64: 0x07064b50, entry: 0x02014b50, local: 0x04034b50 }
const endBytes = 22
const entryBytes = 46
const localBytes = 30
/** Deflate's best: 258 bytes from 2 bits. */
const deflateRatioMax = 1032

export function beginsLikeZip(source: ByteSource): boolean {
  return source.sizeBytes >= endBytes && viewOf(source.read(0, 4)).getUint32(0, true) === signatures.local
}

export function openZip(source: ByteSource): ZipArchive {
  const directory = directoryOf(source)
  const archive = new Map<string, ZipMember>()
  let claimed = 0
  let offset = 0
  const bytes = bytesAt(source, directory.offset, directory.sizeBytes, 'the directory of the archive')
  for (let i = 0; i < directory.count; i++) {
    const { entry, nextOffset } = entryAt(bytes, offset)
    offset = nextOffset
    if (entry.name.endsWith('/')) continue
    if (archive.has(entry.name)) refuse(`the archive has two members ${quoted(entry.name)}`)
    claimed += entry.sizeBytes
    archive.set(entry.name, memberOf(source, entry, directory.offset))
  }
  if (claimed > deflateRatioMax * source.sizeBytes) {
    refuse(`the archive claims to unpack to ${claimed} bytes, more than ${deflateRatioMax} times its size`)
  }
  return archive
}

interface Directory {
  readonly offset: number
  readonly sizeBytes: number
  readonly count: number
}

function directoryOf(source: ByteSource): Directory {
  const tailBytes = Math.min(source.sizeBytes, endBytes + 0xffff)
  const tailOffset = source.sizeBytes - tailBytes
  const view = viewOf(bytesAt(source, tailOffset, tailBytes, 'the end of the archive'))
  for (let at = tailBytes - endBytes; at >= 0; at--) {
    if (view.getUint32(at, true) !== signatures.end) continue
    const count = view.getUint16(at + 10, true)
    const sizeBytes = view.getUint32(at + 12, true)
    const offset = view.getUint32(at + 16, true)
    const is64 = count === 0xffff || sizeBytes === 0xffffffff || offset === 0xffffffff
    const directory = is64 ? directory64(source, tailOffset + at) : { offset, sizeBytes, count }
    if (directory.count * entryBytes > directory.sizeBytes) refuse('the directory of the archive is shorter than its number of entries')
    return directory
  }
  return refuse('the archive has no end record; it is truncated')
}

function directory64(source: ByteSource, endOffset: number): Directory {
  const locator = viewOf(bytesAt(source, endOffset - 20, 20, 'the zip64 locator'))
  const recordOffset = countAt(locator, 8)
  if (locator.getUint32(0, true) !== signatures.locator64 || recordOffset === undefined) refuse('the zip64 locator is damaged')
  const record = viewOf(bytesAt(source, recordOffset, 56, 'the zip64 record'))
  const [count, sizeBytes, offset] = [countAt(record, 32), countAt(record, 40), countAt(record, 48)]
  if (record.getUint32(0, true) !== signatures.end64) refuse('the zip64 record is damaged')
  if (count === undefined || sizeBytes === undefined || offset === undefined) refuse('the zip64 record is damaged')
  return { offset, sizeBytes, count }
}

interface Entry {
  readonly name: string
  readonly isDeflated: boolean
  readonly checksum: number
  readonly packedBytes: number
  readonly sizeBytes: number
  readonly localOffset: number
}

function entryAt(directory: Uint8Array, offset: number): { entry: Entry; nextOffset: number } {
  if (offset + entryBytes > directory.length) refuse('the directory of the archive is truncated')
  const view = viewOf(directory.subarray(offset))
  if (view.getUint32(0, true) !== signatures.entry) refuse('the directory of the archive is damaged')
  const [nameBytes, extraBytes, commentBytes] = [view.getUint16(28, true), view.getUint16(30, true), view.getUint16(32, true)]
  const nextOffset = offset + entryBytes + nameBytes + extraBytes + commentBytes
  if (nextOffset > directory.length) refuse('the directory of the archive is truncated')
  const nameOffset = offset + entryBytes
  const name = new TextDecoder().decode(directory.subarray(nameOffset, nameOffset + nameBytes))
  if (view.getUint16(8, true) & 1) refuse(`member ${quoted(name)} is encrypted`)
  const method = view.getUint16(10, true)
  if (method !== 0 && method !== 8) refuse(`member ${quoted(name)} is packed by method ${method}; known: stored, deflate`)
  const extra = directory.subarray(nameOffset + nameBytes, nameOffset + nameBytes + extraBytes)
  const [sizeBytes, packedBytes, localOffset] = wide(extra, [24, 20, 42].map((at) => view.getUint32(at, true)))
  if (!isCount(sizeBytes) || !isCount(packedBytes) || !isCount(localOffset)) refuse(`member ${quoted(name)} has no sizes`)
  return {
    entry: { name, isDeflated: method === 8, checksum: view.getUint32(16, true), packedBytes, sizeBytes, localOffset },
    nextOffset,
  }
}

/** Values that are all ones stand, in order, as 64 bits in the extra field of kind 1. */
function wide(extra: Uint8Array, values: readonly number[]): readonly (number | undefined)[] {
  if (!values.includes(0xffffffff)) return values
  const view = viewOf(extra)
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue
    let next = at + 4
    const end = Math.min(next + view.getUint16(at + 2, true), extra.length)
    return values.map((value) => {
      if (value !== 0xffffffff) return value
      next += 8
      return next <= end ? countAt(view, next - 8) : undefined
    })
  }
  return values.map((value) => (value === 0xffffffff ? undefined : value))
}

function memberOf(source: ByteSource, entry: Entry, limit: number): ZipMember {
  const { name, sizeBytes, packedBytes, isDeflated, localOffset } = entry
  const what = `member ${quoted(name)}`
  const local = viewOf(bytesAt(source, localOffset, localBytes, what))
  if (local.getUint32(0, true) !== signatures.local) refuse(`${what} has no local header where the directory says`)
  const start = localOffset + localBytes + local.getUint16(26, true) + local.getUint16(28, true)
  if (start + packedBytes > limit) refuse(`${what} reaches into the directory of the archive; it is truncated or damaged`)
  if (!isDeflated && sizeBytes !== packedBytes) refuse(`${what} is stored in ${packedBytes} bytes but claims ${sizeBytes}`)
  if (isDeflated && sizeBytes > deflateRatioMax * packedBytes) {
    refuse(`${what} claims ${sizeBytes} bytes from ${packedBytes}, more than deflate can give`)
  }
  const readAll = (): Uint8Array => {
    const packed = bytesAt(source, start, packedBytes, what)
    const bytes = isDeflated ? inflated(packed, sizeBytes, what) : packed
    if (bytes.length !== sizeBytes) refuse(`${what} inflates to ${bytes.length} bytes and not to the ${sizeBytes} it claims`)
    // PyTorch writes 0 where it was told not to compute checksums (set_crc32_options).
    if (entry.checksum !== 0 && crc32(bytes) !== entry.checksum) refuse(`the checksum of ${what} does not fit its bytes; the file is damaged`)
    return bytes
  }
  return {
    name,
    sizeBytes,
    readAll,
    readStart(length) {
      if (!isDeflated) return bytesAt(source, start, Math.min(length, packedBytes), what)
      // Deflate may grow what it cannot shrink, by five bytes in a block and a little for its tables.
      const begun = bytesAt(source, start, Math.min(length + 1024, packedBytes), what)
      return inflated(begun, Math.min(sizeBytes, deflateRatioMax * begun.length), what, constants.Z_SYNC_FLUSH)
    },
    read(offset, length) {
      const isPart = !isDeflated && length < sizeBytes
      return isPart ? bytesAt(source, start + offset, length, what) : readAll().subarray(offset, offset + length)
    },
  }
}

/** With Z_SYNC_FLUSH the packed bytes may end before the stream does. */
function inflated(packed: Uint8Array, sizeBytes: number, what: string, finishFlush: number = constants.Z_FINISH): Uint8Array {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, sizeBytes), finishFlush })
  } catch (cause) {
    return refuse(`${what} cannot be inflated to its ${sizeBytes} bytes; ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}
