/** The method in use and its scores, and how long the exact one would take. */
import type { EdgeAblation, MethodCard } from '@contract/circuits'
import type { At } from '@contract/interpret'
import type { PairSource, PatchMetric } from '@contract/patching'
import { computed, ref, watch, type ComputedRef } from 'vue'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import { useStream } from '../../client/use-stream'
import { useCircuitsState } from './circuits-state'

/** What every question about the circuits of a checkpoint is told. */
export interface AskedTerms extends At {
  readonly source: PairSource
  readonly metric: PatchMetric
  readonly ablation: EdgeAblation
}
export type Told = ComputedRef<AskedTerms | undefined>

/** The exact method begins by itself where it is reckoned to fit the time allowed. */
export function useScoring(told: Told, methods: () => readonly MethodCard[] | undefined) {
  const client = useClient()
  const state = useCircuitsState()
  const suited = computed(() => (methods() ?? []).filter(({ unsuitable }) => unsuitable === undefined))
  const exact = computed(() => suited.value.find(({ isExact, gives }) => isExact && gives === 'scores'))
  /** What the time depends on: the checkpoint is not part of it. */
  const workKey = computed(() => {
    if (!told.value) return undefined
    const { step: _step, ...work } = told.value
    return JSON.stringify(work)
  })
  const times = ref<Readonly<Record<string, number>>>({})
  const reckoned = computed(() => (workKey.value === undefined ? undefined : times.value[workKey.value]))
  const estimate = useQuery(client.circuits.estimate, () => {
    if (!told.value || !exact.value || reckoned.value !== undefined) return undefined
    return { ...told.value, methodId: exact.value.id, settings: {} }
  })
  watch(estimate.data, (found) => {
    if (found && workKey.value !== undefined) times.value = { ...times.value, [workKey.value]: found.totalMs }
  })
  /** Work for which a person said to score exactly however long it takes, or stopped. */
  const allowed = ref<string>()
  const stopped = ref<string>()
  const fits = computed(() => reckoned.value !== undefined && reckoned.value <= state.limitMs)
  const method = computed((): MethodCard | undefined => {
    const chosen = suited.value.find(({ id }) => id === state.methodId)
    if (chosen) return chosen
    if (!exact.value || (reckoned.value !== undefined && !fits.value)) return estimateIn(suited.value)
    return exact.value
  })
  const waits = computed(() => method.value?.isExact === true && !fits.value && allowed.value !== workKey.value)
  const wanted = computed(() => {
    if (!told.value || !method.value || waits.value || stopped.value === workKey.value) return undefined
    return { ...told.value, methodId: method.value.id, settings: settingsOf(method.value, state.settings[method.value.id]) }
  })
  const scores = useStream(client.circuits.score, () => wanted.value)
  return {
    suited, exact, method, scores, reckoned, workKey, waits: computed(() => waits.value && reckoned.value !== undefined),
    isStopped: computed(() => workKey.value !== undefined && stopped.value === workKey.value),
    start(): void {
      allowed.value = workKey.value
      stopped.value = undefined
    },
    stop: (): void => void (stopped.value = workKey.value),
  }
}

/** The estimate that is drawn where the exact scores take too long: integrated gradients, or what else estimates effects. */
function estimateIn(methods: readonly MethodCard[]): MethodCard | undefined {
  const scoring = methods.filter(({ isExact, gives }) => !isExact && gives === 'scores')
  return scoring.find(({ id }) => id === 'eap-ig') ?? scoring[0]
}

type Values = Readonly<Record<string, number | string | boolean>>

export function settingsOf({ fields }: MethodCard, changed: Values = {}): Record<string, number | string | boolean> {
  return Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, changed[key] ?? field.default]))
}
