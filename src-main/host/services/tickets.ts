/**
 * Ticket experiments: a plan becomes arms, arms become runs under one job, and what they come to is told as it comes.
 *
 * An experiment is kept as its plan, its arms and the runs these have; all numbers are read from the runs' measurements.
 * A run that failed ends no other: its arm says why. One that the program's end cut short is gone on with by `resume`.
 */
import { createEmitter } from '../../base/event'
import { AppError, failureOf, unwrap } from '../../base/result'
import type { ServiceOf } from '../../contract/rpc'
import type { TicketCard, TicketExperiment, TicketPlan, tickets as namespace } from '../../contract/tickets'
import type { Jobs } from '../compute/job'
import type { Store, StoredExperiment, TicketRecord } from '../store/store'
import { trainArms, type ArmsOptions } from './arms'
import { createThrottle, untilLeft } from './following'
import { findRun } from './runs'
import { armsOf, keyOf, planComplaints, plannedArms, type Planning } from './ticket-arms'
import { createTicketMeasures, curveOf } from './ticket-measures'

export interface TicketsOptions extends ArmsOptions {
  readonly store: () => Store
  readonly jobs: Jobs
}

const followMs = 250

export function createTicketsService(options: TicketsOptions): ServiceOf<typeof namespace> {
  const { store, supervisor, jobs, changes } = options
  const measures = createTicketMeasures()
  const changed = createEmitter<string>()
  /** Jobs of the experiments that are being trained, by experiment. */
  const live = new Map<string, string>()

  function change(project: Store, id: string, update: (record: TicketRecord) => TicketRecord): void {
    const found = project.experiments.find(id)
    // Removed while it was trained: its runs go on, and nobody asks for more.
    if (!found.ok) return
    project.experiments.change(id, update(found.value.record))
    changed.emit(id)
  }

  async function planningOf(plan: TicketPlan, record?: TicketRecord): Promise<Planning> {
    const project = store()
    const madeWith = await supervisor.analyse(({ madeWith }) => Promise.resolve(madeWith))
    return {
      plan,
      run: unwrap(findRun(project, plan.runId)),
      arms: record ? record.arms.map(({ arm }) => arm) : armsOf(plan, project),
      madeWith,
      runOf(armId, seed) {
        const stored = record?.arms.find(({ arm }) => arm.id === armId)?.runs.find((one) => one.seed === seed)
        return stored?.runId === undefined ? undefined : project.runs.find(stored.runId)
      },
    }
  }

  function train({ id, record }: StoredExperiment, planning: Planning): string {
    const project = store()
    const arms = plannedArms(planning)
    const ids = new Map(planning.plan.seeds.flatMap((seed) => planning.arms.map((arm) => [keyOf(arm.id, seed), { armId: arm.id, seed }] as const)))
    const renew = (key: string, part: Partial<TicketRecord['arms'][number]['runs'][number]>): void =>
      change(project, id, (before) => withRun(before, ids.get(key)!, part))
    const total = arms.reduce((sum, { lastStep, run }) => sum + (run?.state === 'finished' ? run.step : lastStep), 0)
    change(project, id, ({ failure: _failure, ...before }) => ({ ...before, state: 'running' }))
    const job = jobs.add({ title: record.name, kind: 'train', total, unit: 'steps' }, async (control) => {
      try {
        await trainArms(options, arms, {
          project,
          control,
          onRun: (key, run) => renew(key, { runId: run.id, failure: undefined }),
          onFailure: (key, { code, message }) => renew(key, { failure: { code, message } }),
        })
        change(project, id, (before) => ({ ...before, state: 'finished' }))
      } catch (thrown) {
        const { code, message } = failureOf(thrown)
        change(project, id, (before) => ({ ...before, state: code === 'CANCELLED' ? 'cancelled' : 'failed', failure: { code, message } }))
        throw thrown
      } finally {
        live.delete(id)
        changed.emit(id)
      }
    })
    live.set(id, job.id)
    return job.id
  }

  function cardOf({ id, runId, createdMs, record }: StoredExperiment): TicketCard {
    const state = record.state === 'running' && !live.has(id) ? 'interrupted' : record.state
    return { id, name: record.name, runId, createdMs, state, armCount: record.arms.length, seedCount: record.plan.seeds.length }
  }

  function shown(experimentId: string): TicketExperiment {
    const stored = unwrap(store().experiments.find(experimentId))
    const { plan, arms, failure } = stored.record
    const jobId = live.get(experimentId)
    return {
      ...cardOf(stored),
      plan,
      arms: measures.arms(store(), arms, plan.threshold),
      ...(jobId !== undefined && { jobId }),
      ...(failure && { failure }),
      how: provenanceOf(stored, store()),
    }
  }

  return {
    async plan(plan) {
      const planning = await planningOf(plan)
      const due = plannedArms(planning).filter(({ run }) => run?.state !== 'finished')
      return {
        arms: [...planning.arms],
        runCount: due.length,
        steps: due.reduce((sum, { lastStep }) => sum + lastStep, 0),
        complaints: [...planComplaints(plan, planning.run, store())],
      }
    },
    async start(plan) {
      const planning = await planningOf(plan)
      const [complaint] = planComplaints(plan, planning.run, store())
      if (complaint) throw new AppError({ code: 'SETTING_INVALID', message: `${complaint.path}: ${complaint.message}` })
      const arms = planning.arms.map((arm) => ({ arm, runs: plan.seeds.map((seed) => ({ seed })) }))
      const experiment = store().experiments.create(plan.runId, { name: plan.name, plan, arms, state: 'running' })
      return { experimentId: experiment.id, jobId: train(experiment, planning) }
    },
    async resume({ experimentId }) {
      if (live.has(experimentId)) throw new AppError({ code: 'ACTION_UNAVAILABLE', message: 'the experiment is being trained already' })
      const stored = unwrap(store().experiments.find(experimentId))
      return { jobId: train(stored, await planningOf(stored.record.plan, stored.record)) }
    },
    list: ({ runId }) => store().experiments.list(runId).map(cardOf),
    async follow({ experimentId }, ctx) {
      const stored = unwrap(store().experiments.find(experimentId))
      const tell = (): void => {
        // Removed meanwhile: there is nothing more to tell.
        if (store().experiments.find(experimentId).ok) void ctx.emit(shown(experimentId))
      }
      const throttle = createThrottle(followMs, tell)
      const isOurs = (runId: string): boolean => {
        const found = store().experiments.find(experimentId)
        return runId === stored.runId || (found.ok && found.value.record.arms.some(({ runs }) => runs.some((run) => run.runId === runId)))
      }
      const sources = [
        changes.on(({ changed: runIds }) => runIds.some(isOurs) && throttle.request()),
        changed.on((id) => id === experimentId && throttle.request()),
      ]
      throttle.request()
      await untilLeft(ctx, ...sources, throttle)
    },
    curves({ experimentId, series }) {
      const { arms } = unwrap(store().experiments.find(experimentId)).record
      return arms.flatMap((arm) => curveOf(store(), arm, series) ?? [])
    },
    remove({ experimentId }) {
      unwrap(store().experiments.find(experimentId))
      store().experiments.remove(experimentId)
      changed.emit(experimentId)
      return {}
    },
  }
}

