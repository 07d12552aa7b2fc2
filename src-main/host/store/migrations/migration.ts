/**
 * One step of the schema. Migration n takes a file from `user_version` n-1 to n, inside a transaction of its
 * own, and is never edited once released: files of its version are out there, and one is kept in
 * test/fixtures/stores.
 */
import type { Database } from 'better-sqlite3'

export interface Migration {
  /** `0001-first-schema`; the number is the schema version it leads to. */
  readonly id: string
  up(db: Database): void
}

export function defineMigration(migration: Migration): Migration {
  return Object.freeze(migration)
}
