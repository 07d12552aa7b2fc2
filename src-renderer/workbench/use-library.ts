import type { Checkpoint, Run } from '@contract/runs'
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { useClient } from '../client/use-client'
import { useQuery } from '../client/use-query'
import { libraryRows, type LibraryRow } from './library-rows'
import { useProject } from './project'
import { useRuns } from './runs'
import { useSelection } from './selection'
import { useTimeline } from './timeline'
import { useToasts } from './toasts'

export interface Library {
  readonly search: Ref<string>
  readonly rows: ComputedRef<readonly LibraryRow[]>
  readonly selectedId: ComputedRef<string | undefined>
  toggle(run: Run, isExpanded?: boolean): void
  /** Selects a run or a checkpoint, opens a project. */
  choose(row: LibraryRow): void
}

export function useLibrary(): Library {
  const client = useClient()
  const runs = useRuns()
  const selection = useSelection()
  const timeline = useTimeline()
  const project = useProject()
  const toasts = useToasts()
  const search = ref('')
  const expanded = shallowRef<ReadonlyMap<string, readonly Checkpoint[] | undefined>>(new Map())
  const projects = useQuery(client.projects.list, () => ({}))

  watch(() => [project.key, runs.list.length], projects.reload)
  watch(() => project.key, () => (expanded.value = new Map()))

  const put = (runId: string, found: readonly Checkpoint[] | undefined): void => {
    expanded.value = new Map(expanded.value).set(runId, found)
  }
  async function read(runId: string): Promise<void> {
    await toasts.attempt(async () => {
      const found = await client.runs.checkpoints({ runId })
      if (expanded.value.has(runId)) put(runId, found)
    })
  }
  function toggle(run: Run, isExpanded = !expanded.value.has(run.id)): void {
    if (!isExpanded) expanded.value = new Map([...expanded.value].filter(([id]) => id !== run.id))
    else if (!expanded.value.has(run.id)) {
      put(run.id, undefined)
      void read(run.id)
    }
  }

  watch(
    () => [...expanded.value.keys()].map((id) => `${id} ${runs.revisionOf(id)}`),
    (now, before) => now.filter((key) => !before.includes(key)).forEach((key) => void read(key.split(' ')[0]!)),
  )

  function choose(row: LibraryRow): void {
    if (row.kind === 'run') {
      if (selection.runId === row.run.id) toggle(row.run)
      else selection.select({ runId: row.run.id, step: undefined })
    } else if (row.kind === 'checkpoint') {
      timeline.isPlaying = false
      selection.select({ runId: row.run.id, step: row.checkpoint.step })
    } else if (row.kind === 'project' && !row.card.isOpen) {
      void toasts.attempt(() => client.projects.open({ name: row.card.name }))
    }
  }

  const cards = computed(() => {
    const listed = projects.data.value ?? []
    const open = project.current
    // The list is read a moment after a project was opened; which one is open is known at once.
    return listed.map((card) => (open ? { ...card, isOpen: card.name === open.name } : card))
  })
  return {
    search,
    rows: computed(() =>
      libraryRows({
        projects: cards.value,
        runs: runs.list,
        areRunsLoaded: runs.isLoaded,
        checkpoints: expanded.value,
        search: search.value,
      }),
    ),
    selectedId: computed(() => {
      const { runId, step } = selection
      if (runId === undefined) return undefined
      return expanded.value.get(runId)?.some((checkpoint) => checkpoint.step === step)
        ? `checkpoint ${runId} ${step}`
        : `run ${runId}`
    }),
    toggle,
    choose,
  }
}
