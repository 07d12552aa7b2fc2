/**
 * Scores that name what a head does, from its patterns over some sequences (all but copying, which its weights give).
 *
 *   previous-token    attention from a token to the one before it
 *   duplicate-token   to all earlier tokens that are the same
 *   induction         to the token after the latest earlier occurrence of the present one
 *   prefix-matching   to all tokens that followed an earlier occurrence of the present one
 *   copying           sum λ / sum |λ| over the eigenvalues λ of the OV circuit W_E W_V W_O W_U
 *   entropy           -sum_k p_k ln p_k of a row of the pattern, in nats
 *
 * Each is a mean over the queries for which it has a meaning: a first token has none before it, and only a token that came
 * before can be looked for. A token that stands directly before its copy is no target of induction: what followed it is
 * the query itself. A score without any such query is NaN. Rows are divided by their sum, so that the entropy of patterns
 * mixed with a constant is one of a distribution.
 *
 * On repeated random sequences without equal tokens induction is the stripe of the pattern at distance L - 1.
 * Source: Olsson et al. 2022, arXiv:2209.11895 §"Argument 1" and app.; Elhage et al. 2021 for copying.
 */
import { namedArray, type FloatArray } from '../../base/array'
import { tf } from '../../engine/tf'
import type { Network, Sequences } from '../models/network'
import { defineAnalysis } from './analysis'
import { copyingScores } from './components/copying'
import { notTransformer, transformerSettings } from './components/head-weights'
import { drained, partsOf } from './components/parts'

/** Same list as the contract's; a test compares them. */
export const headScoreIds = ['previous-token', 'duplicate-token', 'induction', 'prefix-matching', 'copying', 'entropy'] as const
export type HeadScoreId = (typeof headScoreIds)[number]

export const headScoreDefinitions: Readonly<Record<HeadScoreId, string>> = {
  'previous-token': 'Mean attention from a token to the token before it.',
  'duplicate-token': 'Mean attention from a token that came before to all its earlier occurrences.',
  induction: 'Mean attention from a token that came before to the token after its latest earlier occurrence.',
  'prefix-matching': 'Mean attention from a token that came before to all tokens that followed its earlier occurrences.',
  copying: 'Σ λ / Σ |λ| over the eigenvalues λ of the OV circuit: 1 raises what it attends to, −1 lowers it. From weights alone.',
  entropy: 'Mean over queries of −Σ p ln p of the attention, in nats: 0 looks at one token.',
}

export default defineAnalysis<{ readonly sequences: Sequences }, FloatArray>({
  id: 'head-scores',
  title: 'Scores of attention heads',
  definition:
    'Means over the queries of all sequences for which a score has a meaning. ' +
    Object.entries(headScoreDefinitions).map(([id, text]) => `${id}: ${text}`).join(' '),
  source: 'Olsson et al. 2022, arXiv:2209.11895; copying: Elhage et al. 2021',
  unsuitable: notTransformer,
  /** [score, layer, head], scores in the order of `headScoreIds`. */
  measure: (network, input) => drained(scoreSteps(network, input)),
})

export function* scoreSteps(network: Network, { sequences }: { readonly sequences: Sequences }): Generator<void, FloatArray> {
  const { n_layers, n_heads } = transformerSettings(network)
  const sums = headScoreIds.map(() => new Float64Array(n_layers * n_heads))
  const counts = headScoreIds.map(() => 0)
  const names = Array.from({ length: n_layers }, (_, layer) => `blocks.${layer}.attn.hook_pattern`)
  for (const { rows } of partsOf(sequences, { cellsEach: n_layers * n_heads * sequences.length ** 2 })) {
    const asked = questionsOf(rows)
    headScoreIds.forEach((id, score) => void (counts[score]! += asked[id]?.queries ?? 0))
    const { logits, cache } = network.record(rows, names)
    const patterns = names.map((name) => cache.get(name)!.dataSync<'float32'>()) // record fills every name it was given
    tf.dispose([logits, ...cache.values()])
    patterns.forEach((cells, layer) => addLayer(cells, asked, { sums, n_heads, layer, length: rows.length }))
    yield
  }
  const copying = copyingScores(network)
  yield
  const values = headScoreIds.flatMap((id, score) =>
    id === 'copying' ? [...copying] : Array.from(sums[score]!, (sum) => (counts[score] === 0 ? NaN : sum / counts[score]!)),
  )
  return namedArray(['score', 'layer', 'head'], [headScoreIds.length, n_layers, n_heads], Float32Array.from(values))
}

