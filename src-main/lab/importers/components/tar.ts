/** Members of a tar archive. Source: POSIX.1-1988 ustar; sizes in octal or, with the first bit set, base 256. */
import type { ByteSource } from '../importer'
import { bytesAt, isCount, quoted, refuse } from './refusal'
import type { StoredBytes } from './stored-tensor'

const blockBytes = 512

export function beginsLikeTar(source: ByteSource): boolean {
  return source.sizeBytes >= blockBytes && isHeader(source.read(0, blockBytes))
}

/** The sum of all bytes, with the sum's own eight read as blanks, as octal text at byte 148. */
function isHeader(block: Uint8Array): boolean {
  const sum = block.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0)
  return block[0] !== 0 && octal(block.subarray(148, 156)) === sum
}

/** Regular files by name, a leading './' left out. */
export function openTar(source: ByteSource): ReadonlyMap<string, StoredBytes> {
  const members = new Map<string, StoredBytes>()
  for (let offset = 0; offset + blockBytes <= source.sizeBytes; ) {
    const block = bytesAt(source, offset, blockBytes, 'a header of the archive')
    if (block.every((byte) => byte === 0)) break
    if (!isHeader(block)) refuse(`the archive has a damaged header at byte ${offset}`)
    const name = textOf(block.subarray(0, 100)).replace(/^\.\//, '')
    const sizeBytes = sizeIn(block.subarray(124, 136))
    const start = offset + blockBytes
    if (!isCount(sizeBytes) || start + sizeBytes > source.sizeBytes) {
      refuse(`member ${quoted(name)} claims ${sizeBytes} bytes; the archive ends before`)
    }
    const kind = block[156]
    if (kind === 0x30 || kind === 0) {
      const read: StoredBytes['read'] = (at, length) => {
        if (at + length > sizeBytes) refuse(`member ${quoted(name)} ends before byte ${at + length}; it is truncated`)
        return bytesAt(source, start + at, length, `member ${quoted(name)}`)
      }
      members.set(name, { sizeBytes, read })
    }
    offset = start + Math.ceil(sizeBytes / blockBytes) * blockBytes
  }
  return members
}

function textOf(field: Uint8Array): string {
  const end = field.indexOf(0)
  return new TextDecoder('latin1').decode(end < 0 ? field : field.subarray(0, end))
}

function octal(field: Uint8Array): number {
  return Number.parseInt(textOf(field).trim() || 'x', 8)
}

function sizeIn(field: Uint8Array): number {
  if (!(field[0]! & 0x80)) return octal(field)
  return field.subarray(1).reduce((total, byte) => total * 256 + byte, 0)
}
