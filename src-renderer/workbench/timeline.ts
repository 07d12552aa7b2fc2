/**
 * The time line of the selected run: its checkpoints, its accuracies and its phases. The scrubber draws it; the library
 * lists its checkpoints. The selected step is always the step of a stored checkpoint.
 */
import type { Checkpoint, Phase, Series } from '@contract/runs'
import { defineStore } from 'pinia'
import { computed, onScopeDispose, ref, shallowRef, watch, watchEffect } from 'vue'
import { nearestIndex } from '../base/geometry'
import { useClient } from '../client/use-client'
import { useQuery } from '../client/use-query'
import { useRuns } from './runs'
import { useSelection } from './selection'

/** The curves of the scrubber, in drawing order; `all` stands for train where nothing is corrupted. */
export const timelineSeries = ['accuracy.train', 'accuracy.trainClean', 'accuracy.trainCorrupted', 'accuracy.test']

/** Checkpoints a second while playing. */
const playRate = 8

export const useTimeline = defineStore('timeline', () => {
  const selection = useSelection()
  const checkpoints = shallowRef<readonly Checkpoint[]>([])
  const series = shallowRef<readonly Series[]>([])
  const phases = shallowRef<readonly Phase[]>([])
  const isLog = ref(false)
  const isPlaying = ref(false)
  const steps = computed(() => checkpoints.value.map(({ step }) => step))
  const index = computed(() => (selection.step === undefined ? -1 : nearestIndex(steps.value, selection.step)))

  /** Selects the checkpoint nearest to a step. */
  function seek(step: number): void {
    const nearest = steps.value[nearestIndex(steps.value, step)]
    if (nearest !== undefined && nearest !== selection.step) selection.select({ step: nearest })
  }

  /** Moves by checkpoints; stops at either end. */
  function move(by: number): void {
    const last = steps.value.length - 1
    const wanted = steps.value[Math.min(last, Math.max(0, index.value + by))]
    if (wanted !== undefined) selection.select({ step: wanted })
  }

  function togglePlay(): void {
    if (!isPlaying.value && index.value === steps.value.length - 1) move(-steps.value.length)
    isPlaying.value = !isPlaying.value && steps.value.length > 1
  }

  return { checkpoints, series, phases, steps, index, isLog, isPlaying, seek, move, togglePlay }
})

/** Reads the selected run's time line and keeps the selected step on a checkpoint. Call once, in the workbench. */
export function useTimelineFeed(): void {
  const client = useClient()
  const selection = useSelection()
  const runs = useRuns()
  const timeline = useTimeline()
  const ofRun = (): { runId: string } | undefined =>
    selection.runId !== undefined && runs.byId.has(selection.runId) ? { runId: selection.runId } : undefined
  const checkpoints = useQuery(client.runs.checkpoints, ofRun)
  const phases = useQuery(client.runs.phases, ofRun)
  const series = useQuery(client.runs.measurements, () => {
    const wanted = ofRun()
    return wanted && { ...wanted, series: timelineSeries }
  })

  watch(
    () => runs.revisionOf(selection.runId),
    () => [checkpoints, phases, series].forEach((query) => query.reload()),
  )
  watchEffect(() => {
    timeline.series = series.data.value ?? []
    timeline.phases = phases.data.value ?? []
  })
  watch(checkpoints.data, (found = []) => {
    const wasLast = timeline.index === timeline.steps.length - 1
    const isSameRun = timeline.steps.length > 0 && found.some(({ step }) => step === timeline.steps[0])
    timeline.checkpoints = found
    const last = found.at(-1)
    if (!last) return
    const isStored = found.some(({ step }) => step === selection.step)
    // Whoever looks at the newest checkpoint of a run that is training goes on looking at the newest.
    if (!isStored || (isSameRun && wasLast)) selection.select({ step: last.step })
  })
  watch(
    () => runs.list,
    (list) => {
      if (selection.runId !== undefined && runs.byId.has(selection.runId)) return
      // Where a project begins: its first run that was trained here rather than derived from another.
      const withCheckpoints = list.filter((run) => run.checkpointCount > 0)
      const first = withCheckpoints.findLast((run) => !run.parent) ?? withCheckpoints[0] ?? list[0]
      if (runs.isLoaded) selection.select({ runId: first?.id, step: first && selection.step })
    },
  )

  const timer = setInterval(() => {
    if (!timeline.isPlaying) return
    timeline.move(1)
    if (timeline.index === timeline.steps.length - 1) timeline.isPlaying = false
  }, 1000 / playRate)
  onScopeDispose(() => clearInterval(timer))
}

/** The value of a series at the last measured step not after `step`; undefined before the first. */
export function valueAt(series: Series | undefined, step: number): number | undefined {
  if (!series) return undefined
  const { data: steps } = series.steps
  let low = 0
  let high = steps.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (steps[middle]! <= step) low = middle + 1
    else high = middle
  }
  return low > 0 ? series.values.data[low - 1] : undefined
}
