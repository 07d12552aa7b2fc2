/**
 * Counting with a softmax: a position looks at the start and at w selected ones alike, so that the start gets 1 / (1 + w).
 * What is averaged is whether a position is the first, which no other sequence changes.
 * Source: arXiv:2301.05062 §3 (selector_width).
 */
import type { Numeric, Rasp } from './program'

/** The token that begins every sequence and is nowhere else. */
export const start = 0

/** 1 / (1 + w) for the w other tokens that `selects` holds for; w is at most `most`. */
export function startShare(
  { tokens, positions, average }: Pick<Rasp, 'tokens' | 'positions' | 'average'>,
  most: number,
  selects: (own: number, other: number) => boolean,
): Numeric {
  const values = Array.from({ length: most + 1 }, (_, width) => 1 / (1 + width))
  const looking = { query: tokens, key: tokens, selects: (own: number, other: number) => other === start || selects(own, other) }
  return average(looking, positions, { as: isFirst, values })
}

export const countOf = (share: number): number => Math.round(1 / share) - 1

export const isFirst = (pos: number): number => (pos === 0 ? 1 : 0)
