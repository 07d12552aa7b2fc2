/** What the person has chosen to see in the Weights view; outlives its panels. */
import type { CircuitKind, CompositionKind } from '@contract/weights'
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { Brush, MaskDraft } from './mask-draft'

export type HeadScore = 'copying' | 'ovNorm' | 'qkNorm'

export const useWeightsState = defineStore('weights', () => {
  const score = ref<HeadScore>('copying')
  const circuit = ref<CircuitKind>('ov')
  const composition = ref<CompositionKind>('k')
  /** Heads and their circuits, or any array under a mask. */
  const shows = ref<'circuits' | 'masks'>('circuits')
  const maskId = ref<string>()
  const maskArray = ref<string>()
  const maskBrush = ref<Brush>('entry')
  /** Of the chosen mask, or of one that does not exist yet. */
  const maskDraft = shallowRef<MaskDraft>({})
  return { score, circuit, composition, shows, maskId, maskArray, maskBrush, maskDraft }
})
