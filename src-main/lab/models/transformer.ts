/**
 * A decoder-style transformer, pre-norm, from named components.
 *
 *   resid_pre   = W_E[token] (+ W_pos[pos])                          start, and of later layers the resid_post before
 *   resid_mid   = resid_pre + attention(norm(resid_pre))             components/attention.ts
 *   resid_post  = resid_mid + mlp(norm(resid_mid))                   components/feed-forward.ts; attention-only: resid_mid
 *   logits      = norm(resid_post) W_U (+ b_U)                       W_U = W_E^T where tied
 *
 * Everything a layer computes is a hook point under TransformerLens's name, so that caches and papers line up letter for
 * letter. An attention-only block has no resid_mid, as there. The streams that each head's queries, keys and values read
 * (hook_q_input, …) exist only while somebody looks at them; what ln1's hook points show is then not what heads use.
 *
 * What is computed when nobody looks (`isPlain`), in one place:
 * - With positions scored alike in every sequence, the last layer's queries, MLP and the unembedding run at those only.
 * - Without a norm the first layer's queries, keys and values are read from tables over distinct tokens and positions.
 * Otherwise everything runs everywhere, and scored positions are chosen before the unembedding.
 *
 * Parameters: W_E [d_vocab, d_model], W_pos [pos, d_model], W_U [d_model, d_vocab], b_U; by layer
 * blocks.{l}.attn.W_Q|W_K|W_V [head, d_model, d_head], W_O [head, d_head, d_model], b_Q|b_K|b_V [head, d_head], b_O;
 * blocks.{l}.mlp.W_in, W_gate [d_model, d_mlp], W_out [d_mlp, d_model], b_in, b_out; blocks.{l}.ln1|ln2.w|b, ln_final.w|b.
 * Source: arXiv:2301.05217 app. A (one layer, no norm), Radford et al. 2019 (GPT-2).
 */
import { assert } from '../../base/assert'
import { tf, type Tensor } from '../../engine/tf'
import { attention, type SplitInput } from './components/attention'
import { feedForward } from './components/feed-forward'
import { normalize, normalizeUnhooked } from './components/normalization'
import { projectedStart, residualStart, residualStartAt, type Projected } from './components/residual-start'
import { hasNorm, transformerFields, type TransformerSettings } from './components/transformer-fields'
import { transformerHooks } from './components/transformer-hooks'
import { initialArray, parameterForms } from './components/transformer-weights'
import { defineModel, type Entry, type Forward } from './model'

export default defineModel({
  id: 'transformer',
  title: 'Transformer',
  help: 'Attention and MLP layers that read from and add to one residual stream; answers at every position.',
  source: 'arXiv:2301.05217 app. A',
  fields: transformerFields,

  init(settings, dims, rng) {
    const entries = parameterForms(settings, dims).map((form) => [form.name, initialArray(form, settings, rng)] as const)
    return { params: Object.fromEntries(entries), buffers: {} }
  },

  parameterForms,

  hookPoints: transformerHooks,

  check({ tiedUnembedding }, { d_vocab, d_vocab_out }) {
    if (!tiedUnembedding || d_vocab === d_vocab_out) return []
    const message = `the task has ${d_vocab} input tokens but ${d_vocab_out} classes; a tied unembedding needs as many of both`
    return [{ key: 'tiedUnembedding', message }]
  },

  forward(settings, ctx) {
    const alike = scoredAlike(ctx)
    const normalized = normalize(settings, ctx, 'ln_final', lastResidual(settings, ctx, alike))    // [batch, pos, d_model]
    return unembed(settings, ctx, alike ? normalized : atScored(ctx, normalized))
  },
})

/** The last resid_post, at the wanted positions only where there are some: [batch, pos or count, d_model]. */
function lastResidual(settings: TransformerSettings, ctx: Forward, at: Int32Array | undefined): Tensor {
  const lastLayer = settings.n_layers - 1
  const start = ctx.from ? entered(settings, ctx, ctx.from, at) : { layer: 0, stream: lazyStart(settings, ctx) }
  let { layer, stream } = start
  if (layer > lastLayer) return stream.all()
  for (; layer < lastLayer; layer++) stream = presentStream(block(settings, ctx, { layer, stream }))
  return block(settings, ctx, { layer, stream, ...(at && { at }) })
}

/** The stream before the first layer that is computed whole when the pass begins at a hook point inside. */
function entered(
  settings: TransformerSettings,
  ctx: Forward,
  { hook, resid }: Entry,
  at: Int32Array | undefined,
): { layer: number; stream: Stream } {
  const [, index, point] = /^blocks\.(\d+)\.hook_resid_(pre|mid|post)$/.exec(hook) ?? []
  assert(index !== undefined, `'${hook}' is no residual stream; a pass starts at blocks.{layer}.hook_resid_pre, mid or post`)
  const layer = Number(index)
  if (point === 'pre') return { layer, stream: presentStream(resid) }
  const isLast = layer === settings.n_layers - 1
  const rows = ctx.hook(hook, isLast && at ? presentStream(resid).at(at) : resid)
  return { layer: layer + 1, stream: presentStream(point === 'mid' ? mlpHalf(settings, ctx, layer, rows) : rows) }
}

/** The residual stream before a layer, made where it is needed. */
interface Stream {
  /** [batch, pos, d_model] */
  all(): Tensor
  /** At the same few positions of every sequence: [batch, count, d_model]. */
  at(positions: Int32Array): Tensor
  /**
   * The normalized stream times a matrix, everywhere or at the same few positions, by a shorter way than `all`; undefined
   * if there is none.
   */
  readonly project?: (matrix: Tensor, at?: Int32Array) => Projected
}

