/**
 * Runs that are trained together under one job, some of which begin where others of them have been: each is trained as
 * soon as the run it starts from has ended and a compute process is free.
 */
import { AppError, failureOf } from '../../base/result'
import type { Run, RunSpec } from '../../contract/runs'
import type { JobControl } from '../compute/job'
import type { Store } from '../store/store'
import { beginRun, type BeginningsOptions, type StartWish } from './beginnings'
import type { Training, TrainingControl } from './training'

export interface PlannedArm {
  /** Unique among those trained together. */
  readonly key: string
  readonly name: string
  /** Complete, without a start. */
  readonly spec: RunSpec
  readonly lastStep: number
  readonly madeWith: string
  readonly recipe?: Run['recipe']
  readonly tags?: readonly string[]
  /** Which of the arms it begins in, and how. */
  readonly from?: { readonly key: string; readonly wish: StartWish }
  /** Its row, where it has one; a finished run is not trained again. */
  readonly run?: Run
}

export interface ArmsOptions extends BeginningsOptions {
  readonly training: Training
}

export interface ArmsJob {
  readonly project: Store
  readonly control: JobControl
  /** Told of every run as soon as it has a row. */
  onRun(key: string, run: Run): void
  /** Told of an arm that failed, whose failure then ends no other; absent, the first failure ends all. */
  onFailure?(key: string, failure: { readonly code: string; readonly message: string }): void
}

/** Trains all arms; parents stand before the arms that begin in them. */
export async function trainArms(options: ArmsOptions, planned: readonly PlannedArm[], job: ArmsJob): Promise<void> {
  const failing = new AbortController()
  const signal = AbortSignal.any([job.control.signal, failing.signal])
  const done = new Map(planned.map(({ key, run }) => [key, run?.step ?? 0]))
  const progress = (key: string, step: number): void => {
    done.set(key, step)
    job.control.progress([...done.values()].reduce((sum, steps) => sum + steps, 0))
  }
  const ends = new Map<string, Promise<Run>>()
  for (const arm of planned) {
    const end = trainArm(options, arm, { job, signal, parent: arm.from && ends.get(arm.from.key), progress: (step) => progress(arm.key, step) })
    end.catch((thrown: unknown) => {
      const failure = failureOf(thrown)
      if (job.onFailure && failure.code !== 'CANCELLED') job.onFailure(arm.key, failure)
      else failing.abort()
    })
    ends.set(arm.key, end)
  }
  const outcomes = await Promise.allSettled(ends.values())
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
  const cancelled = failures.find(isCancelled)
  // The failure that came first is the reason; the others were cancelled because of it.
  const cause = job.onFailure ? cancelled : (failures.find((failure) => !isCancelled(failure)) ?? cancelled)
  if (cause !== undefined) throw cause
}

const isCancelled = (thrown: unknown): boolean => thrown instanceof AppError && thrown.code === 'CANCELLED'

interface ArmWork {
  readonly job: ArmsJob
  readonly signal: AbortSignal
  readonly parent: Promise<Run> | undefined
  progress(step: number): void
}

async function trainArm(options: ArmsOptions, arm: PlannedArm, { job, signal, parent, progress }: ArmWork): Promise<Run> {
  const { project, control } = job
  const run = arm.run ?? (await startedRun(options, arm, { job, parent }))
  job.onRun(arm.key, run)
  if (arm.run?.state === 'finished') return run
  const own: TrainingControl = {
    signal,
    begun: control.begun,
    onPause: control.onPause,
    get isPaused() {
      return control.isPaused
    },
    progress,
  }
  if (signal.aborted) throw new AppError({ code: 'CANCELLED', message: `training of '${arm.name}' was not begun` })
  await options.training.perform(run, own)
  // One that stopped early has no more steps to come.
  progress(arm.lastStep)
  return project.runs.find(run.id)!
}

async function startedRun(options: ArmsOptions, arm: PlannedArm, { job, parent }: Pick<ArmWork, 'job' | 'parent'>): Promise<Run> {
  const { name, spec, lastStep, madeWith, recipe, tags, from } = arm
  const row = { name, spec, lastStep, madeWith, ...(recipe && { recipe }), ...(tags && { tags }) }
  if (from && parent) return beginRun(options, job.project, { ...row, parent: await parentOf(parent, name), wish: from.wish })
  const run = job.project.runs.create(row)
  options.changes.changed(run.id)
  return run
}

async function parentOf(parent: Promise<Run>, name: string): Promise<Run> {
  try {
    return await parent
  } catch (thrown) {
    if (isCancelled(thrown)) throw thrown
    const message = `'${name}' cannot begin; the run it starts from failed: ${failureOf(thrown).message}`
    throw new AppError({ code: 'ACTION_UNAVAILABLE', message }, { cause: thrown })
  }
}