/** Which cells of the patterns a score adds up, and over how many queries it is a mean. */
interface Question {
  readonly queries: number
  /** Places (sequence, query, key), three entries each. */
  readonly places: readonly number[]
}

type Questions = Partial<Record<HeadScoreId, Question>>

/** Places of every score that is read off single cells, and the rows whose entropy counts. */
export function questionsOf({ tokens, length, mask }: Sequences): Questions {
  const before: number[] = []
  const same: number[] = []
  const after: number[] = []
  const latest: number[] = []
  const rows: number[] = []
  let [repeats, followed] = [0, 0]
  for (let row = 0; row < tokens.length / length; row++) {
    const isThere = (pos: number): boolean => mask === undefined || mask[row * length + pos] === 1
    for (let query = 0; query < length; query++) {
      if (!isThere(query)) continue
      rows.push(row, query, query)
      if (query > 0 && isThere(query - 1)) before.push(row, query, query - 1)
      const earlier = occurrences(tokens, row * length, query).filter(isThere)
      if (earlier.length > 0) repeats++
      for (const pos of earlier) same.push(row, query, pos)
      const targets = earlier.map((pos) => pos + 1).filter((pos) => pos < query && isThere(pos))
      if (targets.length > 0) followed++
      for (const pos of targets) after.push(row, query, pos)
      if (targets.length > 0) latest.push(row, query, targets.at(-1)!)
    }
  }
  return {
    'previous-token': { queries: before.length / 3, places: before },
    'duplicate-token': { queries: repeats, places: same },
    induction: { queries: followed, places: latest },
    'prefix-matching': { queries: followed, places: after },
    entropy: { queries: rows.length / 3, places: rows },
  }
}

/** Positions before `query` that hold its token, ascending. */
function occurrences(tokens: Int32Array, start: number, query: number): number[] {
  const found: number[] = []
  for (let pos = 0; pos < query; pos++) if (tokens[start + pos] === tokens[start + query]) found.push(pos)
  return found
}

interface Sums {
  readonly sums: readonly Float64Array[]
  readonly n_heads: number
  readonly layer: number
  readonly length: number
}

/** Adds one layer's patterns, [batch, head, query_pos, key_pos], to the sums of its heads. */
function addLayer(cells: Float32Array, questions: Questions, { sums, n_heads, layer, length }: Sums): void {
  headScoreIds.forEach((id, score) => {
    const { places } = questions[id] ?? { places: [] }
    for (let head = 0; head < n_heads; head++) {
      let sum = 0
      for (let i = 0; i < places.length; i += 3) {
        const from = ((places[i]! * n_heads + head) * length + places[i + 1]!) * length
        sum += id === 'entropy' ? entropyOf(cells, from, length) : cells[from + places[i + 2]!]!
      }
      sums[score]![layer * n_heads + head]! += sum
    }
  })
}

/** -sum p ln p of `length` cells from `from`, divided by their sum. */
function entropyOf(cells: Float32Array, from: number, length: number): number {
  let sum = 0
  let weighted = 0
  for (let i = from; i < from + length; i++) {
    const p = cells[i]!
    sum += p
    if (p > 0) weighted += p * Math.log(p)
  }
  return sum > 0 ? Math.log(sum) - weighted / sum : 0
}
