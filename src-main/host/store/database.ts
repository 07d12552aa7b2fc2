/**
 * A project file: one SQLite database, `<name>.grokscope`, with its log beside it (`-wal`, `-shm`) while it
 * is open. Closed, it is a single file in rollback mode, which also opens from a read-only disk.
 *
 * Native code: better-sqlite3 13 is built on Node-API 10 and ships its binaries inside the package. One
 * binary serves Node 22.14 and newer and Electron alike, so nothing is rebuilt for Electron and no second
 * copy is kept.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { AppError, err, ok, type Result } from '../../base/result'
import { systemClock } from '../../base/time'
import { createCheckpoints } from './checkpoints'
import { closeConnection, openConnection, prepareNew } from './connection'
import { createExperiments } from './experiments'
import { storageFailure, withFailures } from './failures'
import { createImageSets } from './image-sets'
import { createImports } from './imports'
import { acquireLock } from './lock'
import { createMasks } from './masks'
import { createMeasurements } from './measurements'
import { schemaVersion } from './migrations'
import { createPromptSets } from './prompt-sets'
import { createReports } from './reports'
import { createRuns } from './runs'
import { createSessions } from './sessions'
import { createSparks } from './spark'
import type { OpenFailure, Store, StoreOptions } from './store'
import { createTensors, type Tensors } from './tensors'
import { createVerdicts } from './verdicts'

/** Longest wait at closing for deleting what is not used any more; the rest is deleted another time. */
const closingSweepMs = 300
/** A file with less than this in it is written anew at closing when most of it is free; well under a second. */
const rewrittenBytes = 48 * 2 ** 20

/** Opens an existing project. A file that is refused keeps every byte. */
export function openStore(path: string, options: StoreOptions = {}): Result<Store, OpenFailure> {
  const given = resolve(path)
  const name = basename(given)
  return explaining(name, () => {
    const refusal = refuseUnreadable(given, name)
    if (refusal) return refusal
    // One lock for all names of a file.
    const real = realpathSync(given)
    if (options.isReadOnly) return openLocked(real, options)
    return lockAnd(real, (lock) => openLocked(real, options, lock))
  })
}

function refuseUnreadable(path: string, name: string): Result<never, OpenFailure> | undefined {
  try {
    accessSync(path, constants.R_OK)
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException // node:fs throws nothing else
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? err('PROJECT_NOT_FOUND', `there is no file '${name}'; open another or make a new one`)
      : err('FILE_UNREADABLE', `'${name}' may not be read; allow this user to read it`, { reason: code })
  }
  return statSync(path).isFile()
    ? undefined
    : err('PROJECT_NOT_OURS', `'${name}' is a folder; expected a project file`)
}

/** Makes a new project; `:memory:` makes one that lives as long as its store. Never replaces a file. */
export function createStore(
  path: string,
  options: StoreOptions = {},
): Result<Store, OpenFailure | 'ACTION_UNAVAILABLE'> {
  if (path === ':memory:') return ok(assemble(prepareNew(new Database(path), options), options))
  const given = resolve(path)
  const name = basename(given)
  if (existsSync(given)) {
    return err('ACTION_UNAVAILABLE', `'${name}' exists already; open it or choose another name`)
  }
  if (!existsSync(dirname(given))) return err('PROJECT_NOT_FOUND', `there is no folder to make '${name}' in`)
  return explaining(name, () => {
    const real = join(realpathSync(dirname(given)), name)
    closeSync(openSync(real, 'wx'))
    let created: Result<Store, OpenFailure> | undefined
    try {
      created = lockAnd(real, (lock) => ok(assemble(prepareNew(new Database(real), options), options, lock)))
      return created
    } finally {
      if (!created?.ok) {
        for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(real + suffix, { force: true })
      }
    }
  })
}

type Lock = NonNullable<ReturnType<typeof acquireLock>>

function lockAnd(real: string, open: (lock: Lock) => Result<Store, OpenFailure>): Result<Store, OpenFailure> {
  accessSync(real, constants.W_OK)
  accessSync(dirname(real), constants.W_OK)
  const lock = acquireLock(real)
  if (!lock) return err('PROJECT_IN_USE', `'${basename(real)}' is open elsewhere; close it there first`)
  let opened: Result<Store, OpenFailure> | undefined
  try {
    opened = open(lock)
    return opened
  } finally {
    if (!opened?.ok) lock.dispose()
  }
}

