/**
 * Counting with a softmax: a position looks at the start and at w selected ones alike, so that the start gets 1 / (1 + w).
 * Source: arXiv:2301.05062 §3 (selector_width).
 */
import type { Numeric, Rasp } from './program'

/** The token that begins every sequence and is nowhere else. */
export const start = 0

/** 1 / (1 + w) for the w other tokens that `selects` holds for; w is at most `most`. */
export function startShare(
  { tokens, average }: Pick<Rasp, 'tokens' | 'average'>,
  most: number,
  selects: (own: number, other: number) => boolean,
): Numeric {
  const values = Array.from({ length: most + 1 }, (_, width) => 1 / (1 + width))
  const looking = { query: tokens, key: tokens, selects: (own: number, other: number) => other === start || selects(own, other) }
  return average(looking, tokens, { as: (token) => (token === start ? 1 : 0), values })
}

export const countOf = (share: number): number => Math.round(1 / share) - 1
