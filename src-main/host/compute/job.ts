/**
 * Long work with a state that people see: queued until its work says it has begun, then running or paused, then one of
 * the three ends. The list keeps what ended for a minute, so that an end is seen.
 */
import { AppError, err, failureOf, ok, type Result } from '../../base/result'
import { createEmitter } from '../../base/event'
import type { Disposable } from '../../base/disposable'
import { createId } from '../../base/id'
import type { Clock } from '../../base/time'
import type { Job } from '../../contract/jobs'

export interface JobDescription {
  readonly title: string
  readonly kind: Job['kind']
  readonly runId?: string
  readonly total: number
  readonly unit: string
  /** Units that were done before, when work is continued. */
  readonly done?: number
}

/** What the work sees of its job. */
export interface JobControl {
  readonly id: string
  /** Aborts when the job is cancelled. The work then ends by rejecting with CANCELLED, in its own time. */
  readonly signal: AbortSignal
  /** Leaves the queue. */
  begun(): void
  progress(done: number, total?: number): void
  /** How work holds and goes on; called with whether it is paused now. */
  onPause(listener: (isPaused: boolean) => void): Disposable
  readonly isPaused: boolean
}

export interface Jobs {
  list(): readonly Job[]
  /** Starts the work at once; `ended` resolves with the job's final record and never rejects. */
  add(description: JobDescription, work: (control: JobControl) => Promise<void>): { id: string; ended: Promise<Job> }
  pause(id: string): Result<Job>
  continue(id: string): Result<Job>
  cancel(id: string): Result<Job>
  onChange(listener: () => void): Disposable
  /** Cancels everything and resolves when all work has ended. */
  stop(): Promise<void>
}

interface Entry {
  job: Job
  readonly controller: AbortController
  readonly pausing: ReturnType<typeof createEmitter<boolean>>
  readonly ended: Promise<Job>
  /** Recent (time, done) pairs, oldest first. */
  readonly samples: { readonly atMs: number; readonly done: number }[]
  runningSinceMs: number | undefined
  endedMs: number | undefined
}

const rateWindowMs = 5000
const keptMs = 60_000

export function createJobs(clock: Clock): Jobs {
  const entries = new Map<string, Entry>()
  const changed = createEmitter<void>()

  function update(entry: Entry, change: Partial<Job>): void {
    const nowMs = clock.tickMs()
    const { job } = entry
    const elapsedMs = job.elapsedMs + (entry.runningSinceMs === undefined ? 0 : nowMs - entry.runningSinceMs)
    entry.job = { ...job, ...change, elapsedMs }
    entry.runningSinceMs = entry.job.state === 'running' ? nowMs : undefined
    changed.emit()
  }

  function progress(entry: Entry, done: number, total: number): void {
    const nowMs = clock.tickMs()
    const { samples } = entry
    samples.push({ atMs: nowMs, done })
    while (samples.length > 2 && nowMs - samples[0]!.atMs > rateWindowMs) samples.shift()
    const spanMs = nowMs - samples[0]!.atMs
    const rate = spanMs > 0 ? ((done - samples[0]!.done) / spanMs) * 1000 : entry.job.rate
    update(entry, { done, total, rate: Math.max(0, rate) })
  }

  function controlOf(entry: Entry): JobControl {
    return {
      id: entry.job.id,
      signal: entry.controller.signal,
      begun() {
        if (entry.job.state === 'queued') update(entry, { state: 'running' })
      },
      progress: (done, total = entry.job.total) => progress(entry, done, total),
      onPause: (listener) => entry.pausing.on(listener),
      get isPaused() {
        return entry.job.state === 'paused'
      },
    }
  }

  async function perform(entry: Entry, work: (control: JobControl) => Promise<void>): Promise<Job> {
    try {
      await work(controlOf(entry))
      update(entry, { state: 'finished', done: entry.job.total })
    } catch (thrown) {
      const failure = failureOf(thrown)
      const { code, message } = failure
      update(entry, code === 'CANCELLED' ? { state: 'cancelled' } : { state: 'failed', failure: { code, message } })
    }
    entry.endedMs = clock.tickMs()
    entry.pausing.dispose()
    return entry.job
  }

  /** The live job, or why there is none to act on. */
  function live(id: string, verb: string): Result<Entry> {
    const entry = entries.get(id)
    if (!entry) return err('JOB_NOT_FOUND', `no job '${id}'; jobs are ${[...entries.keys()].join(', ') || 'none'}`)
    if (entry.endedMs === undefined) return ok(entry)
    return err('ACTION_UNAVAILABLE', `job '${id}' is ${entry.job.state} and cannot be ${verb}`)
  }

  function setPaused(id: string, isPaused: boolean): Result<Job> {
    const found = live(id, isPaused ? 'paused' : 'continued')
    if (!found.ok) return found
    const entry = found.value
    const from = isPaused ? 'running' : 'paused'
    if (entry.job.state === from) {
      entry.samples.length = 0
      update(entry, { state: isPaused ? 'paused' : 'running', rate: 0 })
      entry.pausing.emit(isPaused)
    }
    return ok(entry.job)
  }

  function cancel(id: string): Result<Job> {
    const found = live(id, 'cancelled')
    if (found.ok) found.value.controller.abort()
    return found.ok ? ok(found.value.job) : found
  }

  return {
    list() {
      for (const [id, { endedMs }] of entries) {
        if (endedMs !== undefined && clock.tickMs() - endedMs > keptMs) entries.delete(id)
      }
      return [...entries.values()].map(({ job }) => job)
    },
    add({ done = 0, runId, ...description }, work) {
      const id = createId('job', clock.nowMs())
      const job: Job = { id, ...description, ...(runId && { runId }), done, state: 'queued', rate: 0, elapsedMs: 0 }
      // The work starts in a microtask, when the entry it belongs to is complete.
      const ended = Promise.resolve().then(() => perform(entry, work))
      const entry: Entry = {
        job,
        ended,
        controller: new AbortController(),
        pausing: createEmitter<boolean>(),
        samples: [],
        runningSinceMs: undefined,
        endedMs: undefined,
      }
      entries.set(id, entry)
      changed.emit()
      return { id, ended }
    },
    pause: (id) => setPaused(id, true),
    continue: (id) => setPaused(id, false),
    cancel,
    onChange: (listener) => changed.on(listener),
    async stop() {
      for (const { controller } of entries.values()) controller.abort()
      await Promise.all([...entries.values()].map(({ ended }) => ended))
    },
  }
}

export const cancelledJob = (): AppError => new AppError({ code: 'CANCELLED', message: 'the job was cancelled' })
