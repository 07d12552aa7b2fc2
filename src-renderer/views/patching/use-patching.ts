/** The pairs of the checkpoint a panel shows, the sweeps over it, and what the selected site and the set do to each pair. */
import type { PatchGrid, PatchPairs, PatchSite, SiteKind } from '@contract/patching'
import { computed, watch } from 'vue'
import { layerOf, parseSite, siteText, type Site } from '../../base/site'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import { useStream } from '../../client/use-stream'
import { usePanelSelection } from '../../workbench/selection'
import { knownSite, type MapId } from './patch-effects'
import { usePatchingState } from './patching-state'
import { hasHeads } from './patching-words'
import { usePairSource } from './use-pair-source'

const unaskedPasses = 4096

export function usePatching() {
  const client = useClient()
  const selection = usePanelSelection()
  const state = usePatchingState()

  const drawn = usePairSource()
  const { source } = drawn
  const answered = useQuery(client.patching.pairs, () =>
    selection.at.value && source.value ? { ...selection.at.value, source: source.value } : undefined,
  )
  const pairs = {
    data: computed(() => answered.data.value && readAs(answered.data.value, drawn.texts.value)),
    error: computed(() => drawn.error.value ?? answered.error.value),
    reload: () => (drawn.error.value ? drawn.reload() : answered.reload()),
  }
  const told = computed(() => {
    const { direction, metric, answerSet } = state.terms
    return selection.at.value && pairs.data.value && source.value
      ? { ...selection.at.value, source: source.value, direction, metric, ...(answerSet && { answerSet }) }
      : undefined
  })

  /** A kind the network has: what was chosen, or the first it has. */
  const kindOf = (wanted: SiteKind): SiteKind => {
    const kinds = pairs.data.value?.kinds ?? []
    return kinds.includes(wanted) ? wanted : (kinds[0] ?? wanted)
  }
  const streamKind = computed(() => kindOf(state.terms.streamKind))
  const headKind = computed(() => state.terms.headKind)
  /** The map above the pairs' positions: of layers, or of heads where the sites have some. */
  const positionMap = computed((): MapId => (state.terms.isByHead && hasHeads(streamKind.value) ? 'sites' : 'positions'))
  const sweepOf = (kind: () => SiteKind, grid: () => PatchGrid) =>
    useStream(client.patching.sweep, () => told.value && { ...told.value, kind: kind(), grid: grid(), estimates: true })
  const positions = sweepOf(() => streamKind.value, () => (positionMap.value === 'sites' ? 'layer-head-pos' : 'layer-pos'))
  const heads = sweepOf(() => headKind.value, () => 'layer-head')
  /** A pass a head and pair is much for a look at something else, unless they are few. */
  const isTracing = computed(() => {
    const { layers = 0, heads: perLayer = 0, count = 0 } = pairs.data.value ?? {}
    return state.isTracing ?? layers * perLayer * count <= unaskedPasses
  })
  const paths = useStream(client.patching.path, () => {
    if (!told.value || !isTracing.value) return undefined
    const { receivers, freezesMlps, senderPos } = state.path
    const into = receivers.length > 0 ? [...receivers] : ('logits' as const)
    return { ...told.value, receivers: into, freezesMlps, ...(senderPos !== undefined && { senderPos }) }
  })

  const known = (text: string | undefined): Site | undefined => pairs.data.value && knownSite(text, pairs.data.value)
  const site = computed(() => known(selection.site.value))
  const set = computed(() =>
    state.setOf(selection.runId.value).flatMap((text): Site[] => (known(text) ? [parseSite(text)!] : [])),
  )
  const pair = computed(() => Math.min(state.pair, (pairs.data.value?.count ?? 1) - 1))
  /** What is patched in the table of pairs. */
  const patchedSites = computed((): readonly Site[] => {
    if (state.shows === 'set' && set.value.length > 0) return set.value
    return site.value ? [site.value] : []
  })
  const patched = useQuery(client.patching.sites, () => {
    if (!told.value || patchedSites.value.length === 0) return undefined
    return { ...told.value, sites: patchedSites.value.map(asked) }
  })
  const pattern = useQuery(client.patching.pattern, () => {
    const at = selection.at.value
    const layer = site.value && layerOf(site.value)
    const head = site.value?.head
    if (!at || !source.value || !pairs.data.value || layer === undefined || head === undefined) return undefined
    return { ...at, source: source.value, layer, head, pair: pair.value }
  })

  watch(
    [pairs.data, positions.data, heads.data, patched.data, () => selection.isPinned.value],
    () => {
      if (selection.isPinned.value) return
      state.shown = {
        pairs: pairs.data.value,
        streamKind: streamKind.value,
        positionMap: positionMap.value,
        positions: positions.data.value,
        heads: heads.data.value,
        patched: patched.data.value,
      }
    },
    { immediate: true },
  )

  const select = (text: string | undefined): void => selection.select({ site: text })
  const isInSet = computed(() => site.value !== undefined && state.setOf(selection.runId.value).includes(siteText(site.value)))
  /** Takes a site into the set or out of it, the selected one if none is named. */
  function toggle(text = site.value && siteText(site.value)): void {
    if (selection.runId.value && text !== undefined) state.toggle(selection.runId.value, text)
  }
  return {
    state, selection, sets: drawn.sets, pairs, streamKind, headKind, positionMap, positions, heads, paths, isTracing, site, set, pair, patchedSites, patched, pattern,
    select, isInSet, toggle,
  }
}

interface TokenWords {
  readonly ids: { readonly data: ArrayLike<number> }
  readonly texts: readonly string[]
}

/** The pairs with the words of the set they came from, where they came from one. */
function readAs(pairs: PatchPairs, words: TokenWords | undefined): PatchPairs {
  if (!words) return pairs
  const textOf = new Map(Array.from(words.ids.data, (id, i) => [id, words.texts[i]!]))
  return { ...pairs, texts: Array.from(pairs.ids.data, (id, i) => textOf.get(id) ?? pairs.texts[i]!) }
}

const asked = ({ hook, head, pos }: Site): PatchSite => ({
  hook,
  ...(head !== undefined && { head }),
  ...(pos !== undefined && { pos }),
})

export type Patching = ReturnType<typeof usePatching>
