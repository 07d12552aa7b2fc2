/**
 * Checkpoints: everything training needs to go on (lab/train/training-state.ts), as references to tensors.
 *
 * The checkpoint's hash is SHA-256 over the parameters in order of name, each as its name and its tensor's
 * hash: equal weights have equal hashes whatever the optimizer holds. `sizeBytes` of a checkpoint counts all
 * its tensors, that of a run each of its tensors once, which is what the run costs on disk.
 */
import { createHash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import type { FloatArray } from '../../base/array'
import { AppError, err, ok, type Result } from '../../base/result'
import type { Checkpoint } from '../../contract/runs'
import type { TrainingState } from '../../lab/train/training-state'
import { storageFailure } from './failures'
import type { StoredMeasurements } from './measurements'
import type { Checkpoints } from './store'
import type { Tensors } from './tensors'

const parts = ['params', 'buffers', 'slots'] as const
type Part = (typeof parts)[number]

interface CheckpointRow {
  readonly id: number
  readonly step: number
  readonly hash: string
  readonly has_optimizer_state: 0 | 1
  readonly size_bytes: number
  readonly rng: string
  readonly cursor: string
}

interface UseRow {
  readonly part: Part
  readonly name: string
  readonly axes: string
  readonly tensor_id: number
}

/** Time given to deleting what a change released, before the rest is left to the next one. */
const sweepMs = 20

export function createCheckpoints(
  db: Database,
  tensors: Tensors,
  measurements: StoredMeasurements,
): Checkpoints {
  const rows = prepareRows(db)
  const write = makeWrite(db, rows, tensors)
  const load = makeLoad(rows, tensors)

  function noSuchRun(runId: string): Result<never, 'RUN_NOT_FOUND'> {
    return err('RUN_NOT_FOUND', `unknown run '${runId}'; it is not in this project`)
  }

  return {
    list(runId) {
      const found = rows.list.all(runId)
      const values = measurements.at(runId, found.map(({ step }) => step))
      return found.map((row) => checkpointOf(row, values.get(row.step)))
    },
    write(runId, state, { keepOptimizerState = true } = {}) {
      if (!rows.runExists.get(runId)) return noSuchRun(runId)
      try {
        const row = write.immediate(runId, state, keepOptimizerState)
        tensors.sweep(sweepMs)
        return ok(checkpointOf(row, measurements.at(runId, [state.step]).get(state.step)))
      } catch (thrown) {
        const failure = storageFailure(thrown)
        if (!failure) throw thrown
        return { ok: false, error: failure }
      }
    },
    load(runId, step) {
      const row = rows.at.get(runId, step)
      if (row) return load(runId, row)
      if (!rows.runExists.get(runId)) return noSuchRun(runId)
      const near = nearest(rows.list.all(runId), step)
      return err('CHECKPOINT_NOT_FOUND', `run ${runId} has no checkpoint at step ${step}; nearest: ${near}`)
    },
    lastResumable(runId) {
      const candidates = rows.list.all(runId).filter((row) => row.has_optimizer_state)
      for (const row of candidates.reverse()) {
        const loaded = load(runId, row)
        if (loaded.ok) return loaded.value
      }
      if (candidates.length === 0) return undefined
      const message = `training of ${runId} could go on from ${candidates.length} checkpoints; all are damaged`
      throw new AppError({ code: 'PROJECT_DAMAGED', message })
    },
    remove(runId, step) {
      db.transaction(() => {
        rows.removeAt.run(runId, step)
        rows.measure.run({ runId })
      }).immediate()
      tensors.sweep(sweepMs)
    },
    truncate(runId, afterStep) {
      db.transaction(() => {
        rows.removeAfter.run(runId, afterStep)
        rows.measure.run({ runId })
      }).immediate()
      tensors.sweep(sweepMs)
    },
    forgetOptimizerState(runId) {
      db.transaction(() => {
        rows.forget.run({ runId })
        rows.markForgotten.run({ runId })
        rows.measure.run({ runId })
      }).immediate()
      tensors.sweep(sweepMs)
    },
  }
}

type Rows = ReturnType<typeof prepareRows>

function prepareRows(db: Database) {
  // All but the newest checkpoint that holds optimizer state.
  const outdated = `
    SELECT id FROM checkpoints WHERE run_id = :runId AND has_optimizer_state AND step <
      (SELECT max(step) FROM checkpoints WHERE run_id = :runId AND has_optimizer_state)`
  return {
    runExists: db.prepare<[string], unknown>('SELECT 1 FROM runs WHERE id = ?'),
    list: db.prepare<[string], CheckpointRow>('SELECT * FROM checkpoints WHERE run_id = ? ORDER BY step'),
    at: db.prepare<[string, number], CheckpointRow>(
      'SELECT * FROM checkpoints WHERE run_id = ? AND step = ?'),
    uses: db.prepare<[number], UseRow>(
      'SELECT part, name, axes, tensor_id FROM checkpoint_tensors WHERE checkpoint_id = ? ORDER BY part, position'),
    insert: db.prepare(`
      INSERT INTO checkpoints (run_id, step, hash, has_optimizer_state, size_bytes, rng, cursor)
      VALUES (:runId, :step, :hash, :hasOptimizerState, :sizeBytes, :rng, :cursor)`),
    insertUse: db.prepare('INSERT INTO checkpoint_tensors VALUES (?, ?, ?, ?, ?, ?)'),
    isUsed: db.prepare<[number, string], unknown>(`
      SELECT 1 FROM checkpoint_tensors JOIN checkpoints ON checkpoints.id = checkpoint_id
      WHERE tensor_id = ? AND run_id = ? LIMIT 1`),
    enlarge: db.prepare<[number, string]>('UPDATE runs SET size_bytes = size_bytes + ? WHERE id = ?'),
    removeAt: db.prepare<[string, number]>('DELETE FROM checkpoints WHERE run_id = ? AND step = ?'),
    removeAfter: db.prepare<[string, number]>('DELETE FROM checkpoints WHERE run_id = ? AND step > ?'),
    forget: db.prepare(`
      DELETE FROM checkpoint_tensors WHERE part = 'slots' AND checkpoint_id IN (${outdated})`),
    markForgotten: db.prepare(`
      UPDATE checkpoints SET has_optimizer_state = 0, size_bytes = (
        SELECT coalesce(sum(tensors.size_bytes), 0)
        FROM checkpoint_tensors JOIN tensors ON tensors.id = tensor_id WHERE checkpoint_id = checkpoints.id)
      WHERE id IN (${outdated})`),
    measure: db.prepare(`
      UPDATE runs SET size_bytes = (SELECT coalesce(sum(size_bytes), 0) FROM tensors WHERE id IN (
        SELECT tensor_id FROM checkpoint_tensors JOIN checkpoints ON checkpoints.id = checkpoint_id
        WHERE run_id = :runId))
      WHERE id = :runId`),
  }
}

function makeWrite(db: Database, rows: Rows, tensors: Tensors) {
  return db.transaction((runId: string, state: TrainingState, keepsSlots: boolean): CheckpointRow => {
    const { changes: replaced } = rows.removeAt.run(runId, state.step)
    const uses = parts
      .filter((part) => part !== 'slots' || keepsSlots)
      .flatMap((part) => Object.entries(state[part]).map(([name, array]) => ({ part, name, array })))
      .map((use) => ({ ...use, ...tensors.write(use.array) }))
    const { lastInsertRowid } = rows.insert.run({
      runId,
      step: state.step,
      hash: paramsHash(uses.filter(({ part }) => part === 'params')),
      hasOptimizerState: keepsSlots ? 1 : 0,
      sizeBytes: uses.reduce((sum, { array }) => sum + array.data.byteLength, 0),
      rng: JSON.stringify(state.rng),
      cursor: JSON.stringify(state.cursor),
    })
    const newBytes = new Map(
      uses.map(({ id, array }) => [id, rows.isUsed.get(id, runId) ? 0 : array.data.byteLength]),
    )
    for (const [position, { part, name, array, id }] of uses.entries()) {
      rows.insertUse.run(lastInsertRowid, part, position, name, JSON.stringify(array.axes), id)
    }
    // Measuring anew reads every use in the run: with thousands of checkpoints each would feel it.
    if (replaced) rows.measure.run({ runId })
    else rows.enlarge.run([...newBytes.values()].reduce((sum, bytes) => sum + bytes, 0), runId)
    return rows.at.get(runId, state.step)!
  })
}

type Load = (runId: string, row: CheckpointRow) => Result<TrainingState, 'PROJECT_DAMAGED'>

function makeLoad(rows: Rows, tensors: Tensors): Load {
  function loadIntact(runId: string, row: CheckpointRow): Result<TrainingState, 'PROJECT_DAMAGED'> {
    const arrays: Record<Part, Record<string, FloatArray>> = { params: {}, buffers: {}, slots: {} }
    const params: NamedHash[] = []
    for (const use of rows.uses.all(row.id)) {
      const label = `${use.part}/${use.name} at step ${row.step} of ${runId}`
      const loaded = tensors.load(use.tensor_id, JSON.parse(use.axes) as string[], label)
      if (!loaded.ok) return loaded
      // A training state holds float32 arrays only.
      arrays[use.part][use.name] = loaded.value.array as FloatArray
      if (use.part === 'params') params.push({ name: use.name, hash: loaded.value.hash })
    }
    if (paramsHash(params) !== row.hash) {
      const message = `the parameters at step ${row.step} of ${runId} are not those that were stored`
      return err('PROJECT_DAMAGED', message)
    }
    return ok({
      step: row.step,
      ...arrays,
      rng: JSON.parse(row.rng) as TrainingState['rng'],
      cursor: JSON.parse(row.cursor) as TrainingState['cursor'],
    })
  }

  return (runId, row) => {
    try {
      return loadIntact(runId, row)
    } catch (thrown) {
      const failure = storageFailure(thrown)
      if (failure?.code !== 'PROJECT_DAMAGED') throw thrown
      const message = `the checkpoint at step ${row.step} of ${runId} cannot be read`
      return err('PROJECT_DAMAGED', message, failure.detail)
    }
  }
}

interface NamedHash {
  readonly name: string
  readonly hash: Buffer
}

function paramsHash(params: readonly NamedHash[]): string {
  const hash = createHash('sha256')
  const sorted = [...params].sort((x, y) => (x.name < y.name ? -1 : 1))
  // A name cannot run into the next hash: its length stands before it.
  for (const param of sorted) hash.update(`${Buffer.byteLength(param.name)}:${param.name}`).update(param.hash)
  return hash.digest('hex')
}

function checkpointOf(row: CheckpointRow, values: Checkpoint['values'] = {}): Checkpoint {
  return {
    step: row.step,
    sizeBytes: row.size_bytes,
    hash: row.hash,
    hasOptimizerState: row.has_optimizer_state === 1,
    values,
  }
}

function nearest(rows: readonly CheckpointRow[], step: number): string {
  const byDistance = rows.map((row) => row.step).sort((x, y) => Math.abs(x - step) - Math.abs(y - step))
  return byDistance.slice(0, 3).join(', ') || 'none stored'
}
