/** How far the circuit on screen is to be believed, measured when asked for, one check after another. */
import type { Completeness, Minimality, Stability, Sufficiency } from '@contract/circuits'
import type { WireError } from '@contract/rpc'
import { wireErrorOf } from '@contract/client'
import { computed, ref, shallowRef, watch } from 'vue'
import { useClient } from '../../client/use-client'
import type { Circuits } from './use-circuits'
import { settingsOf } from './use-scoring'

export interface CheckResults {
  readonly sufficiency?: Sufficiency
  readonly minimality?: Minimality
  readonly completeness?: Completeness
  readonly stability?: Stability
  /** Why there is no stability though the other checks are there. */
  readonly noStability?: string
}

const seed = 0
/** Sets that are drawn and sought: enough to see a backup, few enough to wait for. */
const effort = { seed, draws: 50, searches: 3, rounds: 6, candidates: 8 } as const

export function useChecks({ told, edges, whole, method, state, stability, names, compared }: Circuits) {
  const client = useClient()
  const results = shallowRef<CheckResults>({})
  const busy = ref<string>()
  const error = shallowRef<WireError>()
  const isShaded = ref(false)
  let cancel: AbortController | undefined

  function clear(): void {
    cancel?.abort()
    cancel = undefined
    results.value = {}
    busy.value = undefined
    error.value = undefined
  }
  watch(() => [JSON.stringify(told.value), method.value?.id, edges.value.join()].join(' '), clear)

  async function check(): Promise<void> {
    clear()
    const [terms, by] = [told.value, method.value]
    if (!terms || !by || !whole.value) return
    const mine = new AbortController()
    cancel = mine
    const options = { signal: mine.signal }
    const numbers = (list: readonly number[]) => ({ axes: ['edge'], shape: [list.length], data: Int32Array.from(list) })
    const asked = { ...terms, edges: numbers(edges.value) }
    const others = compared.value && numbers([...compared.value.scores.keys()].flatMap((name) => names.value?.numbers.get(name) ?? []))
    const add = (found: CheckResults): void => {
      if (!mine.signal.aborted) results.value = { ...results.value, ...found }
    }
    try {
      busy.value = 'Sufficiency'
      add({ sufficiency: await client.circuits.sufficiency({ ...asked, ...(others && { other: others }), seed, draws: 10 }, options) })
      busy.value = 'Minimality'
      add({ minimality: await client.circuits.minimality(asked, options) })
      busy.value = 'Completeness'
      add({ completeness: await client.circuits.completeness({ ...asked, ...effort }, options) })
      busy.value = 'Stability'
      const settings = settingsOf(by, state.settings[by.id])
      const found = client.circuits.stability({ ...terms, methodId: by.id, settings, count: edges.value.length, resamples: 200, seed }, options)
      await found.then((stable) => add({ stability: stable }), (thrown: unknown) => {
        const failure = wireErrorOf(thrown)
        // Methods that give no score pair by pair cannot be resampled; the other checks stand.
        if (failure.code !== 'ARGUMENTS_INVALID') throw thrown
        add({ noStability: failure.message })
      })
    } catch (thrown) {
      if (!mine.signal.aborted) error.value = wireErrorOf(thrown)
    }
    if (!mine.signal.aborted) busy.value = undefined
  }
  watch([isShaded, results], () => {
    stability.value = isShaded.value ? results.value.stability?.heldShare.data : undefined
  })
  return { results, busy, error, check, stop: clear, isShaded, canShade: computed(() => results.value.stability !== undefined) }
}

export type Checks = ReturnType<typeof useChecks>
