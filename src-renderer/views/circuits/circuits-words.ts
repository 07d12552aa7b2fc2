/** What the terms of the contract read as. */
import type { EdgeAblation } from '@contract/circuits'

export const ablationTitles: Readonly<Record<EdgeAblation, string>> = {
  resample: 'resample: corrupted run',
  mean: 'mean',
  'mean-by-position': 'mean by position',
  zero: 'zero',
  optimal: 'optimal constant',
}

/** How an effect is meant: the sign is that of the change, not of the help. */
export const effectTitle = 'effect when ablated'
