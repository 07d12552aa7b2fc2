/** Storing the network without the removed neurons as a run of its own; undone by removing that run. */
import { ref } from 'vue'
import { useClient } from '../../client/use-client'
import { useHistory } from '../../workbench/history'
import { useSelection, usePanelSelection } from '../../workbench/selection'
import { useToasts } from '../../workbench/toasts'

export function useSavePruned() {
  const client = useClient()
  const history = useHistory()
  const toasts = useToasts()
  const panel = usePanelSelection()
  const shared = useSelection()
  const isSaving = ref(false)

  async function save(wanted: {
    readonly name: string
    readonly removed: readonly number[]
    readonly how: string
  }): Promise<void> {
    const at = panel.at.value
    if (!at || isSaving.value) return
    isSaving.value = true
    let runId: string | undefined
    await toasts.attempt(async () => {
      await history.perform({
        label: `save “${wanted.name}”`,
        async do() {
          if (runId) return void (await client.runs.restore({ runId }))
          const args = { ...at, removed: [...wanted.removed], name: wanted.name, how: wanted.how }
          runId = (await client.interpret.savePruned(args)).runId
        },
        undo: async () => void (await client.runs.remove({ runId: runId! })),
      })
      toasts.say(`Saved “${wanted.name}”`, {
        title: 'Show',
        run: () => shared.select({ runId, step: undefined }),
      })
    })
    isSaving.value = false
  }

  return { save, isSaving }
}