function openLocked(real: string, options: StoreOptions, lock?: Lock): Result<Store, OpenFailure> {
  const connection = openConnection(real, options)
  return connection.ok ? ok(assemble(connection.value, options, lock)) : connection
}

function explaining<Code extends string>(
  name: string,
  open: () => Result<Store, Code>,
): Result<Store, Code | OpenFailure> {
  try {
    return open()
  } catch (thrown) {
    const failure = storageFailure(thrown)
    if (!failure) throw thrown
    return { ok: false, error: { ...failure, message: `cannot open '${name}': ${failure.message}` } }
  }
}

function assemble(db: Database.Database, options: StoreOptions, lock?: Lock): Store {
  const { isReadOnly = false, clock = systemClock, random = Math.random } = options
  const tensors = createTensors(db)
  const sparks = createSparks((runId, id) => measurements.points(runId, id)?.values)
  const measurements = createMeasurements(db, sparks.forget)
  const runs = createRuns(db, { clock, random, spark: sparks.of })
  const { removeHidden, ...visibleRuns } = runs
  const { removeHidden: removeHiddenMasks, ...masks } = createMasks(db, tensors, { clock, random })

  function dispose(): void {
    if (!db.open) return
    closeConnection(db, () => {
      if (isReadOnly || db.memory) return
      removeHidden()
      removeHiddenMasks()
      shrink(db, tensors)
    })
    lock?.dispose()
  }

  return Object.freeze({
    path: db.name,
    isReadOnly,
    schemaVersion,
    runs: withFailures(visibleRuns),
    checkpoints: withFailures(createCheckpoints(db, tensors, measurements)),
    measurements: withFailures(measurements),
    masks: withFailures(masks),
    experiments: withFailures(createExperiments(db, { clock, random })),
    promptSets: withFailures(createPromptSets(db, { clock, random })),
    imageSets: withFailures(createImageSets(db, { clock })),
    reports: withFailures(createReports(db, { clock, random })),
    sessions: withFailures(createSessions(db)),
    imports: withFailures(createImports(db)),
    verdicts: withFailures(createVerdicts(db)),
    ...withFailures({
      sizeBytes: () => pragma(db, 'page_count') * pragma(db, 'page_size'),
      reclaim: (budgetMs: number) => tensors.sweep(budgetMs),
    }),
    backup: (path: string) => backup(db, resolve(path)),
    dispose,
  })
}

function pragma(db: Database.Database, name: string): number {
  return db.pragma(name, { simple: true }) as number // page_count, page_size and freelist_count are integers
}

/**
 * Deletes unused tensors and gives free pages back to the disk, both as far as the time goes. Moving pages one by one is
 * slow; where little is left of a file, writing that anew is quicker. Pages that stay free are used by later writes.
 */
function shrink(db: Database.Database, tensors: Tensors): void {
  const until = performance.now() + closingSweepMs
  if (!tensors.sweep(closingSweepMs)) return
  const freePages = pragma(db, 'freelist_count')
  const livePages = pragma(db, 'page_count') - freePages
  if (freePages > livePages && livePages * pragma(db, 'page_size') <= rewrittenBytes) db.exec('VACUUM')
  while (pragma(db, 'freelist_count') > 0 && performance.now() < until) db.exec('PRAGMA incremental_vacuum(64)')
}

/** A copy under another name first, so that a copy that fails leaves what was there. */
async function backup(db: Database.Database, path: string): Promise<void> {
  if (existsSync(path) && realpathSync(path) === db.name) {
    const message = 'a project cannot be copied onto itself; choose another name'
    throw new AppError({ code: 'ACTION_UNAVAILABLE', message })
  }
  const part = `${path}.part`
  try {
    await db.backup(part)
    const copy = new Database(part)
    copy.pragma('journal_mode = DELETE')
    copy.close()
    renameSync(part, path)
  } catch (thrown) {
    rmSync(part, { force: true })
    const failure = storageFailure(thrown)
    throw failure ? new AppError(failure, { cause: thrown }) : thrown
  }
}
