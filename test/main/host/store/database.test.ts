import { createHash } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, readdirSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, test, vi } from 'vitest'
import { createRng } from '@main/base/rng'
import { unwrap, type Result } from '@main/base/result'
import { createStore, openStore } from '@main/host/store/database'
import { schemaVersion } from '@main/host/store/migrations'
import type { Store } from '@main/host/store/store'
import { newRun, newStore, scratchFolder, stateAt } from './samples'
import { askSecond, askSecondOnSmallDisk } from './second'

// Other processes start as fast as the machine lets them.
vi.setConfig({ testTimeout: 60_000 })

/** A closed project with one run of two checkpoints. */
function closedProject(folder: string): string {
  const path = join(folder, 'one.grokscope')
  const store = newStore(path)
  const { id } = store.runs.create(newRun())
  for (const step of [10, 20]) unwrap(store.checkpoints.write(id, stateAt(step)))
  store.dispose()
  return path
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

function codeOf(result: Result<Store>): string {
  if (!result.ok) return result.error.code
  result.value.dispose()
  return 'opened'
}

/** How opening went twice, whether the file kept its bytes, and what was left beside it or open. */
function attempt(path: string): unknown {
  const before = hashOf(path)
  const folder = dirname(path)
  const codes = [codeOf(openStore(path)), codeOf(openStore(path))]
  return { codes, isUntouched: hashOf(path) === before, files: readdirSync(folder), open: openFiles(folder) }
}

function refused(path: string, code: string): unknown {
  return { codes: [code, code], isUntouched: true, files: [basename(path)], open: [] }
}

/** Files of a folder that this process holds open, where the system tells. */
function openFiles(folder: string): readonly string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    const link = `/proc/self/fd/${descriptor}`
    return existsSync(link) && readlinkSync(link).startsWith(folder) ? [readlinkSync(link)] : []
  })
}

describe('a project', () => {
  test('is one file once it is closed', () => {
    const folder = scratchFolder()
    closedProject(folder)

    expect(readdirSync(folder)).toEqual(['one.grokscope'])
  })

  test('holds no file open once it is closed', () => {
    const folder = scratchFolder()
    const store = newStore(join(folder, 'one.grokscope'))
    const during = openFiles(folder).length
    store.dispose()

    expect([during > 0, openFiles(folder)]).toEqual([process.platform === 'linux', []])
  })

  test('opens with what was stored', () => {
    const store = unwrap(openStore(closedProject(scratchFolder())))
    const [run] = store.runs.list()
    const loaded = unwrap(store.checkpoints.load(run!.id, 20))
    store.dispose()

    expect({ count: run!.checkpointCount, loaded }).toEqual({ count: 2, loaded: stateAt(20) })
  })

  test('is not made over a file that exists', () => {
    const path = closedProject(scratchFolder())
    const before = hashOf(path)

    expect(codeOf(createStore(path))).toBe('ACTION_UNAVAILABLE')
    expect(hashOf(path)).toBe(before)
  })

  test('that was training when its process ended holds interrupted runs', () => {
    const path = closedProject(scratchFolder())
    const first = unwrap(openStore(path))
    const { id } = first.runs.list()[0]!
    first.runs.change(id, { state: 'running' })
    first.dispose()

    const second = unwrap(openStore(path))
    const { state } = second.runs.find(id)!
    second.dispose()

    expect(state).toBe('interrupted')
  })

  test('closes without hidden runs and the room they took', () => {
    const path = join(scratchFolder(), 'one.grokscope')
    const store = newStore(path)
    const emptyBytes = store.sizeBytes()
    const { id } = store.runs.create(newRun())
    const data = Float32Array.from({ length: 100_000 }, (_, i) => i)
    unwrap(store.checkpoints.write(id, stateAt(1, { params: { W_in: { axes: ['d_mlp'], shape: [1e5], data } } })))
    const fullBytes = store.sizeBytes()
    store.runs.setHidden(id, true)
    store.dispose()

    const again = unwrap(openStore(path))
    const found = { run: again.runs.find(id), isSmall: again.sizeBytes() - emptyBytes < (fullBytes - emptyBytes) / 10 }
    again.dispose()

    expect(found).toEqual({ run: undefined, isSmall: true })
  })

  test('is copied while open, with what was stored until then', async () => {
    const folder = scratchFolder()
    const store = newStore(join(folder, 'one.grokscope'))
    const { id } = store.runs.create(newRun())
    unwrap(store.checkpoints.write(id, stateAt(5)))

    await store.backup(join(folder, 'copy.grokscope'))
    const copy = unwrap(openStore(join(folder, 'copy.grokscope')))
    const loaded = unwrap(copy.checkpoints.load(id, 5))
    copy.dispose()

    expect(loaded).toEqual(stateAt(5))
    store.dispose()
    expect(readdirSync(folder).sort()).toEqual(['copy.grokscope', 'one.grokscope'])
  })

  test('is not copied onto itself', async () => {
    const store = newStore(join(scratchFolder(), 'one.grokscope'))

    await expect(store.backup(store.path)).rejects.toMatchObject({ code: 'ACTION_UNAVAILABLE' })
  })

  test('opened for reading refuses changes with a code', () => {
    const path = closedProject(scratchFolder())
    const before = hashOf(path)

    const store = unwrap(openStore(path, { isReadOnly: true }))
    const { id } = store.runs.list()[0]!
    const written = store.checkpoints.write(id, stateAt(30))
    const change = (): unknown => store.runs.change(id, { name: 'other' })

    expect(written).toMatchObject({ ok: false, error: { code: 'PROJECT_READ_ONLY' } })
    expect(change).toThrow(expect.objectContaining({ code: 'PROJECT_READ_ONLY' }))
    store.dispose()
    expect(hashOf(path)).toBe(before)
  })
})

