/** Storing the removed neurons as a mask, or as the next version of one; undone by removing that mask. */
import type { MaskCard } from '@contract/masks'
import { ref, type Ref } from 'vue'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import { useHistory } from '../../workbench/history'
import { usePanelSelection } from '../../workbench/selection'
import { useToasts } from '../../workbench/toasts'

export interface WantedMask {
  readonly name: string
  readonly removed: readonly number[]
  readonly how: string
  readonly madeFrom?: string
}

export function useSaveMask(isWanted: () => boolean): {
  readonly masks: Readonly<Ref<readonly MaskCard[] | undefined>>
  readonly isSaving: Readonly<Ref<boolean>>
  save(wanted: WantedMask): Promise<void>
} {
  const client = useClient()
  const history = useHistory()
  const toasts = useToasts()
  const panel = usePanelSelection()
  const isSaving = ref(false)
  const masks = useQuery(client.masks.list, () => (isWanted() && panel.runId.value !== undefined ? { runId: panel.runId.value } : undefined))

  async function save({ removed, ...wanted }: WantedMask): Promise<void> {
    const at = panel.at.value
    if (!at || isSaving.value) return
    isSaving.value = true
    let card: MaskCard | undefined
    await toasts.attempt(async () => {
      await history.perform({
        label: `save mask “${wanted.name}”`,
        async do() {
          if (card) await client.masks.restore({ maskId: card.id })
          else card = await client.masks.pick({ ...at, ...wanted, removed: [...removed] })
        },
        undo: async () => void (await client.masks.remove({ maskId: card!.id })),
      })
      toasts.say(`Saved mask “${wanted.name}”, version ${card!.version}`)
    })
    isSaving.value = false
  }

  return { masks: masks.data, isSaving, save }
}
