import { AppError, err, unwrap, type Result } from '../../base/result'
import type { ServiceOf } from '../../contract/rpc'
import type { Phase, Run, runs as namespace, Series } from '../../contract/runs'
import { findPhases, type PhaseSeries } from '../../lab/train/phases'
import type { Supervisor } from '../compute/supervisor'
import type { Store } from '../store/store'
import { beginSpecified } from './beginnings'
import type { RunChanges } from './changes'
import { untilLeft } from './following'
import { attachImages } from './images'
import type { Training } from './training'

export interface RunsOptions {
  readonly store: () => Store
  readonly supervisor: Supervisor
  readonly training: Training
  readonly changes: RunChanges
}

export function createRunsService({ store, supervisor, training, changes }: RunsOptions): ServiceOf<typeof namespace> {
  let titles: Promise<ReadonlyMap<string, { title: string; unit: string }>> | undefined

  /** What the probes call their series; asked once, because a program's probes do not change. */
  async function seriesTitles(): Promise<ReadonlyMap<string, { title: string; unit: string }>> {
    titles ??= supervisor
      .analyse(({ client }) => client.catalog.series({}))
      .then((series) => new Map(series.map(({ id, title, unit }) => [id, { title, unit }])))
    try {
      return await titles
    } catch (thrown) {
      titles = undefined
      throw thrown
    }
  }

  function find(runId: string): Run {
    return unwrap(findRun(store(), runId))
  }

  function changed(result: Result<Run>): Run {
    const run = unwrap(result)
    changes.changed(run.id)
    return run
  }

  async function measurements({ runId, series }: { runId: string; series?: string[] | undefined }): Promise<Series[]> {
    find(runId)
    const measured = store().measurements.series(runId, series)
    const known = await seriesTitles()
    return measured.map((one) => ({ ...one, ...known.get(one.id) }))
  }

  return {
    list: () => [...store().runs.list()],
    show: ({ runId }) => find(runId),
    async start({ name, spec, recipe, tags }) {
      const project = store()
      const { resolved, madeWith } = await supervisor.analyse(async ({ client, madeWith }) => {
        await attachImages(client, project, spec)
        return { resolved: await client.catalog.resolve({ spec }), madeWith }
      })
      const [first] = resolved.complaints
      if (first) {
        const message = `${first.path}: ${first.message}`
        throw new AppError({ code: 'SETTING_INVALID', message, detail: { complaints: resolved.complaints } })
      }
      const { start, ...dense } = resolved.spec
      const row = { name, lastStep: resolved.lastStep, madeWith, ...(recipe && { recipe }), ...(tags && { tags }) }
      const run = start
        ? await beginSpecified({ supervisor, changes }, project, { ...row, spec: { ...dense, start } })
        : project.runs.create({ ...row, spec: dense })
      changes.changed(run.id)
      return { runId: run.id, jobId: training.start(run).jobId }
    },
    resume({ runId, lastStep }) {
      const run = unwrap(resumable(find(runId), lastStep, training.isLive(runId)))
      const target = lastStep ?? run.lastStep
      const lengthened = target === run.lastStep ? run : unwrap(store().runs.change(runId, { lastStep: target }))
      return { jobId: training.start(lengthened).jobId }
    },
    rename: ({ runId, name }) => changed(store().runs.change(runId, { name })),
    tag: ({ runId, tags }) => changed(store().runs.change(runId, { tags })),
    remove({ runId }) {
      const { name } = find(runId)
      if (training.isLive(runId)) {
        throw new AppError({ code: 'ACTION_UNAVAILABLE', message: `run '${name}' is being trained; cancel its job first` })
      }
      unwrap(store().runs.setHidden(runId, true))
      changes.removed(runId)
      return {}
    },
    restore: ({ runId }) => changed(store().runs.setHidden(runId, false)),
    checkpoints({ runId }) {
      find(runId)
      return store().checkpoints.list(runId).map((checkpoint) => ({ ...checkpoint, values: finite(checkpoint.values) }))
    },
    measurements,
    phases: ({ runId }) => phasesOf(store().measurements.series(find(runId).id, Object.values(phaseSeries))),
    async follow(_args, ctx) {
      const listening = changes.on(({ changed, removed }) => void ctx.emit({ changed: [...changed], removed: [...removed] }))
      void ctx.emit({ changed: [], removed: [] })
      await untilLeft(ctx, listening)
    },
  }
}

export function findRun(store: Store, runId: string): Result<Run, 'RUN_NOT_FOUND'> {
  const run = store.runs.find(runId)
  if (run) return { ok: true, value: run }
  return err('RUN_NOT_FOUND', `no run '${runId}' in this project; it has ${store.runs.list().length} runs`)
}

/** A value that is not a number is one that was not measured, where it is not part of an array. */
function finite(values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)))
}

function resumable(run: Run, lastStep: number | undefined, isLive: boolean): Result<Run, 'ACTION_UNAVAILABLE'> {
  if (isLive) return err('ACTION_UNAVAILABLE', `run '${run.name}' is being trained already`)
  const target = lastStep ?? run.lastStep
  if (target > run.step || run.state !== 'finished') return { ok: true, value: run }
  return err('ACTION_UNAVAILABLE', `run '${run.name}' finished at step ${run.step}; expected a later last step than ${target}`)
}

/** What the phases of a run are read from. */
const phaseSeries = {
  train: 'accuracy.train',
  test: 'accuracy.test',
  weightNorm: 'weight-norm',
  excludedLoss: 'excluded-loss',
} as const

function phasesOf(series: readonly Series[]): Phase[] {
  const find = (wanted: string): PhaseSeries | undefined => {
    const found = series.find(({ id }) => id === wanted)
    return found && { steps: found.steps.data, values: found.values.data }
  }
  const [train, test] = [find(phaseSeries.train), find(phaseSeries.test)]
  if (!train || !test) return []
  const [weightNorm, excludedLoss] = [find(phaseSeries.weightNorm), find(phaseSeries.excludedLoss)]
  return [...findPhases({ train, test, weightNorm, excludedLoss })]
}