describe('a file that is refused keeps every byte:', () => {
  test('a missing file', () => {
    const folder = scratchFolder()

    expect(codeOf(openStore(join(folder, 'none.grokscope')))).toBe('PROJECT_NOT_FOUND')
    expect(readdirSync(folder)).toEqual([])
  })

  test('a folder', () => {
    expect(codeOf(openStore(scratchFolder()))).toBe('PROJECT_NOT_OURS')
  })

  test('an empty file', () => {
    const path = join(scratchFolder(), 'empty.grokscope')
    writeFileSync(path, '')

    expect(attempt(path)).toEqual(refused(path, 'PROJECT_DAMAGED'))
  })

  test.each([1, 99, 4096, 100_000])('%i random bytes', (length) => {
    const path = join(scratchFolder(), 'noise.grokscope')
    const rng = createRng(length)
    writeFileSync(path, Uint8Array.from({ length }, () => rng.below(256)))

    expect(attempt(path)).toEqual(refused(path, 'PROJECT_NOT_OURS'))
  })

  test('a database of another program', () => {
    const path = join(scratchFolder(), 'other.grokscope')
    const db = new Database(path)
    db.exec('CREATE TABLE runs (id TEXT); INSERT INTO runs VALUES (1)')
    db.close()

    expect(attempt(path)).toEqual(refused(path, 'PROJECT_NOT_OURS'))
  })

  test('a project of a newer version', () => {
    const path = closedProject(scratchFolder())
    const db = new Database(path)
    db.pragma(`user_version = ${schemaVersion + 1}`)
    db.close()

    expect(attempt(path)).toEqual(refused(path, 'PROJECT_NEWER'))
  })

  test.each([10, 50, 100, 1000, 8192, 20_000, 81_920, -8192, -100, -1])('a project cut off at byte %i', (at) => {
    const path = closedProject(scratchFolder())
    truncateSync(path, at > 0 ? at : readFileSync(path).length + at)

    expect(attempt(path)).toEqual(refused(path, 'PROJECT_DAMAGED'))
  })

  test('a migration that fails half way', () => {
    const path = join(scratchFolder(), 'half.grokscope')
    const db = new Database(path)
    // The first migration makes this table after others, and fails there.
    db.exec('CREATE TABLE masks (id TEXT)')
    db.pragma(`application_id = ${0x47726f6b}`)
    db.close()

    expect(() => openStore(path)).toThrow('masks')
    const after = new Database(path, { readonly: true })
    const tables = after.prepare('SELECT name FROM sqlite_schema').all()
    const version = after.pragma('user_version', { simple: true })
    after.close()
    expect({ tables, version }).toEqual({ tables: [{ name: 'masks' }], version: 0 })
  })
})

