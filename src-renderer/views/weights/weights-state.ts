/** What the person has chosen to see in the Weights view; outlives its panels. */
import type { CircuitKind, CompositionKind } from '@contract/weights'
import { defineStore } from 'pinia'
import { ref } from 'vue'

export type HeadScore = 'copying' | 'ovNorm' | 'qkNorm'

export const useWeightsState = defineStore('weights', () => {
  const score = ref<HeadScore>('copying')
  const circuit = ref<CircuitKind>('ov')
  const composition = ref<CompositionKind>('k')
  return { score, circuit, composition }
})
