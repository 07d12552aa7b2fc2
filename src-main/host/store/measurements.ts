/**
 * Measured series in chunks: one row holds up to 256 points of one series as two blobs, steps (int32) and
 * values (float64). New points go into the last chunk until it is full, so that a measurement costs the same
 * at any length and a reader sees it at once. Rewriting the past (a resumed run measures steps again) is the
 * rare case and rewrites the chunks it touches.
 *
 * The store knows no probes: a series' title is its id and its unit empty here; whoever knows the probe fills
 * them in.
 */
import type { Database } from 'better-sqlite3'
import type { Series } from '../../contract/runs'
import type { Measurements } from './store'

export const chunkLength = 256

export interface Points {
  readonly steps: Int32Array<ArrayBuffer>
  readonly values: Float64Array<ArrayBuffer>
}

interface SeriesRow {
  readonly id: number
  readonly name: string
}

type ValuesByStep = ReadonlyMap<number, Readonly<Record<string, number>>>

interface Measured {
  readonly first: number
  readonly byStep: ValuesByStep
}

interface ChunkRow {
  readonly last_step: number
  readonly steps: Buffer
  readonly vals: Buffer
}

type MeasuredRows = Parameters<Measurements['append']>[1]

/** Called after every change of a run's series: what was derived from them is stale. */
export type OnChange = (runId: string) => void

export interface StoredMeasurements extends Measurements {
  points(runId: string, name: string): Points | undefined
  /** What was measured at some steps, by step; values that are not finite are left out. Steps ascend. */
  at(runId: string, steps: readonly number[]): ValuesByStep
}

export function createMeasurements(db: Database, onChange: OnChange): StoredMeasurements {
  const rows = prepareRows(db)
  const change = makeChange(db, rows)

  return {
    append(runId, measured) {
      change.append.immediate(runId, measured)
      onChange(runId)
    },
    truncate(runId, afterStep) {
      change.truncate.immediate(runId, afterStep)
      onChange(runId)
    },
    series(runId, ids) {
      const wanted = rows.series.all(runId).filter(({ name }) => !ids || ids.includes(name))
      return wanted.map(({ id, name }) => seriesOf(name, pointsOf(rows.chunksFrom.all(id, 0))))
    },
    points(runId, name) {
      const row = rows.find.get(runId, name)
      return row && pointsOf(rows.chunksFrom.all(row.id, 0))
    },
    at(runId, steps) {
      const found = new Map(steps.map((step): [number, Record<string, number>] => [step, {}]))
      if (steps.length === 0) return found
      for (const { id, name } of rows.series.all(runId)) {
        const points = pointsOf(rows.chunksWithin.all(id, steps[0]!, steps.at(-1)!))
        for (const [i, step] of points.steps.entries()) {
          const value = points.values[i]!
          const record = found.get(step)
          if (record && Number.isFinite(value)) record[name] = value
        }
      }
      return found
    },
  }
}

type Rows = ReturnType<typeof prepareRows>

function prepareRows(db: Database) {
  const chunks = 'SELECT last_step, steps, vals FROM chunks WHERE series_id = ?'
  return {
    series: db.prepare<[string], SeriesRow>('SELECT id, name FROM series WHERE run_id = ? ORDER BY name'),
    find: db.prepare<[string, string], SeriesRow>('SELECT id, name FROM series WHERE run_id = ? AND name = ?'),
    create: db.prepare<[string, string]>('INSERT INTO series (run_id, name) VALUES (?, ?)'),
    removeEmpty: db.prepare<[string]>(
      'DELETE FROM series WHERE run_id = ? AND NOT EXISTS (SELECT 1 FROM chunks WHERE series_id = series.id)'),
    chunksFrom: db.prepare<[number, number], ChunkRow>(`${chunks} AND last_step >= ? ORDER BY first_step`),
    chunksWithin: db.prepare<[number, number, number], ChunkRow>(
      `${chunks} AND last_step >= ? AND first_step <= ? ORDER BY first_step`),
    lastChunk: db.prepare<[number], ChunkRow>(`${chunks} ORDER BY first_step DESC LIMIT 1`),
    put: db.prepare('INSERT OR REPLACE INTO chunks VALUES (?, ?, ?, ?, ?)'),
    removeFrom: db.prepare<[number, number]>('DELETE FROM chunks WHERE series_id = ? AND last_step >= ?'),
  }
}

