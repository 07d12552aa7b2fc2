/**
 * A mask over the weights of a checkpoint, edited entry by entry, row by row or column by column. Edits are a draft over the
 * stored mask until they are saved as its next version; each is undone by itself, and so is saving.
 */
import type { MaskCard, MaskFormat } from '@contract/masks'
import { computed } from 'vue'
import { formatCount } from '../../base/format'
import { saveFile } from '../../charts/picture'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import { useHistory } from '../../workbench/history'
import { usePanelSelection } from '../../workbench/selection'
import { useToasts } from '../../workbench/toasts'
import { cellsOf, keptAfter, type MaskDraft } from './mask-draft'
import { useWeightsState } from './weights-state'

export function useMaskEditor() {
  const client = useClient()
  const selection = usePanelSelection()
  const state = useWeightsState()
  const history = useHistory()
  const toasts = useToasts()
  const at = selection.at
  const masks = useQuery(client.masks.list, () => (at.value ? {} : undefined))
  const mask = computed(() => masks.data.value?.find(({ id }) => id === state.maskId))
  const picture = useQuery(client.masks.picture, () =>
    at.value && { ...at.value, ...(mask.value && { maskId: mask.value.id }), ...(state.maskArray && { array: state.maskArray }) })
  const array = computed(() => picture.data.value?.array)
  const kept = computed(() => picture.data.value && keptAfter(picture.data.value.kept.data, state.maskDraft[picture.data.value.array]))
  const effect = useQuery(client.masks.effect, () => at.value && mask.value && { ...at.value, maskId: mask.value.id })
  const changed = computed(() => Object.values(state.maskDraft).reduce((sum, cells) => sum + cells.size, 0))

  function toggle(cell: readonly [row: number, column: number]): Promise<void> {
    const shown = picture.data.value
    if (!shown || !kept.value) return Promise.resolve()
    const cells = cellsOf(cell, shown.kept.shape, state.maskBrush)
    const isKept = kept.value[cell[0] * shown.kept.shape[1]! + cell[1]] === 0
    const before = state.maskDraft
    const after: MaskDraft = { ...before, [shown.array]: new Map([...(before[shown.array] ?? []), ...cells.map((one) => [one, isKept] as const)]) }
    return history.perform({
      label: `${isKept ? 'keep' : 'remove'} ${formatCount(cells.length)} ${cells.length === 1 ? 'entry' : 'entries'} of ${shown.array}`,
      do: () => void (state.maskDraft = after),
      undo: () => void (state.maskDraft = before),
    })
  }

  function choose(maskId: string | undefined): void {
    state.maskId = maskId
    state.maskDraft = {}
  }

  async function made(name: string): Promise<MaskCard> {
    const how = `edited by hand: ${formatCount(changed.value)} entries`
    const changes = Object.entries(state.maskDraft).flatMap(([changedArray, cells]) =>
      [true, false].map((isKept) => {
        const data = Int32Array.from([...cells].filter(([, wanted]) => wanted === isKept).map(([cell]) => cell))
        return { array: changedArray, cells: { axes: ['cell'], shape: [data.length], data }, isKept }
      }))
    if (mask.value) return client.masks.derive({ maskId: mask.value.id, name, how, changes })
    const { params } = await wholeArrays()
    return client.masks.create({ ...at.value!, name, how, arrays: params })
  }

  /** Every array of the draft with its changes, of a mask that does not exist yet. */
  async function wholeArrays() {
    const entries = await Promise.all(
      Object.entries(state.maskDraft).map(async ([name, cells]) => {
        const { weights, kept: whole } = await client.masks.picture({ ...at.value!, array: name })
        return [name, { axes: [...weights.axes], shape: [...weights.shape], data: keptAfter(whole.data, cells) }] as const
      }))
    return { params: Object.fromEntries(entries) }
  }

  function save(name: string): Promise<void> {
    return toasts.attempt(async () => {
      const [draft, before] = [state.maskDraft, state.maskId]
      let card: MaskCard | undefined
      await history.perform({
        label: `save mask “${name}”`,
        async do() {
          if (card) await client.masks.restore({ maskId: card.id })
          else card = await made(name)
          choose(card.id)
          masks.reload()
        },
        async undo() {
          await client.masks.remove({ maskId: card!.id })
          ;[state.maskDraft, state.maskId] = [draft, before]
          masks.reload()
        },
      })
      toasts.say(`Saved mask “${name}”, version ${card!.version}`)
    })
  }

  function remove(card: MaskCard): Promise<void> {
    return toasts.attempt(() =>
      history.perform({
        label: `remove mask “${card.name}”, version ${card.version}`,
        async do() {
          await client.masks.remove({ maskId: card.id })
          choose(undefined)
          masks.reload()
        },
        async undo() {
          await client.masks.restore({ maskId: card.id })
          choose(card.id)
          masks.reload()
        },
      }))
  }

  function rename(card: MaskCard, name: string): Promise<void> {
    const to = async (called: string): Promise<void> => {
      await client.masks.rename({ maskId: card.id, name: called })
      masks.reload()
    }
    return toasts.attempt(() => history.perform({ label: `rename mask “${card.name}”`, do: () => to(name), undo: () => to(card.name) }))
  }

  /** The checkpoint under the mask as the first of a run of its own. */
  function apply(card: MaskCard): Promise<void> {
    return toasts.attempt(async () => {
      let runId: string | undefined
      const name = `under ${card.name}, version ${card.version}`
      await history.perform({
        label: `store the network ${name}`,
        async do() {
          if (runId) await client.runs.restore({ runId })
          else ({ runId } = await client.masks.apply({ ...at.value!, maskId: card.id, name }))
        },
        undo: async () => void (await client.runs.remove({ runId: runId! })),
      })
      toasts.say(`Stored the network ${name}`, { title: 'Show', run: () => selection.select({ runId, step: undefined }) })
    })
  }

  const exported = (card: MaskCard, format: MaskFormat): Promise<void> =>
    toasts.attempt(async () => {
      const { fileName, mime, bytes } = await client.masks.export({ maskId: card.id, format })
      // A copy: the bytes may be a view into a larger message.
      saveFile({ name: fileName, blob: new Blob([bytes.slice()], { type: mime }) })
      toasts.say(`Exported ${fileName}`)
    })

  return { state, at, masks, mask, picture, array, kept, effect, changed, toggle, choose, save, remove, rename, apply, exported }
}
