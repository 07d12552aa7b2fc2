/**
 * Refusing from any depth of a reader. Inside, a refusal is thrown; `refusable` at the reader's edge makes it the Result
 * that importers return. Anything else thrown is a broken invariant and passes through.
 */
import { AppError, err, ok, type Result } from '../../../base/result'
import type { ByteSource } from '../importer'

export function refuse(message: string): never {
  throw new AppError({ code: 'IMPORT_REFUSED', message })
}

export function refusable<T>(read: () => T): Result<T, 'IMPORT_REFUSED'> {
  try {
    return ok(read())
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'IMPORT_REFUSED') return err('IMPORT_REFUSED', thrown.message)
    throw thrown
  }
}

/** Bytes of a source, refused where they do not all lie in it. `what` names them in the refusal. */
export function bytesAt(source: ByteSource, offset: number, length: number, what: string): Uint8Array {
  const isWithin = isCount(offset) && isCount(length) && offset + length <= source.sizeBytes
  if (!isWithin) {
    refuse(`${what} would end at byte ${offset + length} of a file of ${source.sizeBytes}; it is truncated or damaged`)
  }
  const bytes = source.read(offset, length)
  if (bytes.length !== length) refuse(`${what}: ${bytes.length} of ${length} bytes could be read`)
  return bytes
}

/** A whole number from 0 that a double holds exactly. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** A little-endian 64-bit count; undefined beyond 2^53, which no file reaches. */
export function countAt(view: DataView, offset: number): number | undefined {
  const value = Number(view.getBigUint64(offset, true))
  return isCount(value) ? value : undefined
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Text that begins a message may come from a file: cut to a line, with what cannot be printed left out. */
export function quoted(text: string): string {
  const printable = [...text.slice(0, 80)].filter((char) => char >= ' ' && char !== '\u007f').join('')
  return `'${printable}${text.length > 80 ? '…' : ''}'`
}
