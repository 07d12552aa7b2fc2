/**
 * Training runs: a row, a job, a trainer, and everything the trainer says written to the store as it comes.
 *
 * 1. What a trainer says is stored in the order it was said: the rows measured before a checkpoint, then the checkpoint
 *    in one transaction. A process killed at any moment therefore leaves a prefix of the run.
 * 2. Resuming starts at the newest checkpoint with optimizer state and deletes what was stored after it.
 * 3. Between the schedule's checkpoints the trainer sends one at least every `extraEveryMs`. It is an ordinary checkpoint
 *    in the list until the next one is stored, which replaces it: long runs stay resumable without a list full of
 *    checkpoints nobody asked for. One that an interruption leaves behind stays.
 * 4. Closing the project stops its trainings with a checkpoint and leaves their runs `interrupted`.
 */
import { AppError, failureOf, unwrap } from '../../base/result'
import type { Run } from '../../contract/runs'
import type { TrainingState } from '../../lab/train/training-state'
import type { JobControl, Jobs } from '../compute/job'
import type { Compute, Supervisor } from '../compute/supervisor'
import type { TrainingEvent } from '../compute/contract'
import type { Mask, Store } from '../store/store'
import type { RunChanges } from './changes'
import { attachImages } from './images'

export interface TrainingOptions {
  readonly store: () => Store
  readonly supervisor: Supervisor
  readonly jobs: Jobs
  readonly changes: RunChanges
  readonly extraEveryMs: number
}

/** What a training needs of the job it belongs to: its own, or one that holds many trainings. */
export type TrainingControl = Pick<JobControl, 'signal' | 'begun' | 'progress' | 'onPause' | 'isPaused'>

export interface Training {
  /** Trains a run from its newest checkpoint, or from step 0, as a job of its own. */
  start(run: Run): { jobId: string; ended: Promise<unknown> }
  /** Trains a run inside another job; rejects with CANCELLED when that job is cancelled. */
  perform(run: Run, control: TrainingControl): Promise<void>
  isLive(runId: string): boolean
  /** Stops everything that writes into the open project. */
  close(): Promise<void>
}

export function createTraining({ store, supervisor, jobs, changes, extraEveryMs }: TrainingOptions): Training {
  const live = new Set<string>()
  let isClosing = false

  function change(project: Store, runId: string, to: Parameters<Store['runs']['change']>[1]): void {
    project.runs.change(runId, to)
    changes.changed(runId)
  }

  async function perform(run: Run, control: TrainingControl): Promise<void> {
    const project = store()
    const runId = run.id
    if (live.has(runId)) throw new AppError({ code: 'ACTION_UNAVAILABLE', message: `run '${run.name}' is being trained already` })
    live.add(runId)
    change(project, runId, { state: 'queued', failure: null })
    try {
      await supervisor.train((compute) => trainOn(compute, { project, run, control }), control.signal)
      change(project, runId, { state: 'finished' })
    } catch (thrown) {
      const { code, message } = failureOf(thrown)
      if (isClosing) change(project, runId, { state: 'interrupted' })
      else if (code === 'CANCELLED') change(project, runId, { state: 'cancelled' })
      else change(project, runId, { state: code === 'COMPUTE_DIED' ? 'interrupted' : 'failed', failure: { code, message } })
      throw thrown
    } finally {
      live.delete(runId)
    }
  }

  async function trainOn({ client }: Compute, { project, run, control }: Work): Promise<void> {
    const runId = run.id
    const key = runId
    const from = startOf(project, run)
    const mask = maskOf(project, run)
    const { signal } = control
    // A request that finds the training over is answered JOB_NOT_FOUND; there is nothing left to steer then.
    const steer = (verb: 'pause' | 'continue' | 'stop'): void => void client.training[verb]({ key }).catch(() => {})
    const stop = (): void => steer('stop')
    const pausing = control.onPause((isPaused) => {
      steer(isPaused ? 'pause' : 'continue')
      change(project, runId, { state: isPaused ? 'paused' : 'running' })
    })
    const recorder = createRecorder(project, { run, control, changed: () => changes.changed(runId) })
    try {
      control.begun()
      change(project, runId, { state: control.isPaused ? 'paused' : 'running' })
      await attachImages(client, project, run.spec)
      const training = client.training.train(
        { key, spec: run.spec, lastStep: run.lastStep, extraEveryMs, ...(from && { from: mutable(from) }), ...(mask && { mask }) },
        recorder.read,
      )
      signal.addEventListener('abort', stop)
      if (signal.aborted) stop()
      if (control.isPaused) steer('pause')
      await training
    } finally {
      pausing.dispose()
      signal.removeEventListener('abort', stop)
    }
    if (recorder.outcome() !== 'finished') throw new AppError({ code: 'CANCELLED', message: `training of '${run.name}' was stopped` })
  }

  return {
    perform,
    isLive: (runId) => live.has(runId),
    start(run) {
      const { id, ended } = jobs.add(
        { title: `Training ${run.name}`, kind: 'train', runId: run.id, done: run.step, total: run.lastStep, unit: 'steps' },
        (control) => perform(run, control),
      )
      return { jobId: id, ended }
    },
    async close() {
      isClosing = true
      try {
        await jobs.stop()
      } finally {
        isClosing = false
      }
    },
  }
}

