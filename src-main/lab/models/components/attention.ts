/**
 * Multi-head attention with every activation a hook point.
 *
 *   q, k, v = x W_Q + b_Q, x W_K + b_K, x W_V + b_V                  [batch, pos, head, d_head]
 *   scores  = q k^T / scale, -1e30 where a query must not look       [batch, head, query_pos, key_pos]
 *   pattern = softmax over key_pos (mixed with a constant where the model says so)
 *   z       = pattern v                                              [batch, pos, head, d_head]
 *   out     = sum over heads of z W_O (+ b_O)                        [batch, pos, d_model]
 *
 * A forbidden score is a large negative number and not -infinity: it vanishes in the softmax all the same, and a query
 * with nothing to look at (padding) gets a useless pattern instead of NaN.
 *
 * Nobody looking and only some positions wanted, the last layer asks queries at those alone; queries, keys and values that
 * read the start of the stream come from tables (residual-start.ts). Both are exact.
 * Source: arXiv:1706.03762 §3.2; names as TransformerLens.
 */
import { attend } from '../../../engine/ops/attention'
import { linear } from '../../../engine/ops/linear'
import { tf, type Tensor } from '../../../engine/tf'
import type { Forward } from '../model'
import { everyRow, type Projected } from './residual-start'
import { rotated } from './rotary'
import type { TransformerSettings } from './transformer-fields'

/** Where queries and keys come from. */
export interface AttentionInput {
  /** Projects the normalized stream at every position by a matrix [d_model, width]. */
  readonly project: (matrix: Tensor) => Projected
  /** The same at the query positions. */
  readonly projectQueries: (matrix: Tensor) => Projected
  /** Positions of the queries, where they are not all. */
  readonly at?: Int32Array
  /** Normalized streams of each head's own, [batch, pos, head, d_model], where somebody looks at them. */
  readonly split?: SplitInput
}

export type SplitInput = Readonly<Partial<Record<'q' | 'k' | 'v', Tensor>>>

const forbidden = -1e30

export function attention(settings: TransformerSettings, ctx: Forward, layer: number, input: AttentionInput): Tensor {
  const [batch, length] = ctx.tokens.shape as [number, number]
  const queryCount = input.at?.length ?? length
  const { n_heads, d_head } = settings
  const name = `blocks.${layer}.attn`
  const heads = (letter: 'q' | 'k' | 'v', flat: Tensor, count: number): Tensor => {
    const split = flat.reshape([batch, count, n_heads, d_head])                     // [batch, pos, head, d_head]
    const bias = settings.biases ? split.add(ctx.param(`${name}.b_${letter.toUpperCase()}`)) : split
    return ctx.hook(`${name}.hook_${letter}`, bias)
  }
  const matrixOf = (letter: string): Tensor => byHeads(ctx.param(`${name}.W_${letter}`), settings)
  if (isPlain(settings, ctx)) return outputOf(settings, ctx, name, plainZ(settings, ctx, name, input))
  const ofSplit = (letter: 'q' | 'k' | 'v'): Tensor | undefined => {
    const stream = input.split?.[letter]
    return stream && projectedByHead(stream, ctx.param(`${name}.W_${letter.toUpperCase()}`))
  }
  const q = heads('q', ofSplit('q') ?? everyRow(input.projectQueries(matrixOf('Q'))), queryCount)
  const k = heads('k', ofSplit('k') ?? everyRow(input.project(matrixOf('K'))), length)
  const v = heads('v', ofSplit('v') ?? everyRow(input.project(matrixOf('V'))), length)

  const scores = scoresOf(settings, ctx, name, { q, k, at: input.at })
  const softmax = tf.softmax(ctx.hook(`${name}.hook_attn_scores`, scores))
  const constant = settings.constantAttention
  const mixed = constant === 0 ? softmax : softmax.mul(1 - constant).add(constant)
  const pattern = ctx.hook(`${name}.hook_pattern`, mixed)                           // [batch, head, query_pos, key_pos]
  const byHead = tf.matMul(pattern, v.transpose([0, 2, 1, 3]))                      // [batch, head, query_pos, d_head]
  const z = ctx.hook(`${name}.hook_z`, byHead.transpose([0, 2, 1, 3]))              // [batch, query_pos, head, d_head]
  return outputOf(settings, ctx, name, z)
}

/** Whether the softmax can stay inside one operation: nobody looks, and nothing happens between it and the projections. */
function isPlain({ positions, constantAttention }: TransformerSettings, ctx: Forward): boolean {
  return ctx.isPlain && positions !== 'rotary' && constantAttention === 0
}

