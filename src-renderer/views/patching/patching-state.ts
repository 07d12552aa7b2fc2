/** What the person has chosen in the Patching view, and the sites they patch together; outlives its panels. */
import type { AnswerSet, PatchDirection, PatchedPairs, PatchMetric, PatchPairs, PatchSweep, Receiver, SiteKind } from '@contract/patching'
import type { inputSplits } from '@contract/words'
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { useHistory } from '../../workbench/history'
import type { MapId } from './patch-effects'

export interface PatchTerms {
  /** A set of the project in place of the task's own examples. */
  readonly promptSetId: string | undefined
  /** Whether prompts of a set begin with the start token. */
  readonly startToken: boolean
  readonly split: (typeof inputSplits)[number]
  readonly count: number
  readonly seed: number
  readonly direction: PatchDirection
  readonly metric: PatchMetric
  /** Classes that count as right and as wrong, in place of the pairs' own. */
  readonly answerSet: AnswerSet | undefined
  /** 1 where the clean run's metric is reached, 0 at the corrupted run's. */
  readonly isNormalized: boolean
  /** Of the map of positions. */
  readonly streamKind: SiteKind
  /** Whether heads stand apart in the map of positions, where the sites have them. */
  readonly isByHead: boolean
  /** Of the map of heads. */
  readonly headKind: SiteKind
}

export interface PathTerms {
  /** No receivers are the logits. */
  readonly receivers: readonly Receiver[]
  readonly freezesMlps: boolean
  /** Position at which the sender is patched; every one if undefined. */
  readonly senderPos: number | undefined
}

/** What a panel that follows the selection shows; the inspector reads it and asks for nothing again. */
export interface ShownPatching {
  readonly pairs: PatchPairs | undefined
  readonly streamKind: SiteKind
  readonly positionMap: MapId
  readonly positions: PatchSweep | undefined
  readonly heads: PatchSweep | undefined
  /** With the set patched. */
  readonly patched: PatchedPairs | undefined
}

export const usePatchingState = defineStore('patching', () => {
  const terms = shallowRef<PatchTerms>({
    promptSetId: undefined,
    startToken: false,
    split: 'test',
    count: 64,
    seed: 0,
    direction: 'denoise',
    metric: 'logit-difference',
    answerSet: undefined,
    isNormalized: true,
    streamKind: 'resid_pre',
    isByHead: false,
    headKind: 'z',
  })
  const path = shallowRef<PathTerms>({ receivers: [], freezesMlps: false, senderPos: undefined })
  /** Whether paths are traced; where nobody said so, if there are few passes to make. */
  const isTracing = ref<boolean>()
  /** Sites as text, by run: a head of one network means nothing in another. */
  const sets = shallowRef<Readonly<Record<string, readonly string[]>>>({})
  /** Whether pairs are shown with the selected cell patched, or with the set. */
  const shows = ref<'cell' | 'set'>('cell')
  /** The pair whose tokens name the positions and whose attention is drawn. */
  const pair = ref(0)
  const shown = shallowRef<ShownPatching>()
  const history = useHistory()

  function choose(change: Partial<PatchTerms>): void {
    terms.value = { ...terms.value, ...change }
  }

  function choosePath(change: Partial<PathTerms>): void {
    path.value = { ...path.value, ...change }
    isTracing.value = true
  }

  const setOf = (runId: string | undefined): readonly string[] => (runId && sets.value[runId]) || []

  function put(runId: string, sites: readonly string[]): void {
    sets.value = { ...sets.value, [runId]: sites }
    shows.value = sites.length > 0 ? 'set' : 'cell'
  }

  function change(runId: string, sites: readonly string[], label: string): void {
    const before = setOf(runId)
    void history.perform({ label, do: () => put(runId, sites), undo: () => put(runId, before) })
  }

  /** Takes a site into the set, or out of it. */
  function toggle(runId: string, site: string): void {
    const set = setOf(runId)
    const isIn = set.includes(site)
    const label = isIn ? `no longer patch ${site}` : `patch ${site}`
    change(runId, isIn ? set.filter((one) => one !== site) : [...set, site], label)
  }

  const clear = (runId: string): void => change(runId, [], 'empty the patched set')

  return { terms, path, isTracing, sets, shows, pair, shown, choose, choosePath, setOf, toggle, clear }
})
