import type { Provenance } from '@contract/interpret'
import type { Run, Series } from '@contract/runs'
import type { WireError } from '@contract/rpc'
import { computed, ref, watch, type ComputedRef, type Ref } from 'vue'
import type { Band } from '../../charts/line-chart'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import { secondsLeft, useJobs } from '../../workbench/jobs'
import { useRuns } from '../../workbench/runs'
import { usePanelSelection } from '../../workbench/selection'
import { useTimeline } from '../../workbench/timeline'
import { trainingCharts, type TrainingChart } from './charts'

/** Runs drawn together; more colours than these are not told apart. */
export const mostRuns = 6

export interface Training {
  readonly run: ComputedRef<Run | undefined>
  readonly charts: ComputedRef<readonly TrainingChart[]>
  readonly bands: ComputedRef<readonly Band[]>
  /** Step of the shown checkpoint; setting it moves the time line. */
  readonly step: Ref<number | undefined>
  readonly compared: Ref<readonly string[]>
  readonly others: ComputedRef<readonly Run[]>
  readonly isLogStep: Ref<boolean>
  readonly isLogLoss: Ref<boolean>
  readonly pending: ComputedRef<boolean>
  readonly error: ComputedRef<WireError | undefined>
  /** Rate, time so far and time left while a job trains the run. */
  readonly work: ComputedRef<{ rate: number; unit: string; elapsedMs: number; leftMs: number | undefined } | undefined>
  how(chart: TrainingChart): Provenance
  reload(): void
}

export function useTraining(): Training {
  const client = useClient()
  const runs = useRuns()
  const jobs = useJobs()
  const selection = usePanelSelection()
  const timeline = useTimeline()
  const compared = ref<readonly string[]>([])
  const run = computed(() => (selection.runId.value === undefined ? undefined : runs.byId.get(selection.runId.value)))
  const shownIds = computed(() =>
    run.value ? [run.value.id, ...compared.value.filter((id) => id !== run.value!.id && runs.byId.has(id))] : [],
  )

  // One query a place rather than a run, because a query belongs to the view's setup.
  const queries = Array.from({ length: mostRuns }, (_, place) => {
    const idHere = (): string | undefined => shownIds.value[place]
    const query = useQuery(client.runs.measurements, () => (idHere() === undefined ? undefined : { runId: idHere()! }))
    watch(() => [idHere(), runs.revisionOf(idHere())] as const, ([id], [before]) => void (id === before && query.reload()))
    return query
  })
  const phases = useQuery(client.runs.phases, () => (run.value ? { runId: run.value.id } : undefined))
  watch(() => runs.revisionOf(run.value?.id), phases.reload)

  const measured = computed(() =>
    shownIds.value.flatMap((id, place): readonly { run: Run; series: readonly Series[] }[] => {
      const series = queries[place]?.data.value
      return series ? [{ run: runs.byId.get(id)!, series }] : []
    }),
  )
  const phaseColours = ['corrupted', 'accent', 'clean'] as const
  const work = computed(() => {
    const job = jobs.all.find((one) => one.runId !== undefined && one.runId === run.value?.id)
    const left = job && secondsLeft(job)
    return job && { rate: job.rate, unit: job.unit, elapsedMs: job.elapsedMs, leftMs: left === undefined ? undefined : left * 1000 }
  })

  return {
    run,
    charts: computed(() => trainingCharts(measured.value)),
    bands: computed(() =>
      (phases.data.value ?? []).map(({ name, fromStep, toStep }, index) => ({
        title: name.replaceAll('-', ' '),
        from: fromStep,
        to: toStep,
        colour: phaseColours[index % phaseColours.length]!,
      })),
    ),
    step: computed({
      get: () => selection.step.value,
      set: (wanted) => void (wanted !== undefined && !selection.isPinned.value && timeline.seek(wanted)),
    }),
    compared,
    others: computed(() => runs.list.filter(({ id }) => id !== run.value?.id)),
    isLogStep: ref(false),
    isLogLoss: ref(true),
    pending: computed(() => !runs.isLoaded || queries.some(({ pending }) => pending.value)),
    error: computed(() => queries.map(({ error }) => error.value).find((one) => one !== undefined)),
    work,
    how: (chart) => provenanceOf(chart, measured.value.map((one) => one.run)),
    reload: () => queries.forEach((query) => query.reload()),
  }
}

function provenanceOf(chart: TrainingChart, shown: readonly Run[]): Provenance {
  const first = shown[0]
  return {
    definition: `Values of the probe ${chart.id}, measured while training and stored with the run.`,
    source: `the project’s measurements of ${shown.map(({ name }) => name).join(', ')}`,
    spec: {
      probe: chart.id,
      runs: shown.map(({ id }) => id).join(', '),
      seeds: shown.map(({ spec }) => spec.seed).join(', '),
      ...(first && { task: first.spec.task.id, model: first.spec.model.id, optimizer: first.spec.optimizer.id, steps: first.step }),
    },
    backend: first?.madeWith ?? '',
    elapsedMs: 0,
  }
}
