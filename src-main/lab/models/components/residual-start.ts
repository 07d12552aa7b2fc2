/**
 * Where the residual stream starts: token embeddings, plus a learned vector for each position where the model has one.
 *
 * Taken at some positions only, the rows of those are all that is read. Linear maps of the start can be read from tables
 * instead: x M = (W_E M)[token] + (W_pos M)[pos], exact, and a product over d_vocab rows in place of batch · pos.
 */
import { assert } from '../../../base/assert'
import { embeddingSum } from '../../../engine/ops/embedding-sum'
import { tf, type Tensor } from '../../../engine/tf'
import type { Forward } from '../model'
import type { TransformerSettings } from './transformer-fields'

/** [batch, pos, d_model], through `hook_embed` and `hook_pos_embed`. */
export function residualStart({ positions }: TransformerSettings, ctx: Forward): Tensor {
  const [batch, length] = ctx.tokens.shape as [number, number]
  const embedded = ctx.hook('hook_embed', rowsOf(ctx.param('W_E'), ctx.tokens))
  if (positions !== 'learned') return embedded
  const rows = ctx.param('W_pos').slice([0, 0], [length, -1])                       // [pos, d_model]
  if (ctx.isPlain) return embedded.add(rows)
  const everywhere = rows.expandDims(0).tile([batch, 1, 1])                         // [batch, pos, d_model]
  return embedded.add(ctx.hook('hook_pos_embed', everywhere))
}

/** The start at the same few positions of every sequence: [batch, count, d_model]. No hook point is passed. */
export function residualStartAt({ positions }: TransformerSettings, ctx: Forward, at: Int32Array): Tensor {
  const chosen = tf.tensor1d(at, 'int32')
  const embedded = rowsOf(ctx.param('W_E'), tf.gather(ctx.tokens, chosen, 1))
  return positions === 'learned' ? embedded.add(tf.gather(ctx.param('W_pos'), chosen)) : embedded
}

/** What a matrix makes of the stream. */
export interface Projected {
  /** [batch · count, width], or the distinct ones of them: [row, width]. */
  readonly rows: Tensor
  /** Of the distinct ones, the row of each place: [batch, count] int32. */
  readonly places?: Tensor
}

/** [batch · count, width] */
export function everyRow({ rows, places }: Projected): Tensor {
  return places ? embeddingSum(rows.expandDims(0), places.reshape([-1, 1])) : rows
}

/** Tables pay where there are many times more places than distinct rows. */
const leastPlacesARow = 4

/**
 * The start times a matrix [d_model, width], by tables, everywhere or at the same few positions of every sequence. No hook
 * point is passed. What a token gives at each position is a table too, where the batch is large enough.
 */
export function projectedStart({ positions }: TransformerSettings, ctx: Forward, { matrix, at }: Projection): Projected {
  const [batch, length] = ctx.tokens.shape as [number, number]
  const asked = at ?? Int32Array.from({ length }, (_, pos) => pos)
  const count = batch * asked.length
  const chosen = tf.tensor1d(asked, 'int32')
  const tokens = (): Tensor => (at ? tf.gather(ctx.tokens, chosen, 1) : ctx.tokens) // [batch, count]
  const ofTokens = tf.matMul(ctx.param('W_E'), matrix)                              // [d_vocab, width]
  const [d_vocab, width] = ofTokens.shape as [number, number]
  const isLearned = positions === 'learned'
  const isDistinct = leastPlacesARow * d_vocab * (isLearned ? asked.length : 1) <= count
  if (!isLearned) {
    return isDistinct ? { rows: ofTokens, places: tokens() } : { rows: rowsOf(ofTokens, tokens()).reshape([count, width]) }
  }
  const ofPositions = tf.matMul(tf.gather(ctx.param('W_pos'), chosen), matrix)      // [count, width]
  if (!isDistinct) return { rows: rowsOf(ofTokens, tokens()).add(ofPositions).reshape([count, width]) }
  const table = ofPositions.expandDims(1).add(ofTokens)                             // [count, d_vocab, width]
  return { rows: table.reshape([-1, width]), places: placesIn(ctx.tokens, asked, d_vocab) }
}

interface Projection {
  readonly matrix: Tensor
  /** All when absent. */
  readonly at?: Int32Array
}

/** Row in a table over [position, token] of each of these positions of every sequence: [batch, count]. */
function placesIn(tokens: Tensor, positions: Int32Array, d_vocab: number): Tensor {
  const [batch, length] = tokens.shape as [number, number]
  const values = tokens.dataSync()
  const rows = new Int32Array(batch * positions.length)
  for (let b = 0, i = 0; b < batch; b++) {
    for (let j = 0; j < positions.length; j++, i++) {
      const token = values[b * length + positions[j]!]!
      // Beyond the vocabulary would be another position's row.
      if (!(token >= 0 && token < d_vocab)) assert(false, `token ${token} lies outside the vocabulary of ${d_vocab}`)
      rows[i] = j * d_vocab + token
    }
  }
  return tf.tensor2d(rows, [batch, positions.length], 'int32')
}

function rowsOf(table: Tensor, tokens: Tensor): Tensor {
  return tf.gather(table, tokens)
}
