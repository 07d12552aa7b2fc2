/** The heads of the checkpoint a panel shows, and the circuit, composition and spectrum that belong to the selection. */
import type { HeadWeights } from '@contract/weights'
import { computed } from 'vue'
import { headSite, layerOf, parseSite } from '../../base/site'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import { usePanelSelection } from '../../workbench/selection'
import { useWeightsState } from './weights-state'

/** More cells than these are no picture; the circuit then shows by its directions alone. */
const mostCells = 1024 * 1024

export interface HeadAt {
  readonly layer: number
  readonly head: number
}

export function useWeights() {
  const client = useClient()
  const selection = usePanelSelection()
  const state = useWeightsState()
  const heads = useQuery(client.weights.heads, () => selection.at.value)

  /** The selected head, or before any is selected the one that copies most. */
  const head = computed((): HeadAt | undefined => {
    if (!heads.data.value) return undefined
    const { layers, heads: count } = heads.data.value
    const site = parseSite(selection.site.value)
    const layer = site && layerOf(site)
    const isThere = layer !== undefined && layer < layers && site?.head !== undefined && site.head < count
    return isThere ? { layer, head: site.head! } : strongest(heads.data.value)
  })
  const select = ({ layer, head: index }: HeadAt): void => selection.select({ site: headSite(layer, index) })

  const missing = computed(() => heads.data.value?.missing[state.circuit])
  const circuit = useQuery(client.weights.circuit, () =>
    selection.at.value && head.value && missing.value === undefined
      ? { ...selection.at.value, ...head.value, kind: state.circuit, mostCells }
      : undefined,
  )
  const hasLayers = computed(() => (heads.data.value?.layers ?? 0) > 1)
  const composition = useQuery(client.weights.composition, () =>
    selection.at.value && hasLayers.value ? { ...selection.at.value, kind: state.composition } : undefined,
  )
  const spectrum = useQuery(client.weights.spectrum, () => (heads.data.value ? selection.at.value : undefined))
  /** Tokens that are no residues have no spectrum, which is nothing to complain of. */
  const hasSpectrum = computed(() => spectrum.error.value?.code !== 'MODEL_UNSUITABLE')
  return { heads, head, select, state, missing, circuit, hasLayers, composition, spectrum, hasSpectrum, selection }
}

function strongest({ copying, heads }: HeadWeights): HeadAt {
  let best = 0
  for (let i = 1; i < copying.data.length; i++) if (Math.abs(copying.data[i]!) > Math.abs(copying.data[best]!)) best = i
  return { layer: Math.floor(best / heads), head: best % heads }
}
