/** All runs of the open project, kept current. Views ask for series themselves and ask again when `revisionOf` rises. */
import type { Client } from '@contract/index'
import type { Run } from '@contract/runs'
import { defineStore } from 'pinia'
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { useClient, useClientContext } from '../client/use-client'
import { useStream } from '../client/use-stream'
import { useProject } from './project'
import { useToasts } from './toasts'

export const useRuns = defineStore('runs', () => {
  const byId = shallowRef<ReadonlyMap<string, Run>>(new Map())
  const isLoaded = ref(false)
  const revisions = shallowRef<ReadonlyMap<string, number>>(new Map())

  function replaceAll(all: readonly Run[]): void {
    byId.value = new Map(all.map((run) => [run.id, run]))
    isLoaded.value = true
  }

  function put(run: Run): void {
    byId.value = new Map(byId.value).set(run.id, run)
  }

  function drop(ids: readonly string[]): void {
    byId.value = new Map([...byId.value].filter(([id]) => !ids.includes(id)))
  }

  function touch(ids: readonly string[]): void {
    revisions.value = new Map([...revisions.value, ...ids.map((id) => [id, revisionOf(id) + 1] as const)])
  }

  /** Rises whenever something of the run changed: its state, a checkpoint, a measurement. */
  function revisionOf(id: string | undefined): number {
    return (id !== undefined && revisions.value.get(id)) || 0
  }

  return {
    byId,
    isLoaded,
    /** Newest first. */
    list: computed(() => [...byId.value.values()].reverse().sort((x, y) => y.createdMs - x.createdMs)),
    replaceAll,
    put,
    drop,
    touch,
    revisionOf,
  }
})

/** More changed runs than this are read with one call for all. */
const fewRuns = 4
/** Changes of one run within this time are read once. */
const gatherMs = 150

/** Keeps the runs current. Call once, where the workbench is set up. */
export function useRunsFeed(): void {
  const client = useClient()
  const { generation } = useClientContext()
  const store = useRuns()
  const project = useProject()
  const toasts = useToasts()
  const changed = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined

  const readAll = (): Promise<void> => toasts.attempt(async () => store.replaceAll(await client.runs.list({})))
  watch([() => project.key, generation], ([key]) => void (key !== undefined && readAll()), { immediate: true })

  async function readChanged(): Promise<void> {
    timer = undefined
    const ids = [...changed]
    changed.clear()
    if (ids.length > fewRuns) await readAll()
    else await Promise.all(ids.map((id) => readOne(client, store, id)))
    store.touch(ids)
  }

  useStream(
    client.runs.follow,
    () => ({}),
    (event) => {
      store.drop(event.removed)
      for (const id of event.changed) changed.add(id)
      if (changed.size > 0) timer ??= setTimeout(() => void readChanged(), gatherMs)
    },
  )
  onScopeDispose(() => clearTimeout(timer))
}

async function readOne(client: Client, store: ReturnType<typeof useRuns>, runId: string): Promise<void> {
  try {
    store.put(await client.runs.show({ runId }))
  } catch {
    // It was removed between the event and the question; the next event says so.
    store.drop([runId])
  }
}
