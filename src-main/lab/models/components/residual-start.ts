/**
 * Where the residual stream starts: token embeddings, plus a learned vector for each position where the model has one.
 *
 * Taken at some positions only, the rows of those are all that is read. Linear maps of the start can be read from tables
 * instead: x M = (W_E M)[token] + (W_pos M)[pos], exact, and a product over d_vocab rows in place of batch · pos.
 */
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

/** The start times a matrix [d_model, width], by tables: [batch · pos, width]. No hook point is passed. */
export function projectedStart({ positions }: TransformerSettings, ctx: Forward, matrix: Tensor): Tensor {
  const [batch, length] = ctx.tokens.shape as [number, number]
  const width = matrix.shape[1]!
  const ofTokens = rowsOf(tf.matMul(ctx.param('W_E'), matrix), ctx.tokens)          // [batch, pos, width]
  if (positions !== 'learned') return ofTokens.reshape([batch * length, width])
  const ofPositions = tf.matMul(ctx.param('W_pos').slice([0, 0], [length, -1]), matrix)
  return ofTokens.add(ofPositions).reshape([batch * length, width])
}

function rowsOf(table: Tensor, tokens: Tensor): Tensor {
  return tf.gather(table, tokens)
}
