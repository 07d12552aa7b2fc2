/** A dataset of one or several families of symbolic examples, each seen equally often in training. */
import type { Rng } from '../../../base/rng'
import type { Dataset } from '../task'
import { splitOf } from './split'
import { symbolId, symbols } from './symbols'

export interface SymbolicRow {
  readonly tokens: readonly string[]
  /** One a scored position. */
  readonly labels: readonly string[]
}

export interface SymbolicShape {
  readonly n_ctx: number
  readonly scoredPositions: readonly number[]
  readonly trainFraction: number
}

/**
 * Families are split one by one, so that each has its own test examples; then the training examples of the smaller ones
 * are repeated until all families have as many.
 */
export function symbolicDataset(
  families: readonly (readonly SymbolicRow[])[],
  { n_ctx, scoredPositions, trainFraction }: SymbolicShape,
  rng: Rng,
): Dataset {
  const parts = families.map((family, i) => {
    const { train, splits } = splitOf(family.length, { trainFraction }, rng.fork(`split ${i}`))
    const pick = (members: Int32Array): SymbolicRow[] => Array.from(members, (member) => family[member]!)
    return { train: pick(train), test: pick(splits.test) }
  })
  const most = Math.max(...parts.map(({ train }) => train.length))
  const trained = parts.flatMap(({ train }) => Array.from({ length: train.length === 0 ? 0 : most }, (_, i) => train[i % train.length]!))
  const listed = [...trained, ...parts.flatMap(({ test }) => test)]
  // Row k of the list is example places[k].
  const places = rng.fork('order').permutation(listed.length)
  const rows: SymbolicRow[] = []
  for (const [k, row] of listed.entries()) rows[places[k]!] = row
  const labels = Int32Array.from(rows.flatMap((row) => row.labels.map(symbolId)))
  const train = places.slice(0, trained.length)
  return {
    exampleCount: rows.length,
    n_ctx,
    d_vocab: symbols.length,
    d_vocab_out: symbols.length,
    scoredPositions,
    tokens: Int32Array.from(rows.flatMap(({ tokens }) => tokens.map(symbolId))),
    labels,
    trueLabels: labels,
    train,
    splits: { trainClean: train, trainCorrupted: new Int32Array(), test: places.slice(trained.length) },
  }
}
