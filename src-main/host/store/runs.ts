import type { Database } from 'better-sqlite3'
import { createId } from '../../base/id'
import { err, ok, type Result } from '../../base/result'
import type { Clock } from '../../base/time'
import type { Run, RunState } from '../../contract/runs'
import type { RunChange, Runs } from './store'

interface RunRow {
  readonly id: string
  readonly name: string
  readonly state: RunState
  readonly recipe: string | null
  readonly parent: string | null
  readonly spec: string
  readonly tags: string
  readonly created_ms: number
  readonly step: number
  readonly last_step: number
  readonly made_with: string
  readonly failure: string | null
  readonly size_bytes: number
  readonly checkpoint_count: number
}

interface Parts {
  readonly clock: Clock
  readonly random: () => number
  /** Down-sampled accuracies, kept between calls as long as the run's measurements do not change. */
  spark(runId: string): Run['spark']
}

export function createRuns(db: Database, { clock, random, spark }: Parts): Runs & { removeHidden(): void } {
  const columns = `runs.*, (SELECT count(*) FROM checkpoints WHERE run_id = runs.id) AS checkpoint_count`
  const visible = db.prepare<[], RunRow>(`SELECT ${columns} FROM runs WHERE NOT is_hidden ORDER BY created_ms, rowid`)
  const one = db.prepare<[string], RunRow>(`SELECT ${columns} FROM runs WHERE id = ?`)
  const insert = db.prepare(`
    INSERT INTO runs (id, name, state, recipe, parent, spec, tags, created_ms, step, last_step, made_with)
    VALUES (:id, :name, 'queued', :recipe, :parent, :spec, :tags, :createdMs, 0, :lastStep, :madeWith)`)
  const update = db.prepare(`
    UPDATE runs SET name = :name, state = :state, tags = :tags, step = :step, last_step = :lastStep, failure = :failure
    WHERE id = :id`)
  const hide = db.prepare<[number, string]>('UPDATE runs SET is_hidden = ? WHERE id = ?')
  const removeHidden = db.prepare('DELETE FROM runs WHERE is_hidden')

  function runOf(row: RunRow): Run {
    const recipe = parse<Run['recipe']>(row.recipe)
    const parent = parse<Run['parent']>(row.parent)
    const failure = parse<Run['failure']>(row.failure)
    const sparks = spark(row.id)
    return {
      id: row.id,
      name: row.name,
      state: row.state,
      ...(recipe && { recipe }),
      ...(parent && { parent }),
      spec: JSON.parse(row.spec) as Run['spec'], // validated before it was stored
      tags: JSON.parse(row.tags) as string[],
      createdMs: row.created_ms,
      step: row.step,
      lastStep: row.last_step,
      checkpointCount: row.checkpoint_count,
      sizeBytes: row.size_bytes,
      madeWith: row.made_with,
      ...(failure && { failure }),
      ...(sparks && { spark: sparks }),
    }
  }

  function find(runId: string): Run | undefined {
    const row = one.get(runId)
    return row && runOf(row)
  }

  function afterwards(runId: string): Result<Run, 'RUN_NOT_FOUND'> {
    const run = find(runId)
    return run ? ok(run) : err('RUN_NOT_FOUND', `no run '${runId}' in this project; it has ${visible.all().length} runs`)
  }

  return {
    list: () => visible.all().map(runOf),
    find,
    create({ name, spec, recipe, parent, tags = [], lastStep, madeWith }) {
      const createdMs = clock.nowMs()
      const id = createId('run', createdMs, random)
      insert.run({
        id,
        name,
        recipe: recipe ? JSON.stringify(recipe) : null,
        parent: parent ? JSON.stringify(parent) : null,
        spec: JSON.stringify(spec),
        tags: JSON.stringify(tags),
        createdMs,
        lastStep,
        madeWith,
      })
      return runOf(one.get(id)!)
    },
    change(runId, change: RunChange) {
      const row = one.get(runId)
      if (!row) return afterwards(runId)
      const failure = change.failure === undefined ? row.failure : change.failure && JSON.stringify(change.failure)
      update.run({
        id: runId,
        name: change.name ?? row.name,
        state: change.state ?? row.state,
        tags: change.tags ? JSON.stringify(change.tags) : row.tags,
        step: change.step ?? row.step,
        lastStep: change.lastStep ?? row.last_step,
        failure,
      })
      return afterwards(runId)
    },
    setHidden(runId, isHidden) {
      hide.run(isHidden ? 1 : 0, runId)
      return afterwards(runId)
    },
    removeHidden: () => void removeHidden.run(),
  }
}

function parse<T>(text: string | null): T | undefined {
  return text === null ? undefined : (JSON.parse(text) as T) // stored by `create` and `change`
}
