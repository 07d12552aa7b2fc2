/** Files that come over the wire in pieces: gathered here until the last one is there. */
import { AppError } from '../../base/result'

export interface Piece {
  readonly offset: number
  readonly totalBytes: number
  readonly bytes: Uint8Array
}

export interface Pieces {
  /** The whole file with its last piece, undefined before. A piece that does not continue what came is ARGUMENTS_INVALID. */
  put(name: string, piece: Piece): Uint8Array<ArrayBuffer> | undefined
}

/** Files on their way in that nobody ended; the oldest is let go for a new one. */
const mostIncoming = 4

export function createPieces(): Pieces {
  const incoming = new Map<string, { readonly bytes: Uint8Array<ArrayBuffer>; received: number }>()
  return {
    put(name, { offset, totalBytes, bytes }) {
      if (offset === 0) {
        incoming.delete(name)
        for (const oldest of [...incoming.keys()].slice(0, Math.max(0, incoming.size - mostIncoming + 1))) incoming.delete(oldest)
        incoming.set(name, { bytes: new Uint8Array(totalBytes), received: 0 })
      }
      const file = incoming.get(name)
      if (file?.received !== offset || file.bytes.length !== totalBytes || offset + bytes.length > totalBytes) {
        incoming.delete(name)
        const message = `piece at ${offset} of '${name}' does not continue the ${file?.received ?? 0} of ${totalBytes} bytes that have come`
        throw new AppError({ code: 'ARGUMENTS_INVALID', message })
      }
      file.bytes.set(bytes, offset)
      file.received += bytes.length
      if (file.received < totalBytes) return undefined
      incoming.delete(name)
      return file.bytes
    },
  }
}
