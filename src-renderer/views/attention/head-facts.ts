import type { HeadPattern, HeadScores } from '@contract/attention'
import { headScoreIds } from '@contract/words'
import { formatExact, formatFixed } from '../../base/format'
import { tokenLabel } from '../../base/token-label'
import { scoreTitles } from './attention-state'
import type { HeadAt } from './use-attention'

export interface HeadFact {
  readonly name: string
  readonly value: string
  readonly exact?: string
  readonly help?: string
}

/** What is measured of one head; none when there is no such head. */
export function headFacts({ scores, missing, definitions }: HeadScores, { layer, head }: HeadAt): readonly HeadFact[] {
  const [, layers = 0, heads = 0] = scores.shape
  if (layer >= layers || head >= heads) return []
  return headScoreIds.map((id, score) => {
    const value = scores.data[(score * layers + layer) * heads + head]!
    const why = missing[id]
    return {
      name: scoreTitles[id],
      value: formatFixed(value, 3),
      exact: why ?? formatExact(value),
      ...(definitions[id] && { help: definitions[id] }),
    }
  })
}

export interface Look {
  readonly query: number
  readonly key: number
  readonly text: string
  readonly value: number
}

/** The cells of a pattern that are largest, leaving out a token's look at itself and at the first one. */
export function strongestLooks({ pattern, tokens }: HeadPattern, count: number): readonly Look[] {
  const [rows = 0, columns = 0] = pattern.shape
  const name = (pos: number): string => (tokens?.[pos] === undefined ? String(pos) : tokenLabel(tokens[pos]!))
  const best: number[] = []
  // One pass that keeps the few best: a pattern of 512 positions has a quarter of a million cells.
  for (let query = 0; query < rows; query++) {
    for (let key = 1; key < columns; key++) {
      const value = pattern.data[query * columns + key]!
      const last = best.length === count ? pattern.data[best[count - 1]!]! : 0
      if (key === query || !(value > last)) continue
      let to = best.length
      while (to > 0 && value > pattern.data[best[to - 1]!]!) to--
      best.splice(to, 0, query * columns + key)
      if (best.length > count) best.pop()
    }
  }
  return best.map((i) => {
    const [query, key] = [Math.floor(i / columns), i % columns]
    return { query, key, text: `${name(query)} → ${name(key)}`, value: pattern.data[i]! }
  })
}
