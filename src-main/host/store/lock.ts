/**
 * One writing process a project.
 *
 * The lock is an empty SQLite file beside the project, held in an exclusive transaction: the operating system
 * releases it when its process ends in whatever way, and the project file itself stays open to readers.
 * SQLite keeps such locks apart within one process too, which the operating system's own file locks do not.
 *
 * The file is removed while the lock is still held. Another process may have opened it just before; it then
 * locks a file without a name, notices that the name leads elsewhere, and tries again.
 */
import { closeSync, openSync, rmSync, statSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { Disposable } from '../../base/disposable'

const attempts = 5

/** The lock, or undefined when another store holds it. Throws what node:fs or SQLite throw where none can be made. */
export function acquireLock(projectPath: string): Disposable | undefined {
  const path = `${projectPath}-lock`
  for (let attempt = 0; attempt < attempts; attempt++) {
    createIfMissing(path)
    const before = inodeOf(path)
    if (before === undefined) continue
    const db = new Database(path, { timeout: 0 })
    const complaint = begin(db)
    // SQLite reports a file removed under it as a failing disk; the name leading elsewhere is the better witness.
    const isCurrent = inodeOf(path) === before
    if (!complaint && isCurrent) return { dispose: () => release(db, path) }
    db.close()
    if (complaint?.code.startsWith('SQLITE_BUSY')) return undefined
    if (complaint && isCurrent) throw complaint
  }
  return undefined
}

function begin(db: Database.Database): InstanceType<typeof Database.SqliteError> | undefined {
  try {
    // Nothing is written, so nothing needs a journal file of its own beside the lock.
    db.pragma('journal_mode = MEMORY')
    db.exec('BEGIN EXCLUSIVE')
    return undefined
  } catch (thrown) {
    if (thrown instanceof Database.SqliteError) return thrown
    throw thrown
  }
}

function release(db: Database.Database, path: string): void {
  if (!db.open) return
  // Windows refuses to remove an open file; there the name is free to remove afterwards, unless someone else took it.
  if (process.platform !== 'win32') rmSync(path, { force: true })
  db.close()
  if (process.platform === 'win32') removeUnlessTaken(path)
}

function removeUnlessTaken(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException // node:fs throws nothing else
    if (code !== 'EBUSY' && code !== 'EPERM') throw thrown
  }
}

/** An existing file is not touched: closing a second descriptor of it would end this process's locks on it. */
function createIfMissing(path: string): void {
  try {
    closeSync(openSync(path, 'wx'))
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown
  }
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino
}