interface Work {
  readonly project: Store
  readonly run: Run
  readonly control: TrainingControl
}

/**
 * The state training goes on from, with everything stored after it deleted; undefined to start at step 0. Checkpoints
 * that training cannot go on from are never deleted to make room for a start from the beginning.
 */
function startOf(project: Store, { id, name }: Run): TrainingState | undefined {
  const from = project.checkpoints.lastResumable(id)
  if (!from && project.checkpoints.list(id).length > 0) {
    const message = `no checkpoint of '${name}' holds optimizer state; expected one to go on from`
    throw new AppError({ code: 'ACTION_UNAVAILABLE', message })
  }
  project.checkpoints.truncate(id, from?.step ?? -1)
  project.measurements.truncate(id, from?.step ?? -1)
  return from
}

interface Recorder {
  read(event: TrainingEvent): void
  outcome(): 'finished' | 'stopped' | undefined
}

/** What a run that is trained under a mask keeps at zero. */
function maskOf(project: Store, { name, spec, parent }: Run): Mask['arrays'] | undefined {
  if (spec.start?.use !== 'mask') return undefined
  const mask = parent?.maskId === undefined ? undefined : project.masks.load(parent.maskId)
  if (mask) return mask.arrays
  throw new AppError({ code: 'ACTION_UNAVAILABLE', message: `the mask of '${name}' is not in this project; start the run again` })
}

interface RecorderOptions {
  readonly run: Run
  readonly control: TrainingControl
  readonly changed: () => void
}

/** Writes what a trainer says. Throwing ends the training: a full disk must not let it run on. */
function createRecorder(project: Store, { run, control, changed }: RecorderOptions): Recorder {
  const runId = run.id
  const keepsAll = run.spec.schedule['keepOptimizerState'] === 'all'
  let extraStep: number | undefined
  let outcome: 'finished' | 'stopped' | undefined

  function store({ state, isExtra }: Extract<TrainingEvent, { kind: 'checkpoint' }>): void {
    unwrap(project.checkpoints.write(runId, state))
    // Only now is the older one dispensable: a kill between the two leaves both.
    if (extraStep !== undefined && extraStep !== state.step) project.checkpoints.remove(runId, extraStep)
    extraStep = isExtra ? state.step : undefined
    if (!keepsAll) project.checkpoints.forgetOptimizerState(runId)
    project.runs.change(runId, { step: state.step })
  }

  return {
    outcome: () => outcome,
    read(event) {
      switch (event.kind) {
        case 'measured':
          project.measurements.append(runId, event.rows)
          return changed()
        case 'checkpoint':
          store(event)
          return changed()
        case 'progress':
          return control.progress(event.step)
        case 'ended':
          outcome = event.outcome
          if (event.outcome === 'finished') project.runs.change(runId, { step: event.step })
      }
    },
  }
}

/** The wire's record type is mutable; the state is read once and sent. */
function mutable(state: TrainingState): TrainingState & { params: Record<string, TrainingState['params'][string]> } {
  return state
}