function presentStream(resid: Tensor): Stream {
  return { all: () => resid, at: (positions) => tf.gather(resid, tf.tensor1d(positions, 'int32'), 1) }
}

function lazyStart(settings: TransformerSettings, ctx: Forward): Stream {
  const [batch, length] = ctx.tokens.shape as [number, number]
  const tableRows = ctx.param('W_E').shape[0]! + length
  // Tables hold the product of every token there is; with few tokens in the batch and many in the vocabulary they lose.
  const hasTables = ctx.isPlain && !hasNorm(settings) && tableRows < batch * length
  if (!hasTables) return presentStream(residualStart(settings, ctx))
  return {
    all: () => residualStart(settings, ctx),
    at: (positions) => residualStartAt(settings, ctx, positions),
    project: (matrix, at) => projectedStart(settings, ctx, { matrix, ...(at && { at }) }),
  }
}

interface BlockAt {
  readonly layer: number
  readonly stream: Stream
  /** Positions at which the block's result is wanted, where that is not everywhere. */
  readonly at?: Int32Array
}

/** resid_post: [batch, pos, d_model], or [batch, count, d_model] at the wanted positions. */
function block(settings: TransformerSettings, ctx: Forward, { layer, stream, at }: BlockAt): Tensor {
  const name = `blocks.${layer}`
  const d_model = settings.d_model
  const isTabled = at !== undefined && stream.project !== undefined
  const all = isTabled ? undefined : ctx.hook(`${name}.hook_resid_pre`, stream.all())
  const split = all && splitInput(settings, ctx, name, all)
  const normalized = all && normalize(settings, ctx, `${name}.ln1`, all)
  const pre = at ? (all ? tf.gather(all, tf.tensor1d(at, 'int32'), 1) : stream.at(at)) : all!
  const projectAll = (rows: Tensor) => (matrix: Tensor): Projected => ({ rows: rows.reshape([-1, d_model]).matMul(matrix) })
  const asked = normalized && (at ? tf.gather(normalized, tf.tensor1d(at, 'int32'), 1) : normalized)
  const attended = attention(settings, ctx, layer, {
    project: normalized ? projectAll(normalized) : stream.project!,
    projectQueries: asked ? projectAll(asked) : (matrix) => stream.project!(matrix, at),
    ...(at && { at }),
    ...(split && { split }),
  })
  const attnOut = ctx.hook(`${name}.hook_attn_out`, attended)
  if (settings.attentionOnly) return ctx.hook(`${name}.hook_resid_post`, pre.add(attnOut))
  return mlpHalf(settings, ctx, layer, ctx.hook(`${name}.hook_resid_mid`, pre.add(attnOut)))
}

/** The stream as each head's queries, keys and values read it, for those that somebody looks at. */
function splitInput(settings: TransformerSettings, ctx: Forward, name: string, resid: Tensor): SplitInput | undefined {
  const letters = (['q', 'k', 'v'] as const).filter((letter) => ctx.wants(`${name}.hook_${letter}_input`))
  if (letters.length === 0) return undefined
  const byHead = resid.expandDims(2).tile([1, 1, settings.n_heads, 1])               // [batch, pos, head, d_model]
  const streams = letters.map((letter) => {
    const stream = ctx.hook(`${name}.hook_${letter}_input`, byHead)
    return [letter, normalizeUnhooked(settings, ctx, `${name}.ln1`, stream)] as const
  })
  return Object.fromEntries(streams)
}

/** resid_post from resid_mid, both at the same positions. */
function mlpHalf(settings: TransformerSettings, ctx: Forward, layer: number, mid: Tensor): Tensor {
  const name = `blocks.${layer}`
  const mlpInput = normalize(settings, ctx, `${name}.ln2`, ctx.hook(`${name}.hook_mlp_in`, mid))
  const mlpOut = ctx.hook(`${name}.hook_mlp_out`, feedForward(settings, ctx, layer, mlpInput))
  return ctx.hook(`${name}.hook_resid_post`, mid.add(mlpOut))
}

/** The scored positions, where nobody looks, they are the same in every sequence, and they are fewer than all. */
function scoredAlike({ isPlain, scored, tokens }: Forward): Int32Array | undefined {
  const isAlike = isPlain && scored !== undefined && scored.positions.length === scored.count
  return isAlike && scored.count < tokens.shape[1]! ? scored.positions : undefined
}

/** Rows of the scored positions: [batch, count, d_model]. */
function atScored({ scored, tokens }: Forward, resid: Tensor): Tensor {
  if (!scored) return resid
  const [batch, length] = tokens.shape as [number, number]
  const { positions, count } = scored
  if (positions.length === count && count === length && positions.every((pos, i) => pos === i)) return resid
  const isAlike = positions.length === count
  const rows = Int32Array.from({ length: batch * count }, (_, i) => {
    return Math.floor(i / count) * length + positions[isAlike ? i % count : i]!
  })
  const flat = resid.reshape([batch * length, -1])
  return tf.gather(flat, tf.tensor1d(rows, 'int32')).reshape([batch, count, -1])
}

function unembed({ tiedUnembedding, biases }: TransformerSettings, ctx: Forward, resid: Tensor): Tensor {
  const [batch, count, d_model] = resid.shape as [number, number, number]
  const flat = resid.reshape([batch * count, d_model])
  const product = tiedUnembedding ? tf.matMul(flat, ctx.param('W_E'), false, true) : flat.matMul(ctx.param('W_U'))
  const logits = biases ? product.add(ctx.param('b_U')) : product
  return logits.reshape([batch, count, -1])                                         // [batch, count, d_vocab_out]
}
