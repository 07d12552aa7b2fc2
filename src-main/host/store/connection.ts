/**
 * From a path to a database connection that is ours, whole and of this version. The order goes from what
 * cannot hurt to what writes, so that a file that is refused keeps every byte:
 *
 *   1. application_id says it is ours, user_version that it is not newer than this program;
 *   2. the file is as long as its header says and quick_check finds its pages in order; of a large file without the
 *      tensors, which have hashes of their own;
 *   3. the write-ahead log is switched on and migrations run, each in its own transaction;
 *   4. runs that were training when their process ended are marked interrupted.
 *
 * With the log, a process killed at any moment leaves the last committed transaction. `synchronous = NORMAL`:
 * a power failure may cost the last transactions, never the file.
 */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import Database from 'better-sqlite3'
import { err, ok, type Result } from '../../base/result'
import { storageFailure } from './failures'
import { migrations, schemaVersion } from './migrations'
import type { OpenFailure, StoreOptions } from './store'

/** 'Grok' */
export const applicationId = 0x47726f6b

/** A larger file is opened without reading through its tensors. */
const fullCheckBytes = 256 * 2 ** 20
const busyTimeoutMs = 5000
const pageBytes = 8192
const headerBytes = 100
const sqliteMagic = 'SQLite format 3\0'

/** Opens a file that exists; with `isReadOnly` nothing is written, so an older schema is refused. */
export function openConnection(path: string, options: StoreOptions): Result<Database.Database, OpenFailure> {
  const readonly = options.isReadOnly ?? false
  const db = new Database(path, { fileMustExist: true, readonly, timeout: busyTimeoutMs })
  try {
    const refusal = inspect(db, path) ?? (options.isReadOnly ? refuseOlder(db, path) : undefined)
    if (!refusal) {
      if (!options.isReadOnly) prepareWriting(db, options)
      return ok(db)
    }
    db.close()
    return refusal
  } catch (thrown) {
    db.close()
    const failure = storageFailure(thrown)
    if (failure?.code === 'PROJECT_NOT_OURS' && startsLikeOurs(path)) {
      return err('PROJECT_DAMAGED', `'${basename(path)}' has a damaged header; restore it from a copy`)
    }
    throw thrown
  }
}

/** An empty database becomes a project of the newest schema. */
export function prepareNew(db: Database.Database, options: StoreOptions): Database.Database {
  try {
    db.pragma(`page_size = ${pageBytes}`)
    // Freed pages go back to the disk a few at a time, when the project is closed.
    db.pragma('auto_vacuum = INCREMENTAL')
    prepareWriting(db, options)
    return db
  } catch (thrown) {
    db.close()
    throw thrown
  }
}

/** Runs the last writes, folds the log into the file, and closes whatever happens. */
export function closeConnection(db: Database.Database, lastWrites: () => void): void {
  try {
    lastWrites()
    // A reader elsewhere keeps the log in use; then it stays, and the next writer folds it in.
    db.pragma('busy_timeout = 0')
    if (!db.readonly && !db.memory) db.pragma('journal_mode = DELETE')
  } catch (thrown) {
    // A full or failing disk: what is committed is in the file or its log and is found there at the next opening.
    if (!storageFailure(thrown)) throw thrown
  } finally {
    db.close()
  }
}

function inspect(db: Database.Database, path: string): Result<never, OpenFailure> | undefined {
  const name = basename(path)
  const sizeBytes = statSync(path).size
  const hasLog = existsSync(`${path}-wal`)
  if (sizeBytes === 0) return err('PROJECT_DAMAGED', `'${name}' is empty; restore it from a copy`)
  const application = pragma(db, 'application_id')
  if (sizeBytes < headerBytes && startsLikeOurs(path)) {
    return err('PROJECT_DAMAGED', `'${name}' is cut off at byte ${sizeBytes}; restore it from a copy`)
  }
  if (application !== applicationId) {
    return err('PROJECT_NOT_OURS', `'${name}' is a database of another program; expected a project file`)
  }
  const version = pragma(db, 'user_version') as number
  if (version > schemaVersion) {
    const versions = `it has schema ${version}, this version reads up to ${schemaVersion}`
    return err('PROJECT_NEWER', `'${name}' was written by a newer Grokscope; ${versions}`)
  }
  const expectedBytes = (pragma(db, 'page_count') as number) * (pragma(db, 'page_size') as number)
  // Pages that are still in the log only may lie beyond the end of the file.
  if (!hasLog && sizeBytes < expectedBytes) {
    const sizes = `${sizeBytes} of ${expectedBytes} bytes are there`
    return err('PROJECT_DAMAGED', `'${name}' is cut off, ${sizes}; restore it from a copy`)
  }
  const complaint = check(db, sizeBytes)
  return complaint === undefined
    ? undefined
    : err('PROJECT_DAMAGED', `'${name}' is damaged; restore it from a copy`, { check: complaint })
}

/** The first complaint of SQLite's own check, or undefined. */
function check(db: Database.Database, sizeBytes: number): string | undefined {
  const tables = db
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'tensors'")
    .all()
  const checks = sizeBytes <= fullCheckBytes ? ['1'] : tables.map(({ name }) => `'${name}'`)
  return checks.map((each) => String(pragma(db, `quick_check(${each})`))).find((answer) => answer !== 'ok')
}

function refuseOlder(db: Database.Database, path: string): Result<never, OpenFailure> | undefined {
  const version = pragma(db, 'user_version') as number
  if (version === schemaVersion) return undefined
  const versions = `it has schema ${version}, reading needs ${schemaVersion}`
  return err('PROJECT_READ_ONLY', `'${basename(path)}' is of an older version, ${versions}; open it for writing`)
}

function prepareWriting(db: Database.Database, { sizeLimitBytes }: StoreOptions): void {
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = NORMAL')
  db.pragma('foreign_keys = ON')
  db.pragma('journal_size_limit = 67108864')
  if (sizeLimitBytes !== undefined) {
    db.pragma(`max_page_count = ${Math.floor(sizeLimitBytes / (pragma(db, 'page_size') as number))}`)
  }
  const from = pragma(db, 'user_version') as number
  for (const [i, migration] of migrations.entries()) {
    if (i < from) continue
    db.transaction(() => {
      migration.up(db)
      db.pragma(`application_id = ${applicationId}`)
      db.pragma(`user_version = ${i + 1}`)
    }).immediate()
  }
  // The lock says that no process is training: whoever was has ended.
  db.exec("UPDATE runs SET state = 'interrupted' WHERE state IN ('queued', 'running')")
}

function pragma(db: Database.Database, name: string): unknown {
  return db.pragma(name, { simple: true })
}

/** Only asked of what cannot be a database, so that no connection of this process holds locks on the file. */
function startsLikeOurs(path: string): boolean {
  const descriptor = openSync(path, 'r')
  const start = Buffer.alloc(sqliteMagic.length)
  const length = readSync(descriptor, start, 0, start.length, 0)
  closeSync(descriptor)
  return sqliteMagic.startsWith(start.toString('latin1', 0, length))
}
