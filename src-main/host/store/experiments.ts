import type { Database } from 'better-sqlite3'
import { createId } from '../../base/id'
import { err, ok, type Result } from '../../base/result'
import type { Clock } from '../../base/time'
import type { Experiments, StoredExperiment } from './store'

interface Row {
  readonly id: string
  readonly runId: string
  readonly createdMs: number
  readonly record: string
}

export function createExperiments(
  db: Database,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
): Experiments {
  const columns = 'id, run_id AS runId, created_ms AS createdMs, record'
  const all = db.prepare<[], Row>(`SELECT ${columns} FROM ticket_experiments ORDER BY created_ms DESC, rowid DESC`)
  const ofRun = db.prepare<[string], Row>(`SELECT ${columns} FROM ticket_experiments WHERE run_id = ? ORDER BY created_ms DESC, rowid DESC`)
  const one = db.prepare<[string], Row>(`SELECT ${columns} FROM ticket_experiments WHERE id = ?`)
  const insert = db.prepare('INSERT INTO ticket_experiments (id, run_id, created_ms, record) VALUES (:id, :runId, :createdMs, :record)')
  const update = db.prepare('UPDATE ticket_experiments SET record = :record WHERE id = :id')
  const remove = db.prepare('DELETE FROM ticket_experiments WHERE id = ?')

  function find(id: string): Result<StoredExperiment, 'EXPERIMENT_NOT_FOUND'> {
    const row = one.get(id)
    if (row) return ok(experimentOf(row))
    const names = all.all().map((each) => `${each.id} (${experimentOf(each).record.name})`).slice(0, 8).join(', ')
    return err('EXPERIMENT_NOT_FOUND', `no experiment '${id}' in this project; it has ${names || 'none'}`)
  }

  return {
    list: (runId) => (runId === undefined ? all.all() : ofRun.all(runId)).map(experimentOf),
    find,
    create(runId, record) {
      const createdMs = clock.nowMs()
      const id = createId('tickets', createdMs, random)
      insert.run({ id, runId, createdMs, record: JSON.stringify(record) })
      return { id, runId, createdMs, record }
    },
    change(id, record) {
      update.run({ id, record: JSON.stringify(record) })
      return find(id)
    },
    remove: (id) => void remove.run(id),
  }
}

function experimentOf({ record, ...row }: Row): StoredExperiment {
  return { ...row, record: JSON.parse(record) as StoredExperiment['record'] } // written by `create` and `change`
}
