/** What the person has set in the Attention view; outlives its panels and is shared with the inspector. */
import type { AttentionKind, HeadScoreId } from '@contract/attention'
import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { AxisSpec } from '../../charts/axis'

export const useAttentionState = defineStore('attention', () => {
  const kind = ref<AttentionKind>('pattern')
  const score = ref<HeadScoreId>('induction')
  const isSorted = ref(false)
  /** Scores of what is shown instead of the usual sequences. */
  const scoresShown = ref(false)
  return { kind, score, isSorted, scoresShown }
})

export const kindTitles: Readonly<Record<AttentionKind, string>> = {
  pattern: 'Attention',
  'value-weighted': 'Attention × |value|',
  scores: 'Scores before softmax',
}

/** What a cell's number is. Attention has one scale everywhere, so that heads and steps can be compared. */
export const kindAxes: Readonly<Record<AttentionKind, AxisSpec>> = {
  pattern: { title: 'attention', min: 0, max: 1 },
  'value-weighted': { title: 'attention × |value|', min: 0 },
  scores: { title: 'score' },
}

export const scoreTitles: Readonly<Record<HeadScoreId, string>> = {
  'previous-token': 'Previous token',
  'duplicate-token': 'Duplicate token',
  induction: 'Induction',
  'prefix-matching': 'Prefix matching',
  copying: 'Copying',
  entropy: 'Entropy',
}

/** Ranges of the scores' colours; the entropy of looking everywhere depends on the length, and is given. */
export function scoreAxis(score: HeadScoreId, largest: number): AxisSpec {
  if (score === 'copying') return { title: 'copying', min: -1, max: 1 }
  if (score === 'entropy') return { title: 'entropy', unit: 'nats', min: 0, max: Math.max(largest, 1e-6) }
  return { title: scoreTitles[score].toLowerCase(), min: 0, max: 1 }
}
