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
  const cells = Array.from({ length: rows * columns }, (_, i) => i).filter((i) => {
    const [query, key] = [Math.floor(i / columns), i % columns]
    return key !== query && key !== 0 && Number.isFinite(pattern.data[i]!) && pattern.data[i]! > 0
  })
  return cells
    .sort((x, y) => pattern.data[y]! - pattern.data[x]! || x - y)
    .slice(0, count)
    .map((i) => {
      const [query, key] = [Math.floor(i / columns), i % columns]
      return { query, key, text: `${name(query)} → ${name(key)}`, value: pattern.data[i]! }
    })
}
