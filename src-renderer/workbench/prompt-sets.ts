/** The prompt sets kept in the open project, as every view that offers them reads them, and the one last looked at. */
import type { PromptSetCard } from '@contract/prompts'
import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { useClient } from '../client/use-client'
import { useQuery, type Query } from '../client/use-query'
import { useProject } from './project'

export const usePromptSets = defineStore('prompt-sets', () => {
  const chosenId = ref<string>()
  /** The set another view was opened for; whoever takes it up sets it back. */
  const offeredId = ref<string>()
  const revision = ref(0)
  /** Say that sets were added or removed: every list asks again. */
  const touch = (): void => void revision.value++
  function added(id: string): void {
    chosenId.value = id
    touch()
  }
  return { chosenId, offeredId, revision, touch, added }
})

/** The sets, asked for again when some were added or removed. Nothing is asked while `isWanted` is false. */
export function usePromptSetList(isWanted: () => boolean = () => true): Query<readonly PromptSetCard[]> {
  const client = useClient()
  const project = useProject()
  const sets = usePromptSets()
  const list = useQuery(client.prompts.list, () => (isWanted() ? {} : undefined))
  watch(() => [sets.revision, project.key], list.reload)
  return list
}
