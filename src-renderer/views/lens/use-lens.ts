/** The residual stream of the checkpoint a panel shows, on the chosen inputs. */
import { computed, watch } from 'vue'
import { headSite, layerOf, parseSite, siteText } from '../../base/site'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import { useChosenInputs, useInputs } from '../../workbench/inputs'
import { usePanelSelection } from '../../workbench/selection'
import { useLensState } from './lens-state'

/** Classes named of each cell; the table shows the first. */
const topCount = 5
const neuronCount = 24

export function useLensTable() {
  const client = useClient()
  const selection = usePanelSelection()
  const state = useLensState()
  const { one, tell } = useChosenInputs()
  const query = useQuery(client.lens.table, () =>
    selection.at.value && one.value ? { ...selection.at.value, inputs: one.value, topCount } : undefined,
  )
  watch(query.data, (answer) => {
    if (!answer) return
    if (answer.available !== undefined) tell(answer.available)
    // Another run may have answers elsewhere.
    if (state.position !== undefined && !answer.answers[state.position]) state.position = undefined
  })
  /** Row and column of the selected place of the stream. */
  const selected = computed({
    get: (): readonly [number, number] | undefined => {
      const site = parseSite(selection.site.value)
      const row = site?.pos === undefined ? -1 : (query.data.value?.points.indexOf(site.hook) ?? -1)
      return row < 0 ? undefined : [row, site!.pos!]
    },
    set: (cell) => {
      const table = query.data.value
      if (!table || !cell) return
      const [row, pos] = cell
      selection.select({ site: siteText({ hook: table.points[row]!, pos }) })
      if (table.answers[pos]) state.position = pos
    },
  })
  return { ...query, selection, selected, state }
}

export function useAttribution() {
  const client = useClient()
  const selection = usePanelSelection()
  const state = useLensState()
  const inputs = useInputs()
  const { one, many } = useChosenInputs()
  const query = useQuery(client.lens.attribution, () => {
    const shown = inputs.isAveraged ? many.value : one.value
    if (!selection.at.value || !shown) return undefined
    const { position, target } = state
    return {
      ...selection.at.value,
      inputs: shown,
      target,
      neuronCount,
      ...(position !== undefined && { position }),
    }
  })
  const head = computed(() => {
    const site = parseSite(selection.site.value)
    const layer = site && layerOf(site)
    return site?.head === undefined || layer === undefined ? undefined : { layer, head: site.head }
  })
  /** As the map of heads has it: head across, layer up. */
  const chosen = computed({
    get: (): readonly [number, number] | undefined => head.value && [head.value.head, head.value.layer],
    set: (cell) => cell && selection.select({ site: headSite(cell[1], cell[0]) }),
  })
  /** The selected head, or the one that writes most. */
  const shownHead = computed(() => {
    const heads = query.data.value?.heads
    if (!heads) return undefined
    const [layers = 0, count = 0] = heads.shape
    if (head.value && head.value.layer < layers && head.value.head < count) return head.value
    const largest = Array.from(heads.data, Math.abs).reduce((best, value, i, all) => (value > all[best]! ? i : best), 0)
    return { layer: Math.floor(largest / count), head: largest % count }
  })
  return { ...query, state, head, chosen, shownHead }
}

/** What holds for many examples at once: the answer through the layers, and the stream's norms. */
export function useStreamCurves() {
  const client = useClient()
  const selection = usePanelSelection()
  const state = useLensState()
  const { many } = useChosenInputs()
  const asked = () => (selection.at.value && many.value ? { ...selection.at.value, inputs: many.value } : undefined)
  const isProfile = computed(() => state.curve === 'answer' || state.curve === 'kl')
  const profile = useQuery(client.lens.profile, () => (isProfile.value ? asked() : undefined))
  const decomposition = useQuery(client.lens.decomposition, () => (isProfile.value ? undefined : asked()))
  return { profile, decomposition, isProfile, state }
}
