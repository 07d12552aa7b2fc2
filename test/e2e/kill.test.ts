/**
 * Processes killed in the middle of training, for good (SIGKILL: no handler runs, nothing is flushed). What is left is
 * resumed, finished, and compared bit for bit with a run that nobody disturbed.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunSpec } from '@contract/runs'
import { unwrap } from '@main/base/result'
import { forkCompute } from '@main/host/compute/compute-process'
import type { Store } from '@main/host/store/store'
import { buildEntries, createScratch, createTestHost, ended, tinyRun, type TestHost } from '../fixtures/host'

/** Minibatches, dropout and optimizer state: everything a resumed run could get wrong. */
const lastStep = 4000
const spec: RunSpec = tinyRun({ steps: lastStep, batchSize: 8, measureEvery: 25, checkpointEvery: 250 })

let entries: string
const scratch = createScratch()
beforeAll(async () => void (entries = await buildEntries()))
afterAll(() => {
  scratch.remove()
  rmSync(entries, { recursive: true, force: true })
})

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10))

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await pause()
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(statusOf(pid))

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return 'State: Z' // gone between the two looks
  }
}

/** Processes whose parent is this one. */
function childrenOf(parent: number): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number)
  return pids.filter((pid) => new RegExp(`^PPid:\\s+${parent}$`, 'm').test(statusOf(pid)))
}

/** Everything stored about a run that has to be equal. */
function remains(store: Store, runId: string): unknown {
  const last = unwrap(store.checkpoints.load(runId, lastStep))
  const hashes = store.checkpoints.list(runId).map(({ step, hash }) => [step, hash])
  return { hashes, last, series: store.measurements.series(runId) }
}

async function trainUndisturbed({ client, host }: TestHost): Promise<unknown> {
  const { runId, jobId } = await client.runs.start({ name: 'undisturbed', spec })
  await ended(client, jobId)
  return remains(host.store(), runId)
}

test('a killed compute process fails its job with the reason, and the run resumes to what it would have been', async () => {
  const it = await createTestHost({ spawn: forkCompute({ entry: join(entries, 'compute.js') }) })
  const { client, host } = it
  const { runId, jobId } = await client.runs.start({ name: 'disturbed', spec })
  await until(() => host.store().checkpoints.list(runId).length >= 3)

  for (const pid of host.supervisor.pids()) process.kill(pid, 'SIGKILL')
  const job = await ended(client, jobId)
  const interrupted = await client.runs.show({ runId })
  const kept = host.store().checkpoints.list(runId).at(-1)!.step
  const resumed = await client.runs.resume({ runId })
  await ended(client, resumed.jobId)

  const found = remains(host.store(), runId)
  const wanted = await trainUndisturbed(it)
  const pids = host.supervisor.pids()
  await it.end()
  expect(job).toMatchObject({ state: 'failed', failure: { code: 'COMPUTE_DIED', message: expect.stringContaining('SIGKILL') } })
  expect(interrupted).toMatchObject({ state: 'interrupted', step: kept, failure: { code: 'COMPUTE_DIED' } })
  expect(kept).toBeLessThan(lastStep)
  expect(found).toEqual(wanted)
  expect(pids.filter(isAlive)).toEqual([])
})

test('a killed main process takes its compute processes with it, and the run resumes to what it would have been', async () => {
  const project = join(scratch.folder, 'killed.grokscope')
  const specFile = join(scratch.folder, 'spec.json')
  writeFileSync(specFile, JSON.stringify(spec))
  const main = startHeadless(['run', '--spec', specFile, '--project', project, '--json', '--backend', 'wasm'])
  await reached(main, 600)
  const computing = childrenOf(main.pid!)

  main.kill('SIGKILL')
  await until(() => computing.every((pid) => !isAlive(pid)))

  const it = await createTestHost({ spawn: forkCompute({ entry: join(entries, 'compute.js'), args: ['--backend', 'wasm'] }) })
  await it.host.openProject(project)
  const [run] = await it.client.runs.list({})
  const resumed = await it.client.runs.resume({ runId: run!.id })
  await ended(it.client, resumed.jobId)
  const found = remains(it.host.store(), run!.id)
  const wanted = await trainUndisturbed(it)
  await it.end()
  expect(computing.length).toBeGreaterThan(0)
  expect(run).toMatchObject({ state: 'interrupted' })
  expect(run!.step).toBeGreaterThanOrEqual(500)
  expect(found).toEqual(wanted)
})

test('an interrupt from the terminal stops with a checkpoint and exit code 130', async () => {
  const project = join(scratch.folder, 'interrupted.grokscope')
  const specFile = join(scratch.folder, 'spec.json')
  // Long enough for the fastest backend not to finish before the signal comes.
  const endless = { ...spec, schedule: { ...spec.schedule, steps: 1_000_000, measureEvery: 1000, checkpointEvery: 100_000 } }
  writeFileSync(specFile, JSON.stringify(endless))
  const main = startHeadless(['run', '--spec', specFile, '--project', project, '--json'])
  await reached(main, 300)
  const left = new Promise<number | null>((resolve) => main.once('close', resolve))

  main.kill('SIGINT')
  const code = await left

  const it = await createTestHost({ spawn: forkCompute({ entry: join(entries, 'compute.js') }) })
  await it.host.openProject(project)
  const [run] = await it.client.runs.list({})
  const checkpoints = it.host.store().checkpoints.list(run!.id)
  await it.end()
  expect(code).toBe(130)
  expect(run).toMatchObject({ state: 'cancelled', step: checkpoints.at(-1)!.step })
  expect(checkpoints.at(-1)!.hasOptimizerState).toBe(true)
})

function startHeadless(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [join(entries, 'headless.js'), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Resolves when the program has reported this many steps. */
async function reached(program: ChildProcess, steps: number): Promise<void> {
  for await (const line of createInterface({ input: program.stdout! })) {
    const { event, done } = JSON.parse(line) as { event: string; done?: number }
    if (event === 'progress' && done! >= steps) return
  }
  throw new Error(`the program ended before step ${steps}`)
}