function withRun(
  record: TicketRecord,
  { armId, seed }: { readonly armId: string; readonly seed: number },
  part: Partial<TicketRecord['arms'][number]['runs'][number]>,
): TicketRecord {
  const renewed = record.arms.map((one) =>
    one.arm.id === armId ? { ...one, runs: one.runs.map((run) => (run.seed === seed ? { ...run, ...part } : run)) } : one,
  )
  return { ...record, arms: renewed }
}

function provenanceOf({ runId, record: { plan } }: StoredExperiment, project: Store): TicketExperiment['how'] {
  const run = project.runs.find(runId)
  const { seeds, threshold, steps, rewindStep } = plan
  return {
    definition:
      't_mem and t_gen: first measured step with train and test accuracy of at least the threshold; τ_grok = t_gen / t_mem. ' +
      'Over seeds: geometric mean, and the 95 % interval of Student’s t over the logarithms of those that got there. ' +
      'Speed-up: t_gen of the dense run of the same seed and weight decay over that of the arm.',
    source: 'arXiv:2310.19470 §3',
    spec: { run: run?.name ?? runId, seeds: seeds.join(', '), threshold, steps, rewindStep, decays: plan.decays.join(', ') },
    backend: run?.madeWith ?? '',
    elapsedMs: 0,
  }
}
