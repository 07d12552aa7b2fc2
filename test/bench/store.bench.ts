/** How fast a project takes in and gives back a paper-scale network (p = 97, width 500) with AdamW's two slots. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FloatArray } from '@main/base/array'
import { unwrap } from '@main/base/result'
import { createRng } from '@main/base/rng'
import { createStore, openStore } from '@main/host/store/database'
import type { NewRun, Store } from '@main/host/store/store'
import type { TrainingState } from '@main/lab/train/training-state'

type Report = (name: string, value: number, unit: string) => void

const checkpointCount = 60
const measuredSteps = 5000
const seriesCount = 20

export default async function bench(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'grokscope-bench-'))
  try {
    const path = join(folder, 'bench.grokscope')
    const store = unwrap(createStore(path))
    const { id } = store.runs.create(run)
    timeCheckpoints(store, id, report)
    timeMeasurements(store, id, report)
    await timeWholeFile(store, { path, runId: id }, report)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function timeCheckpoints(store: Store, runId: string, report: Report): void {
  const states = Array.from({ length: checkpointCount }, (_, i) => stateAt(i))
  const megabytes = (checkpointCount * bytesOf(states[0]!)) / 1e6

  const writeMs = timed(() => states.forEach((state) => unwrap(store.checkpoints.write(runId, state))))
  report('checkpoint write', writeMs / checkpointCount, 'ms')
  report('checkpoint write rate', megabytes / (writeMs / 1000), 'MB/s')

  const readMs = timed(() => states.forEach(({ step }) => unwrap(store.checkpoints.load(runId, step))))
  report('checkpoint read', readMs / checkpointCount, 'ms')
  report('checkpoint read rate', megabytes / (readMs / 1000), 'MB/s')
  report('checkpoint list', timed(() => store.checkpoints.list(runId)), 'ms')
}

function timeMeasurements(store: Store, runId: string, report: Report): void {
  const values = (step: number): Record<string, number> =>
    Object.fromEntries(Array.from({ length: seriesCount }, (_, i) => [`probe.${i}`, Math.sin(step + i)]))
  const points = measuredSteps * seriesCount
  const rows = Array.from({ length: 2 * measuredSteps }, (_, step) => ({ step, values: values(step) }))

  const singlesMs = timed(() => {
    for (const row of rows.slice(0, measuredSteps)) store.measurements.append(runId, [row])
  })
  report('measurement append, a step at a time', points / (singlesMs / 1000), 'points/s')

  const batchesMs = timed(() => {
    for (let i = measuredSteps; i < rows.length; i += 100) store.measurements.append(runId, rows.slice(i, i + 100))
  })
  report('measurement append, 100 steps at a time', points / (batchesMs / 1000), 'points/s')
  report('measurement series read', timed(() => store.measurements.series(runId)), 'ms')
}

async function timeWholeFile(store: Store, at: { path: string; runId: string }, report: Report): Promise<void> {
  report('project size', store.sizeBytes() / 1e6, 'MB')
  const backupStart = performance.now()
  await store.backup(`${at.path}.copy`)
  report('project backup', performance.now() - backupStart, 'ms')
  store.dispose()

  let reopened: Store | undefined
  report('project open', timed(() => (reopened = unwrap(openStore(at.path)))), 'ms')
  reopened!.runs.setHidden(at.runId, true)
  report('project close, its run deleted', timed(() => reopened!.dispose()), 'ms')
}

function timed(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

const rng = createRng(1)

function weights(rows: number, columns: number): FloatArray {
  const data = Float32Array.from({ length: rows * columns }, () => rng.uniform())
  return { axes: ['d_vocab', 'd_mlp'], shape: [rows, columns], data }
}

function stateAt(step: number): TrainingState {
  const params = { W_in: weights(2 * 97, 500), W_out: weights(500, 97) }
  const slots = {
    'm/W_in': weights(2 * 97, 500),
    'm/W_out': weights(500, 97),
    'v/W_in': weights(2 * 97, 500),
    'v/W_out': weights(500, 97),
  }
  return { step, params, buffers: {}, slots, rng: rng.state(), cursor: { epoch: 0, offset: 0, orderRng: rng.state() } }
}

function bytesOf({ params, slots }: TrainingState): number {
  return [...Object.values(params), ...Object.values(slots)].reduce((sum, { data }) => sum + data.byteLength, 0)
}

const part = { id: 'bench', settings: {} }
const run: NewRun = {
  name: 'bench',
  spec: { task: part, model: part, optimizer: part, loss: part, schedule: {}, seed: 1 },
  lastStep: measuredSteps,
  madeWith: 'bench',
}