function makeChange(db: Database, rows: Rows) {
  function write(seriesId: number, points: Points): void {
    for (let start = 0; start < points.steps.length; start += chunkLength) {
      const steps = points.steps.slice(start, start + chunkLength)
      const values = points.values.slice(start, start + chunkLength)
      rows.put.run(seriesId, steps[0], steps.at(-1), Buffer.from(steps.buffer), Buffer.from(values.buffer))
    }
  }

  /** Replaces what the series holds at the measured steps by `added`, which may have no point at some of them. */
  function replace(seriesId: number, measured: Measured, added: Points): void {
    const tail = rows.lastChunk.get(seriesId)
    if (tail && tail.last_step >= measured.first) {
      const past = pointsOf(rows.chunksFrom.all(seriesId, measured.first))
      rows.removeFrom.run(seriesId, measured.first)
      write(seriesId, merge(filter(past, (step) => !measured.byStep.has(step)), added))
    } else if (added.steps.length > 0) {
      const hasRoom = tail && tail.steps.length / Int32Array.BYTES_PER_ELEMENT < chunkLength
      write(seriesId, hasRoom ? join(pointsOf([tail]), added) : added)
    }
  }

  const append = db.transaction((runId: string, given: MeasuredRows) => {
    if (given.length === 0) return
    const byStep = new Map(given.map(({ step, values }) => [step, values]))
    const measured = { first: Math.min(...byStep.keys()), byStep }
    const ids = new Map(rows.series.all(runId).map(({ id, name }) => [name, id]))
    const added = pointsByName(byStep)
    for (const name of added.keys()) {
      if (!ids.has(name)) ids.set(name, Number(rows.create.run(runId, name).lastInsertRowid))
    }
    for (const [name, id] of ids) replace(id, measured, added.get(name) ?? noPoints)
    rows.removeEmpty.run(runId)
  })

  const truncate = db.transaction((runId: string, afterStep: number) => {
    for (const { id } of rows.series.all(runId)) {
      const kept = filter(pointsOf(rows.chunksFrom.all(id, afterStep + 1)), (step) => step <= afterStep)
      rows.removeFrom.run(id, afterStep + 1)
      write(id, kept)
    }
    rows.removeEmpty.run(runId)
  })

  return { append, truncate }
}

function seriesOf(name: string, { steps, values }: Points): Series {
  const frame = { axes: ['step'], shape: [steps.length] }
  return { id: name, title: name, unit: '', steps: { ...frame, data: steps }, values: { ...frame, data: values } }
}

const noPoints: Points = { steps: new Int32Array(0), values: new Float64Array(0) }

function pointsOf(rows: readonly ChunkRow[]): Points {
  const steps = Buffer.concat(rows.map((row) => row.steps))
  const values = Buffer.concat(rows.map((row) => row.vals))
  return {
    // Copies, because a Buffer may start anywhere in its memory and typed arrays may not.
    steps: new Int32Array(new Uint8Array(steps).buffer),
    values: new Float64Array(new Uint8Array(values).buffer),
  }
}

function pointsByName(byStep: ValuesByStep): Map<string, Points> {
  const lists = new Map<string, [step: number, value: number][]>()
  for (const step of [...byStep.keys()].sort((x, y) => x - y)) {
    for (const [name, value] of Object.entries(byStep.get(step)!)) {
      const list = lists.get(name)
      if (list) list.push([step, value])
      else lists.set(name, [[step, value]])
    }
  }
  return new Map([...lists].map(([name, list]) => [name, fromPairs(list)]))
}

function fromPairs(pairs: readonly (readonly [step: number, value: number])[]): Points {
  return { steps: Int32Array.from(pairs, ([step]) => step), values: Float64Array.from(pairs, ([, value]) => value) }
}

function pairsOf({ steps, values }: Points): (readonly [number, number])[] {
  return Array.from(steps, (step, i) => [step, values[i]!] as const)
}

function filter(points: Points, keeps: (step: number) => boolean): Points {
  return fromPairs(pairsOf(points).filter(([step]) => keeps(step)))
}

function join(before: Points, after: Points): Points {
  const length = before.steps.length + after.steps.length
  const joined: Points = { steps: new Int32Array(length), values: new Float64Array(length) }
  joined.steps.set(before.steps)
  joined.steps.set(after.steps, before.steps.length)
  joined.values.set(before.values)
  joined.values.set(after.values, before.steps.length)
  return joined
}

function merge(one: Points, other: Points): Points {
  return fromPairs([...pairsOf(one), ...pairsOf(other)].sort(([x], [y]) => x - y))
}