describe('damage inside a project', () => {
  test('is noticed at opening, on whatever page it is', () => {
    const folder = scratchFolder()
    const path = closedProject(folder)
    const bytes = readFileSync(path)
    const damaged = join(folder, 'damaged.grokscope')
    const rng = createRng(5)

    for (let page = 1; page < bytes.length / 8192; page++) {
      const noisy = Buffer.from(bytes)
      for (let i = 0; i < 8192; i++) noisy[page * 8192 + i] = rng.below(256)
      writeFileSync(damaged, noisy)
      expect([`page ${page}`, codeOf(openStore(damaged))]).toEqual([`page ${page}`, 'PROJECT_DAMAGED'])
    }
  })

  test('of one bit of a tensor is named when the checkpoint is loaded', () => {
    const path = closedProject(scratchFolder())
    const bytes = readFileSync(path)
    const stored = Buffer.from(Float32Array.of(1, 2, 3, 20).buffer)
    const at = bytes.indexOf(stored)
    bytes[at] = bytes[at]! ^ 1
    writeFileSync(path, bytes)

    const store = unwrap(openStore(path))
    const { id } = store.runs.list()[0]!
    const loads = [10, 20].map((step) => store.checkpoints.load(id, step))
    const resumable = store.checkpoints.lastResumable(id)?.step
    store.dispose()

    expect(at).toBeGreaterThan(0)
    expect(loads[0]!.ok).toBe(true)
    expect(loads[1]).toMatchObject({
      error: { code: 'PROJECT_DAMAGED', message: `tensor 'params/W_in at step 20 of ${id}' is not what was stored` },
    })
    expect(resumable).toBe(10)
  })
})

describe('a disk that cannot be written', () => {
  /** Root may write anything, so the second process asks as a user who may not. */
  function readOnlyProject(fileMode: number, folderMode: number): { readonly folder: string; readonly path: string } {
    const folder = scratchFolder()
    const path = closedProject(folder)
    chmodSync(path, fileMode)
    chmodSync(folder, folderMode)
    return { folder, path }
  }

  test('refuses a file without write permission, and its bytes stay', () => {
    const { folder, path } = readOnlyProject(0o444, 0o777)
    const before = hashOf(path)

    expect(askSecond('open', path)).toMatchObject({ code: 'PROJECT_READ_ONLY' })
    expect([hashOf(path), readdirSync(folder)]).toEqual([before, ['one.grokscope']])
  })

  test('refuses a folder without write permission, where the log could not be made', () => {
    const { folder, path } = readOnlyProject(0o666, 0o555)
    const before = hashOf(path)

    const answer = askSecond('open', path)
    chmodSync(folder, 0o755)

    expect(answer).toMatchObject({ code: 'PROJECT_READ_ONLY' })
    expect([hashOf(path), readdirSync(folder)]).toEqual([before, ['one.grokscope']])
  })

  test('refuses a file without read permission', () => {
    const { path } = readOnlyProject(0o200, 0o777)

    expect(askSecond('read', path)).toMatchObject({ code: 'FILE_UNREADABLE' })
  })

  test('opens for reading', () => {
    const { folder, path } = readOnlyProject(0o444, 0o555)

    const answer = askSecond('read', path)
    chmodSync(folder, 0o755)

    expect(answer).toEqual({ code: 'opened', runs: 1 })
  })
})

describe('a full disk', () => {
  /** A mounted disk of one megabyte where this user may mount one, elsewhere SQLite's own limit on the file. */
  function fill(): unknown {
    const folder = scratchFolder()
    const path = join(folder, 'full.grokscope')
    return askSecondOnSmallDisk(folder, 'fill', path) ?? askSecond('fill', path, '1000000')
  }

  test('refuses checkpoints and other records with STORAGE_FULL and keeps all that was written before', () => {
    const answer = fill() as { readonly written: number }

    expect(answer.written).toBeGreaterThan(0)
    expect(answer).toEqual({
      refused: 'STORAGE_FULL',
      thrown: 'STORAGE_FULL',
      written: answer.written,
      intact: answer.written,
    })
  })

  test('gets no half-made project', () => {
    const folder = scratchFolder()

    const created = createStore(join(folder, 'new.grokscope'), { sizeLimitBytes: 40_000 })

    expect(codeOf(created)).toBe('STORAGE_FULL')
    expect(readdirSync(folder)).toEqual([])
  })
})

