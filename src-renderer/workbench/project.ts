import type { OpenProject } from '@contract/projects'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { useClient } from '../client/use-client'
import { useStream } from '../client/use-stream'
import { useHistory } from './history'
import { useSelection } from './selection'

/** The open project. Everything that is read from it is read again when its key changes. */
export const useProject = defineStore('project', () => {
  const current = shallowRef<OpenProject>()
  return { current, key: computed(() => current.value && `${current.value.folder}/${current.value.name}`) }
})

/** Follows which project is open. Call once, where the workbench is set up. */
export function useProjectFeed(): void {
  const client = useClient()
  const project = useProject()
  const selection = useSelection()
  const history = useHistory()
  useStream(
    client.projects.follow,
    () => ({}),
    (opened) => {
      const key = project.key
      project.current = opened
      if (key === undefined || key === project.key) return
      // Runs and report items of another project mean nothing here.
      history.clear()
      selection.select({ runId: undefined, step: undefined, neuron: undefined, site: undefined })
    },
  )
}