/** z at the query positions, keys and values being left where one product put them: [batch, query_pos, head, d_head]. */
function plainZ(settings: TransformerSettings, ctx: Forward, name: string, input: AttentionInput): Tensor {
  const [batch, length] = ctx.tokens.shape as [number, number]
  const { n_heads, d_head } = settings
  const project = (letters: readonly string[], by: (matrix: Tensor) => Projected): Projected => {
    const projected = by(tf.concat(letters.map((letter) => byHeads(ctx.param(`${name}.W_${letter}`), settings)), 1))
    if (!settings.biases) return projected
    const biases = tf.concat(letters.map((letter) => ctx.param(`${name}.b_${letter}`).flatten()))
    return { ...projected, rows: projected.rows.add(biases) }
  }
  const q = everyRow(project(['Q'], input.projectQueries))
  const { rows: kv, places } = project(['K', 'V'], input.project)
  const queryAt = input.at ?? Int32Array.from({ length }, (_, pos) => pos)
  const inputs = {
    q: q.reshape([batch, -1, n_heads, d_head]),
    kv: places ? kv : kv.reshape([batch, length, 2 * n_heads * d_head]),
    ...(places && { places }),
    ...(!seesAll(settings, queryAt, length) && { at: tf.tensor1d(queryAt, 'int32') }),
    ...(ctx.mask && { mask: ctx.mask }),
  }
  return attend(inputs, scaleOf(settings))
}

const scaleOf = ({ attentionScale, d_head }: TransformerSettings): number => attentionScale || Math.sqrt(d_head)

function seesAll({ attentionDirection }: TransformerSettings, queryAt: Int32Array, length: number): boolean {
  return attentionDirection !== 'causal' || queryAt.every((pos) => pos === length - 1)
}

/** Each head's own stream [batch, pos, head, d_model] by its own matrix: [batch · pos, head, d_head]. */
function projectedByHead(stream: Tensor, weight: Tensor): Tensor {
  const [batch, length, n_heads, d_model] = stream.shape as [number, number, number, number]
  const byHead = stream.reshape([batch * length, n_heads, d_model]).transpose([1, 0, 2])
  return tf.matMul(byHead, weight).transpose([1, 0, 2])
}

/** A weight [head, d_model, d_head] as one matrix [d_model, head · d_head]. */
function byHeads(weight: Tensor, { n_heads, d_head, d_model }: TransformerSettings): Tensor {
  return weight.transpose([1, 0, 2]).reshape([d_model, n_heads * d_head])
}

function scoresOf(
  settings: TransformerSettings,
  ctx: Forward,
  name: string,
  { q, k, at }: { readonly q: Tensor; readonly k: Tensor; readonly at: Int32Array | undefined },
): Tensor {
  const length = k.shape[1]!
  const queryAt = at ?? Int32Array.from({ length }, (_, pos) => pos)
  const isRotary = settings.positions === 'rotary'
  const places = { base: settings.rotaryBase, d_head: settings.d_head }
  const queries = isRotary ? ctx.hook(`${name}.hook_rot_q`, rotated(q, queryAt, places)) : q
  const keys = isRotary ? ctx.hook(`${name}.hook_rot_k`, rotated(k, undefined, places)) : k
  const product = tf.matMul(queries.transpose([0, 2, 1, 3]), keys.transpose([0, 2, 1, 3]), false, true)
  return masked(settings, ctx, product.div(scaleOf(settings)), queryAt)                         // [batch, head, query_pos, key_pos]
}

function masked(settings: TransformerSettings, { mask }: Forward, scores: Tensor, queryAt: Int32Array): Tensor {
  const length = scores.shape[3]!
  const causal = seesAll(settings, queryAt, length) ? scores : scores.add(causalMask(queryAt, length))
  return mask ? causal.add(mask.sub(1).mul(-forbidden).reshape([mask.shape[0]!, 1, 1, length])) : causal
}

/** 0 where the key is not after the query, else the forbidden score: [query_pos, key_pos]. */
function causalMask(queryAt: Int32Array, length: number): Tensor {
  const values = new Float32Array(queryAt.length * length)
  queryAt.forEach((pos, query) => values.fill(forbidden, query * length + pos + 1, (query + 1) * length))
  return tf.tensor2d(values, [queryAt.length, length])
}

/** Sum over heads of what each writes: [batch, pos, d_model]. Each head's own is made only where it is looked at. */
function outputOf(settings: TransformerSettings, ctx: Forward, name: string, z: Tensor): Tensor {
  const { n_heads, d_head, d_model } = settings
  const [batch, count] = z.shape as [number, number]
  const W_O = ctx.param(`${name}.W_O`)                                              // [head, d_head, d_model]
  const bias = settings.biases ? ctx.param(`${name}.b_O`) : undefined
  if (!ctx.wants(`${name}.hook_result`)) {
    const flat = z.reshape([batch * count, n_heads * d_head])
    return linear(flat, W_O.reshape([n_heads * d_head, d_model]), bias).reshape([batch, count, d_model])
  }
  const byHead = z.reshape([batch * count, n_heads, d_head]).transpose([1, 0, 2])   // [head, batch · pos, d_head]
  const written = tf.matMul(byHead, W_O).transpose([1, 0, 2]).reshape([batch, count, n_heads, d_model])
  const sum = ctx.hook(`${name}.hook_result`, written).sum(2)
  return bias ? sum.add(bias) : sum
}
