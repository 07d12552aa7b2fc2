/**
 * A perceptron with one hidden layer on one-hot tokens.
 *
 *   pre        = sum_pos W_in[pos, token_pos] (+ b_in)
 *   post       = phi(dropout(pre))                                phi: square, relu or gelu
 *   normalized = gamma (post - mean) / sqrt(var + 1e-5) + beta    with BatchNorm only
 *   logits     = (normalized or post) W_out (+ b_out)
 *
 * The product of a one-hot input with a matrix is a choice of rows, so layer one is an embedding sum. BatchNorm follows
 * the nonlinearity (eq. 5) and dropout precedes it (the authors' code); both are the paper's, and neither is where these
 * usually stand. Dropout scales what it keeps by 1 / (1 - rate), so evaluation needs no correction.
 *
 * BatchNorm normalizes with the batch's mean and biased variance in training and with running averages in evaluation;
 * the averages take a tenth of the batch's mean and unbiased variance each step, as PyTorch's BatchNorm1d.
 *
 * Parameters: W_in [pos, d_vocab, d_mlp], W_out [d_mlp, d_vocab_out], b_in, b_out, gamma, beta.
 * Buffers: running_mean, running_var [d_mlp].
 * Source: arXiv:2310.13061 app. A and eq. 5.
 */
import { boolean, choice, integer, number } from '../../base/settings'
import { namedArray, sizeOf, type FloatArray } from '../../base/array'
import type { Rng } from '../../base/rng'
import { activatedProduct, isProductActivation } from '../../engine/ops/activated-product'
import { embeddingSum } from '../../engine/ops/embedding-sum'
import { tf, type Tensor } from '../../engine/tf'
import { activations, type Activation } from './components/activation'
import { defineModel, type ArraysByName, type Forward } from './model'

const batchNormMomentum = 0.1
const batchNormEpsilon = 1e-5

export default defineModel({
  id: 'mlp',
  title: 'Two-layer perceptron',
  help: 'One hidden layer on one-hot residues. Each hidden neuron reads one weight per residue and position.',
  source: 'arXiv:2310.13061 app. A',
  fields: {
    d_mlp: integer({
      title: 'Hidden width',
      help: 'Number of hidden neurons. Wider networks memorize and generalize in separate neurons more easily.',
      default: 500,
      min: 1,
      max: 8192,
    }),
    activation: choice({
      title: 'Activation',
      help: 'The nonlinearity. Quadratic neurons can compute modular addition exactly with one harmonic each.',
      choices: ['quadratic', 'relu', 'gelu'],
      default: 'quadratic',
    }),
    batchNorm: boolean({
      title: 'BatchNorm',
      help: 'Normalizes each neuron after the activation, with a learned scale gamma that measures its importance.',
      default: false,
    }),
    dropout: number({
      title: 'Dropout',
      help: 'Share of pre-activations set to zero at each training step. More of it suppresses memorizing neurons.',
      default: 0,
      min: 0,
      max: 0.99,
    }),
    biases: boolean({
      title: 'Biases',
      help: 'Adds b_in and b_out, zero at the start.',
      default: false,
    }),
    initScale: number({
      title: 'Initial scale',
      help: 'Factor on the initial standard deviation (16 · width)^(-1/3). Larger values delay generalization.',
      default: 1,
      min: 0.001,
      max: 1000,
    }),
  },

  init({ d_mlp, batchNorm, biases, initScale }, { n_ctx, d_vocab, d_vocab_out }, rng) {
    const deviation = initScale * (16 * d_mlp) ** (-1 / 3)
    const hidden = (value: number): FloatArray => filled(['d_mlp'], [d_mlp], value)
    const normParams: ArraysByName = batchNorm ? { gamma: hidden(1), beta: hidden(0) } : {}
    const outputBias = filled(['d_vocab'], [d_vocab_out], 0)
    const biasParams: ArraysByName = biases ? { b_in: hidden(0), b_out: outputBias } : {}
    const buffers: ArraysByName = batchNorm ? { running_mean: hidden(0), running_var: hidden(1) } : {}
    return {
      params: {
        W_in: normals(['pos', 'd_vocab', 'd_mlp'], [n_ctx, d_vocab, d_mlp], { deviation, rng: rng.fork('W_in') }),
        ...normParams,
        W_out: normals(['d_mlp', 'd_vocab'], [d_mlp, d_vocab_out], { deviation, rng: rng.fork('W_out') }),
        ...biasParams,
      },
      buffers,
    }
  },

  hookPoints({ d_mlp, batchNorm }, { d_vocab_out }) {
    const hidden = (name: string) => ({ name, axes: ['batch', 'd_mlp'], shape: [d_mlp] }) as const
    return [
      hidden('blocks.0.mlp.hook_pre'),
      hidden('blocks.0.mlp.hook_post'),
      ...(batchNorm ? [hidden('blocks.0.mlp.hook_normalized')] : []),
      { name: 'blocks.0.hook_mlp_out', axes: ['batch', 'd_vocab'], shape: [d_vocab_out] },
    ]
  },

  check(_settings, { scoredPositions }) {
    if (scoredPositions.length === 1) return []
    const message = `the task is scored at ${scoredPositions.length} positions; a perceptron answers once an example`
    return [{ key: 'd_mlp', message }]
  },

  forward({ activation, batchNorm, dropout, biases }, ctx) {
    const projected = embeddingSum(ctx.param('W_in'), ctx.tokens)                          // [batch, d_mlp]
    const pre = ctx.hook('blocks.0.mlp.hook_pre', biases ? projected.add(ctx.param('b_in')) : projected)
    const kept = ctx.mode === 'train' && dropout > 0 ? pre.mul(dropoutMask(pre.shape, dropout, ctx.rng)) : pre
    const product = outputOf({ activation, batchNorm }, ctx, kept)                         // [batch, d_vocab_out]
    return ctx.hook('blocks.0.hook_mlp_out', biases ? product.add(ctx.param('b_out')) : product)
  },
})

