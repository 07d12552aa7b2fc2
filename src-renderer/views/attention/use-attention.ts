/** The heads of the checkpoint a panel shows, on the chosen inputs, with their scores. */
import { headScoreIds } from '@contract/words'
import type { HeadScoreId, HeadScores } from '@contract/attention'
import { computed, watch } from 'vue'
import { headSite, layerOf, parseSite } from '../../base/site'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import { useChosenInputs, useInputs } from '../../workbench/inputs'
import { usePanelSelection } from '../../workbench/selection'
import { scoreAxis, useAttentionState } from './attention-state'

export interface HeadAt {
  readonly layer: number
  readonly head: number
}

/** The head a site lies in; undefined for a site that is in none. */
export function headAt(site: string | undefined): HeadAt | undefined {
  const parsed = parseSite(site)
  const layer = parsed && layerOf(parsed)
  return parsed?.head === undefined || layer === undefined ? undefined : { layer, head: parsed.head }
}

export function useHeadSelection() {
  const selection = usePanelSelection()
  return {
    selection,
    head: computed(() => headAt(selection.site.value)),
    choose: ({ layer, head }: HeadAt): void => selection.select({ site: headSite(layer, head) }),
  }
}

export function useShownInputs() {
  const inputs = useInputs()
  const chosen = useChosenInputs()
  return { ...chosen, shown: computed(() => (inputs.isAveraged ? chosen.many.value : chosen.one.value)) }
}

export function useHeadScores() {
  const client = useClient()
  const state = useAttentionState()
  const selection = usePanelSelection()
  const { shown } = useShownInputs()
  return useQuery(client.attention.scores, () => {
    if (!selection.at.value) return undefined
    if (!state.scoresShown) return selection.at.value
    return shown.value && { ...selection.at.value, inputs: shown.value }
  })
}

/** One score of all heads, layer · heads + head. */
export function scoreOf({ scores }: HeadScores, id: HeadScoreId): Float32Array {
  const each = scores.data.length / headScoreIds.length
  const at = headScoreIds.indexOf(id) * each
  return scores.data.subarray(at, at + each) as Float32Array // the contract's scores are float32
}

/** Heads from the highest score to the lowest; those without one last. */
export function sortedHeads(values: ArrayLike<number>): readonly number[] {
  const key = (i: number): number => (Number.isNaN(values[i]!) ? -Infinity : values[i]!)
  return Array.from(values, (_, i) => i).sort((x, y) => key(y) - key(x) || x - y)
}

export function useAttention() {
  const client = useClient()
  const state = useAttentionState()
  const { selection, head, choose } = useHeadSelection()
  const { shown, tell } = useShownInputs()
  const patterns = useQuery(client.attention.patterns, () =>
    selection.at.value && shown.value ? { ...selection.at.value, inputs: shown.value, kind: state.kind } : undefined,
  )
  const scores = useHeadScores()
  watch(patterns.data, (answer) => answer?.available !== undefined && tell(answer.available))

  const heads = computed(() => patterns.data.value?.patterns.shape[1] ?? 0)
  const values = computed(() => scores.data.value && scoreOf(scores.data.value, state.score))
  const axis = computed(() => scoreAxis(state.score, Math.max(0, ...Array.from(values.value ?? []).filter(Number.isFinite))))
  const order = computed(() => (state.isSorted && values.value ? sortedHeads(values.value) : undefined))
  /** layer · heads + head */
  const selected = computed({
    get: () => head.value && head.value.layer * heads.value + head.value.head,
    set: (at: number | undefined) => {
      if (at !== undefined && heads.value > 0) choose({ layer: Math.floor(at / heads.value), head: at % heads.value })
    },
  })

  const unchosen = watch([patterns.data, values], ([answer, found]) => {
    if (!answer) return
    // A first look shows the head with the highest score; afterwards the choice is the person's.
    if (head.value) return void unchosen()
    if (!found) return
    selected.value = sortedHeads(found)[0]
    unchosen()
  })
  return { patterns, scores, state, selection, head, selected, values, axis, order }
}

export function useHeadPattern() {
  const client = useClient()
  const state = useAttentionState()
  const { selection, head, choose } = useHeadSelection()
  const { shown } = useShownInputs()
  const query = useQuery(client.attention.head, () => {
    if (!selection.at.value || !head.value || !shown.value) return undefined
    return { ...selection.at.value, inputs: shown.value, kind: state.kind, ...head.value }
  })
  return { ...query, state, selection, head, choose }
}
