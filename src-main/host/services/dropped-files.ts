/**
 * Files on their way in: kept in a temporary folder while somebody decides about them. On the disk they have numbers for
 * names, so that what a stranger called a file names no place on this machine.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createId } from '../../base/id'
import { AppError } from '../../base/result'
import type { ImportFile } from '../compute/contract'

/** A series of a hundred checkpoints with its tokenizer stays well below. */
const mostFiles = 1000
/** Imports that nobody ended; the oldest is let go for a new one. */
const mostOpen = 4

interface Incoming extends ImportFile {
  receivedBytes: number
}

export interface DroppedFiles {
  begin(): string
  put(importId: string, piece: Piece): void
  /** Whole files only; a file that was not sent to its end is an error. */
  files(importId: string): readonly ImportFile[]
  discard(importId: string): void
  dispose(): void
}

export interface Piece {
  readonly path: string
  readonly offset: number
  readonly totalBytes: number
  readonly bytes: Uint8Array
}

interface Drop {
  readonly folder: string
  readonly files: Map<string, Incoming>
}

export function createDroppedFiles(nowMs: () => number): DroppedFiles {
  const drops = new Map<string, Drop>()

  function find(importId: string): Drop {
    const drop = drops.get(importId)
    if (drop) return drop
    throw new AppError({ code: 'ACTION_UNAVAILABLE', message: `there is no open import '${importId}'; drop the files again` })
  }

  function discard(importId: string): void {
    const drop = drops.get(importId)
    drops.delete(importId)
    if (drop) rmSync(drop.folder, { recursive: true, force: true })
  }

  return {
    begin() {
      for (const oldest of [...drops.keys()].slice(0, Math.max(0, drops.size - mostOpen + 1))) discard(oldest)
      const importId = createId('import', nowMs(), Math.random)
      drops.set(importId, { folder: mkdtempSync(join(tmpdir(), 'grokscope-import-')), files: new Map() })
      return importId
    },
    put(importId, piece) {
      const drop = find(importId)
      const { path, offset, totalBytes, bytes } = piece
      checkPath(path)
      const known = drop.files.get(path)
      if (!known && drop.files.size >= mostFiles) throw invalid(`more than ${mostFiles} files; drop fewer at once`)
      const file = known ?? { name: path, path: join(drop.folder, String(drop.files.size)), sizeBytes: totalBytes, receivedBytes: 0 }
      const isNew = offset === 0
      if (!isNew && (file.receivedBytes !== offset || file.sizeBytes !== totalBytes)) {
        throw invalid(`piece at ${offset} of '${path}' does not continue the ${file.receivedBytes} of ${file.sizeBytes} bytes that have come`)
      }
      if (offset + bytes.length > totalBytes) throw invalid(`piece at ${offset} of '${path}' goes beyond its ${totalBytes} bytes`)
      write(file.path, offset, bytes)
      drop.files.set(path, { ...file, sizeBytes: totalBytes, receivedBytes: offset + bytes.length })
    },
    files(importId) {
      const files = [...find(importId).files.values()]
      const partial = files.find(({ receivedBytes, sizeBytes }) => receivedBytes !== sizeBytes)
      if (partial) throw invalid(`'${partial.name}' has ${partial.receivedBytes} of ${partial.sizeBytes} bytes so far`)
      return files.map(({ name, path, sizeBytes }) => ({ name, path, sizeBytes }))
    },
    discard,
    dispose: () => [...drops.keys()].forEach(discard),
  }
}

/** Names are shown and compared and never opened; still, what is no name of a file is not taken for one. */
function checkPath(path: string): void {
  const parts = path.split('/')
  const isName = (part: string): boolean => part !== '' && part !== '.' && part !== '..' && part.length <= 255
  if (!parts.every(isName) || /[\u0000-\u001f\\]/.test(path)) throw invalid(`${JSON.stringify(path)} is no name of a file`)
}

function write(path: string, offset: number, bytes: Uint8Array): void {
  const file = openSync(path, offset === 0 ? 'w' : 'r+', 0o600)
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at, offset + at)
  } finally {
    closeSync(file)
  }
}

const invalid = (message: string): AppError => new AppError({ code: 'ARGUMENTS_INVALID', message })