interface HiddenSettings {
  readonly activation: Activation
  readonly batchNorm: boolean
}

function outputOf({ activation, batchNorm }: HiddenSettings, ctx: Forward, pre: Tensor): Tensor {
  const weight = ctx.param('W_out')
  if (ctx.isPlain && !batchNorm && isProductActivation(activation)) return activatedProduct(pre, weight, activation)
  const post = ctx.hook('blocks.0.mlp.hook_post', activations[activation](pre))            // [batch, d_mlp]
  const hidden = batchNorm ? ctx.hook('blocks.0.mlp.hook_normalized', normalized(post, ctx)) : post
  return tf.matMul(hidden, weight)
}

function normalized(post: Tensor, ctx: Forward): Tensor {
  const isTraining = ctx.mode === 'train'
  const { mean, variance } = isTraining
    ? tf.moments(post, 0)
    : { mean: ctx.param('running_mean'), variance: ctx.param('running_var') }               // [d_mlp]
  if (isTraining) {
    const count = post.shape[0]!
    // A batch of one has no unbiased variance; its biased one, zero, is taken instead.
    const unbiased = variance.mul(count > 1 ? count / (count - 1) : 1)
    ctx.setBuffer('running_mean', blend(ctx.param('running_mean'), mean))
    ctx.setBuffer('running_var', blend(ctx.param('running_var'), unbiased))
  }
  const scale = ctx.param('gamma').div(variance.add(batchNormEpsilon).sqrt())               // [d_mlp]
  return post.sub(mean).mul(scale).add(ctx.param('beta'))
}

function blend(running: Tensor, batch: Tensor): Tensor {
  return running.mul(1 - batchNormMomentum).add(batch.mul(batchNormMomentum))
}

/** 0 with probability `rate`, else 1 / (1 - rate). Drawn here and not by tf, so that every backend draws the same. */
function dropoutMask(shape: readonly number[], rate: number, rng: Rng): Tensor {
  const mask = new Float32Array(sizeOf(shape))
  const threshold = rate * 0x100000000
  const keep = 1 / (1 - rate)
  for (let i = 0; i < mask.length; i++) mask[i] = rng.uint32() < threshold ? 0 : keep
  return tf.tensor(mask, [...shape])
}

function filled(axes: readonly string[], shape: readonly number[], value: number): FloatArray {
  return namedArray(axes, shape, new Float32Array(sizeOf(shape)).fill(value))
}

function normals(
  axes: readonly string[],
  shape: readonly number[],
  { deviation, rng }: { readonly deviation: number; readonly rng: Rng },
): FloatArray {
  return namedArray(axes, shape, Float32Array.from({ length: sizeOf(shape) }, () => deviation * rng.normal()))
}
