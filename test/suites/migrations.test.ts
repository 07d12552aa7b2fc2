/** Every project file that a released version may have left behind opens in this one, with everything in it. */
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { unwrap } from '@main/base/result'
import { createStore, openStore } from '@main/host/store/database'
import { migrations, schemaVersion } from '@main/host/store/migrations'
import { readBack } from '../fixtures/stores/read-back'

const fixtures = join(import.meta.dirname, '../fixtures/stores')
const stems = readdirSync(fixtures).flatMap((name) => name.match(/^(\d{4})\.grokscope$/)?.[1] ?? [])

/** A copy in a folder of the test's own, since opening brings the file up to date. */
function copyOf(stem: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'grokscope-migrations-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, `${stem}.grokscope`)
  copyFileSync(join(fixtures, `${stem}.grokscope`), path)
  return path
}

function schemaOf(path: string): unknown {
  const db = new Database(path, { readonly: true })
  const schema = db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all()
  db.close()
  return schema
}

test('migrations are numbered from 1 without a gap', () => {
  expect(migrations.map(({ id }) => Number(id.slice(0, 4)))).toEqual(migrations.map((_, i) => i + 1))
})

test('each schema up to this one has a frozen project', () => {
  expect(stems.map(Number).sort((x, y) => x - y)).toEqual(Array.from({ length: schemaVersion }, (_, i) => i + 1))
})

describe.each(stems)('a project of schema %s', (stem) => {
  test('opens and reads back', () => {
    const store = unwrap(openStore(copyOf(stem)))
    const found = readBack(store)
    store.dispose()

    expect(found).toEqual(JSON.parse(readFileSync(join(fixtures, `${stem}.json`), 'utf8')))
  })

  test('opens again after that, and reads back the same', () => {
    const path = copyOf(stem)
    unwrap(openStore(path)).dispose()

    const store = unwrap(openStore(path))
    const found = readBack(store)
    store.dispose()

    expect(found).toEqual(JSON.parse(readFileSync(join(fixtures, `${stem}.json`), 'utf8')))
  })

  test('has the tables of a new project once it was opened', () => {
    const old = copyOf(stem)
    const fresh = join(old, '../fresh.grokscope')
    unwrap(openStore(old)).dispose()
    unwrap(createStore(fresh)).dispose()

    expect(schemaOf(old)).toEqual(schemaOf(fresh))
  })
})
