/**
 * What the progress measures of modular addition share, computed once a measurement: the harmonics of the sum in the
 * network's logits.
 *
 * They apply where the examples are all pairs of residues with their sum as answer, and the network embeds its tokens
 * (W_E) and reads answers from a residual stream (W_U). Cost: one forward pass over all pairs, and about p^3 additions.
 */
import { isSumTable, keyFreqs, sumHarmonics, type SumHarmonics } from '../../../base/sum-harmonics'
import type { Dataset } from '../../tasks/task'
import type { ProbeContext } from '../probe'

export interface AdditionTable {
  readonly modulus: number
  readonly harmonics: SumHarmonics
  /** Those of the network as it is now. */
  readonly freqs: readonly number[]
}

// Pure functions' answers by identity of their argument; entries go with it.
const sumTables = new WeakMap<Dataset, boolean>()
const tables = new WeakMap<Float32Array, AdditionTable>()

export function additionTable(ctx: ProbeContext): AdditionTable | undefined {
  const modulus = additionModulus(ctx)
  if (modulus === undefined) return undefined
  const logits = ctx.logits()
  const known = tables.get(logits)
  if (known) return known
  const harmonics = sumHarmonics(logits, modulus)
  const table = { modulus, harmonics, freqs: keyFreqs(harmonics) }
  tables.set(logits, table)
  return table
}

/** The modulus, where the measures apply. */
export function additionModulus({ dataset, params }: ProbeContext): number | undefined {
  const { W_E, W_U } = params()
  if (!W_E || !W_U || dataset.scoredPositions.length !== 1) return undefined
  const modulus = dataset.d_vocab_out
  let isTable = sumTables.get(dataset)
  if (isTable === undefined) sumTables.set(dataset, (isTable = isSumTable(dataset.tokens, dataset.trueLabels, modulus)))
  return isTable ? modulus : undefined
}
