/** What SQLite and the file system complain about, as the codes of the contract. */
import Database from 'better-sqlite3'
import { AppError, type Failure } from '../../base/result'
import type { OpenFailure } from './store'

export type StorageFailure = Exclude<OpenFailure, 'PROJECT_NEWER' | 'PROJECT_NOT_FOUND'>

/** The failure behind something thrown by SQLite or node:fs; undefined when it is neither, or a broken invariant. */
export function storageFailure(thrown: unknown): Failure<StorageFailure> | undefined {
  // Records are JSON; SQLite's own check does not look into them.
  if (thrown instanceof SyntaxError) {
    return { code: 'PROJECT_DAMAGED', message: 'a record of the project is damaged; restore it from a copy' }
  }
  const code = codeOf(thrown)
  if (!code) return undefined
  const found = meanings.find(([pattern]) => pattern.test(code))
  if (!found) return undefined
  const [, meaning, message] = found
  return { code: meaning, message, detail: { reason: code } }
}

// Order matters: an extended code is matched before the family it belongs to.
const meanings: readonly (readonly [RegExp, StorageFailure, string])[] = [
  // The shared-memory file of the log could not grow: that is how a full disk shows first.
  [/^(SQLITE_FULL|SQLITE_IOERR_SHMSIZE|ENOSPC|EDQUOT)$/, 'STORAGE_FULL', 'the disk has no room left; nothing was lost'],
  [/^SQLITE_BUSY|^SQLITE_LOCKED/, 'PROJECT_IN_USE', 'another process is using the project; close it there first'],
  [/^SQLITE_NOTADB$/, 'PROJECT_NOT_OURS', 'the file is not a Grokscope project'],
  [/^SQLITE_CORRUPT/, 'PROJECT_DAMAGED', 'the project file is damaged; restore it from a copy'],
  [
    /^SQLITE_READONLY|^SQLITE_CANTOPEN|^EROFS$|^EACCES$|^EPERM$/,
    'PROJECT_READ_ONLY',
    'the project file or its folder cannot be written; copy it to a folder that can, or open it for reading',
  ],
  [/^SQLITE_IOERR|^EIO$/, 'FILE_UNREADABLE', 'the disk refused to read or write the project file'],
]

function codeOf(thrown: unknown): string | undefined {
  if (thrown instanceof Database.SqliteError) return thrown.code
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined
  return typeof code === 'string' ? code : undefined
}

/** The same methods; what SQLite throws inside them arrives as an AppError with a code of the contract. */
export function withFailures<T extends object>(methods: T): T {
  const wrapped = Object.entries(methods).map(([name, method]) => {
    if (typeof method !== 'function') return [name, method]
    return [
      name,
      (...args: unknown[]): unknown => {
        try {
          return (method as (...given: unknown[]) => unknown)(...args)
        } catch (thrown) {
          const failure = storageFailure(thrown)
          throw failure ? new AppError(failure, { cause: thrown }) : thrown
        }
      },
    ]
  })
  return Object.fromEntries(wrapped) as T // the same names, each with its own signature
}

