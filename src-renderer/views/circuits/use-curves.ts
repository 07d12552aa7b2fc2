/** Faithfulness by size for the scores at hand and for random circuits, and every method held against the exact one. */
import type { EdgeScores } from '@contract/circuits'
import { computed, shallowRef, watch } from 'vue'
import { wireErrorOf } from '@contract/client'
import type { WireError } from '@contract/rpc'
import type { Circuits } from './use-circuits'
import { settingsOf, type Told } from './use-scoring'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'

/** Random circuits that the baseline is over. */
const draws = 5

export function useCurves(told: Told, whole: () => EdgeScores | undefined) {
  const client = useClient()
  const curve = useQuery(client.circuits.curve, () => {
    const scores = whole()?.scores
    return told.value && scores && { ...told.value, scores }
  })
  // After the curve it is held against: that one is what is looked at first.
  const random = useQuery(client.circuits.randomCurve, () => (told.value && curve.data.value && whole() ? { ...told.value, draws } : undefined))
  return { curve, random }
}

/** One method's scores held against the exact ones. */
export interface Judged {
  readonly methodId: string
  readonly title: string
  readonly scores: EdgeScores
  readonly spearman: number | undefined
  readonly topOverlap: number
  readonly topCount: number
  readonly cmd: number | undefined
  readonly cpr: number | undefined
}

/** Scores the exact method and others one after another, when asked to. */
export function useJudging({ told, suited, exact, state }: Pick<Circuits, 'told' | 'suited' | 'exact' | 'state'>) {
  const client = useClient()
  const rows = shallowRef<readonly Judged[]>([])
  const busy = shallowRef<string>()
  const error = shallowRef<WireError>()
  let cancel: AbortController | undefined

  function clear(): void {
    cancel?.abort()
    cancel = undefined
    rows.value = []
    busy.value = undefined
    error.value = undefined
  }
  watch(() => JSON.stringify(told.value), clear)

  async function judge(): Promise<void> {
    clear()
    const [terms, truth] = [told.value, exact.value]
    if (!terms || !truth) return
    const mine = new AbortController()
    cancel = mine
    const options = { signal: mine.signal }
    let exactly: EdgeScores | undefined
    try {
      for (const method of [truth, ...suited.value.filter(({ id }) => id !== truth.id)]) {
        busy.value = method.title
        let last: EdgeScores | undefined
        const asked = { ...terms, methodId: method.id, settings: settingsOf(method, state.settings[method.id]) }
        await client.circuits.score(asked, (event) => void (last = event), options)
        exactly ??= last
        if (!last || !exactly || last.done < last.total) continue
        const topCount = Math.max(1, Math.min(20, Math.floor(last.total / 5)))
        const pair = { runId: terms.runId, step: terms.step, exact: exactly.scores, estimate: last.scores, topCount }
        const agreement = await client.circuits.agreement(pair, options)
        const { cmd, cpr } = await client.circuits.curve({ ...terms, scores: last.scores }, options)
        if (mine.signal.aborted) return
        const row = { methodId: method.id, title: method.title, scores: last, spearman: agreement.spearman, topOverlap: agreement.topOverlap, topCount, cmd, cpr }
        rows.value = [...rows.value, row]
      }
    } catch (thrown) {
      if (!mine.signal.aborted) error.value = wireErrorOf(thrown)
    }
    if (!mine.signal.aborted) busy.value = undefined
  }
  return { rows, busy, error, judge, stop: clear, truth: computed(() => rows.value.find(({ methodId }) => methodId === exact.value?.id)) }
}

export type Judging = ReturnType<typeof useJudging>
