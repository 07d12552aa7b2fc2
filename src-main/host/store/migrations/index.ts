import { assert } from '../../../base/assert'
import { collect } from '../../../base/registry'
import type { Migration } from './migration'

export const migrations = [
  ...collect<Migration>('migration', import.meta.glob(['./*.ts', '!./index.ts', '!./migration.ts'], { eager: true })),
]

for (const [i, { id }] of migrations.entries()) {
  assert(Number(id.slice(0, 4)) === i + 1, `migration '${id}' stands at place ${i + 1}; numbers have to be contiguous`)
}

export const schemaVersion = migrations.length
