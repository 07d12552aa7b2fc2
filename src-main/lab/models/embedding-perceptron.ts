/**
 * A perceptron whose two tokens read one embedding, with a narrow hidden layer between wide embeddings.
 *
 *   embed  = W_E[token]                        [batch, pos, d_model]
 *   pre    = (sum_pos embed) W_in              [batch, d_mlp]
 *   post   = relu(pre)
 *   logits = post W_out W_U                    no biases
 *
 * Nothing nonlinear stands between W_E and W_in, nor between W_out and W_U, so where nobody looks between them their
 * products are taken once a step over the tokens and classes, and not over the examples:
 *
 *   pre = sum_pos (W_E W_in)[token]            2 · d_vocab · d_model · d_mlp operations, then a choice of rows
 *   logits = post (W_out W_U)                  as many, then 2 · batch · d_mlp · d_vocab_out
 *
 * At the paper's size a training step is 0.037 GFLOP that way, and 0.27 as written above. The gradients are the same but
 * for rounding: each product hands on the gradient of its factors.
 *
 * Each matrix starts normal with deviation kappa / sqrt(rows), rows the width that it reads.
 * Parameters: W_E [d_vocab, d_model], W_in [d_model, d_mlp], W_out [d_mlp, d_model], W_U [d_model, d_vocab_out].
 * Source: arXiv:2310.19470 §3.1, app. B.
 */
import { namedArray, sizeOf, type FloatArray } from '../../base/array'
import { choice, integer, number } from '../../base/settings'
import type { Rng } from '../../base/rng'
import { embeddingSum } from '../../engine/ops/embedding-sum'
import { tf, type Tensor } from '../../engine/tf'
import { activations } from './components/activation'
import { defineModel, type Dimensions, type Forward, type ParameterForm } from './model'

const hooks = {
  embed: 'hook_embed',
  pre: 'blocks.0.mlp.hook_pre',
  post: 'blocks.0.mlp.hook_post',
  out: 'blocks.0.hook_mlp_out',
} as const

export default defineModel({
  id: 'embedding-perceptron',
  title: 'Perceptron with an embedding',
  help: 'Both tokens read the same embedding; their sum passes one narrow hidden layer. The network of Grokking Tickets.',
  source: 'arXiv:2310.19470 §3.1',
  fields: {
    d_model: integer({
      title: 'Embedding width',
      help: 'Width of the embedding and of what the unembedding reads. Tickets need it wide: below a few hundred none is found.',
      default: 500,
      min: 1,
      max: 8192,
    }),
    d_mlp: integer({
      title: 'Hidden width',
      help: 'Number of hidden neurons. Few of them already answer; more memorize faster.',
      default: 48,
      min: 1,
      max: 8192,
    }),
    activation: choice({
      title: 'Activation',
      help: 'The nonlinearity. The paper’s is relu.',
      choices: ['relu', 'quadratic', 'gelu'],
      default: 'relu',
    }),
    initScale: number({
      title: 'Initial scale',
      help: 'Factor kappa on the initial standard deviation 1 / √rows of every matrix. Larger values delay generalization.',
      default: 1,
      min: 0.001,
      max: 1000,
    }),
  },

  init(settings, dims, rng) {
    const forms = formsOf(settings, dims)
    return { params: Object.fromEntries(forms.map((form) => [form.name, normals(form, settings.initScale, rng.fork(form.name))])), buffers: {} }
  },

  parameterForms: formsOf,

  hookPoints({ d_model, d_mlp }, { n_ctx }) {
    return [
      { name: hooks.embed, axes: ['batch', 'pos', 'd_model'], shape: [n_ctx, d_model] },
      { name: hooks.pre, axes: ['batch', 'd_mlp'], shape: [d_mlp] },
      { name: hooks.post, axes: ['batch', 'd_mlp'], shape: [d_mlp] },
      { name: hooks.out, axes: ['batch', 'd_model'], shape: [d_model] },
    ]
  },

  check(_settings, { scoredPositions }) {
    if (scoredPositions.length === 1) return []
    const message = `the task is scored at ${scoredPositions.length} positions; a perceptron answers once an example`
    return [{ key: 'd_mlp', message }]
  },

  forward({ activation }, ctx) {
    const pre = ctx.hook(hooks.pre, ctx.wants(hooks.embed) ? preOfEmbeddings(ctx) : preOfTable(ctx))  // [batch, d_mlp]
    const post = ctx.hook(hooks.post, activations[activation](pre))                                  // [batch, d_mlp]
    if (!ctx.wants(hooks.out)) return post.matMul(ctx.param('W_out').matMul(ctx.param('W_U')))       // [batch, d_vocab_out]
    return ctx.hook(hooks.out, post.matMul(ctx.param('W_out'))).matMul(ctx.param('W_U'))
  },
})

function preOfTable(ctx: Forward): Tensor {
  const table: Tensor = ctx.param('W_E').matMul(ctx.param('W_in'))                    // [d_vocab, d_mlp]
  const positions = Array.from({ length: ctx.tokens.shape[1]! }, () => table)
  return embeddingSum(tf.stack(positions), ctx.tokens)
}

function preOfEmbeddings(ctx: Forward): Tensor {
  const embed = ctx.hook(hooks.embed, tf.gather(ctx.param('W_E'), ctx.tokens))        // [batch, pos, d_model]
  return embed.sum<Tensor>(1).matMul(ctx.param('W_in'))
}

function formsOf(
  { d_model, d_mlp }: { readonly d_model: number; readonly d_mlp: number },
  { d_vocab, d_vocab_out }: Dimensions,
): readonly ParameterForm[] {
  return [
    { name: 'W_E', axes: ['d_vocab', 'd_model'], shape: [d_vocab, d_model] },
    { name: 'W_in', axes: ['d_model', 'd_mlp'], shape: [d_model, d_mlp] },
    { name: 'W_out', axes: ['d_mlp', 'd_model'], shape: [d_mlp, d_model] },
    { name: 'W_U', axes: ['d_model', 'd_vocab'], shape: [d_model, d_vocab_out] },
  ]
}

function normals({ axes, shape }: ParameterForm, initScale: number, rng: Rng): FloatArray {
  const deviation = initScale / Math.sqrt(shape[0]!)
  return namedArray(axes, shape, Float32Array.from({ length: sizeOf(shape) }, () => deviation * rng.normal()))
}
