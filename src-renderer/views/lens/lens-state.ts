/** What the person has set in the Lens view; outlives its panels and is shared with the inspector. */
import type { attributionTargets } from '@contract/words'
import { defineStore } from 'pinia'
import { ref } from 'vue'

export type Target = (typeof attributionTargets)[number]
export type Colour = 'probability' | 'answer' | 'kl'
export type Parts = 'components' | 'tokens' | 'neurons'
export type Curve = 'answer' | 'kl' | 'norm' | 'cosine'

export const useLensState = defineStore('lens', () => {
  const colour = ref<Colour>('probability')
  const target = ref<Target>('logit')
  const parts = ref<Parts>('components')
  const curve = ref<Curve>('answer')
  /** Position whose logit is attributed; the last one with an answer if undefined. */
  const position = ref<number>()
  return { colour, target, parts, curve, position }
})

export const targetTitles: Readonly<Record<Target, string>> = {
  logit: 'Logit of the answer',
  'against-mean': 'Answer − mean of all',
  'against-runner-up': 'Answer − runner-up',
}

export const colourTitles: Readonly<Record<Colour, string>> = {
  probability: 'Probability of the likeliest',
  answer: 'Probability of the answer',
  kl: 'KL(final ‖ place)',
}

export const partTitles: Readonly<Record<Parts, string>> = {
  components: 'Components',
  tokens: 'Source tokens of the head',
  neurons: 'Largest neurons',
}

export const curveTitles: Readonly<Record<Curve, string>> = {
  answer: 'Answer through the layers',
  kl: 'Distance from the final answer',
  norm: 'Norm of the stream',
  cosine: 'Cosines with the stream',
}
