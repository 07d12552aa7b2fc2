/**
 * Linear layers with a nonlinearity between them, on inputs that are numbers: the place for networks that others trained
 * on images or vectors.
 *
 *   h_0    = inputScale · tokens                            [batch, pos]: inputs are whole numbers, such as pixels 0 .. 255
 *   pre_l  = h_l W_l (+ b_l),  h_{l+1} = phi(pre_l)         for each hidden layer l
 *   logits = h_n W_n (+ b_n)                                after n hidden layers of one width
 *
 * A token here is an amount and not a name, unlike in every other model: token 2 is twice token 1.
 *
 * Parameters: layers.{l}.W [pos or d_mlp, d_mlp or d_vocab_out], layers.{l}.b. Weights start normal with deviation
 * initScale sqrt(2 / inputs), biases at 0. Source: He et al., arXiv:1502.01852 §2.2; the scale: arXiv:2310.19470 app. B.
 */
import { boolean, choice, integer, number } from '../../base/settings'
import { namedArray, sizeOf, type FloatArray } from '../../base/array'
import type { Rng } from '../../base/rng'
import { activations } from './components/activation'
import type { HookPoint } from './hook-point'
import { defineModel, type Dimensions, type ParameterForm } from './model'

export default defineModel({
  id: 'mlp-stack',
  title: 'Stack of linear layers',
  help: 'Several hidden layers of one width on inputs that are amounts, such as the pixels of an image.',
  source: 'arXiv:1502.01852',
  fields: {
    n_layers: integer({ title: 'Hidden layers', help: 'Number of layers between input and answer.', default: 2, min: 1, max: 32 }),
    d_mlp: integer({ title: 'Hidden width', help: 'Neurons of each hidden layer.', default: 100, min: 1, max: 32_768 }),
    activation: choice({
      title: 'Activation',
      help: 'Nonlinearity of the hidden neurons. gelu_new is the tanh form of gelu.',
      choices: ['relu', 'gelu', 'gelu_new', 'silu'],
      default: 'relu',
    }),
    biases: boolean({ title: 'Biases', help: 'Adds a bias to every layer.', default: true }),
    inputScale: number({
      title: 'Input scale',
      help: 'Inputs are whole numbers times this. 1 / 255 turns pixels into numbers from 0 to 1.',
      default: 1,
      min: 1e-6,
      max: 1e6,
    }),
    initScale: number({
      title: 'Weight scale',
      help: 'All starting weights times this. Large ones fit the training examples long before they generalize.',
      default: 1,
      min: 0,
      max: 1000,
    }),
  },

  init(settings, dims, rng) {
    const entries = formsOf(settings, dims).map((form) => [form.name, initialArray(form, settings.initScale, rng)] as const)
    return { params: Object.fromEntries(entries), buffers: {} }
  },

  parameterForms: formsOf,

  hookPoints({ n_layers, d_mlp }, { d_vocab_out }) {
    const hidden = Array.from({ length: n_layers }, (_, layer): readonly HookPoint[] => [
      { name: `blocks.${layer}.mlp.hook_pre`, axes: ['batch', 'd_mlp'], shape: [d_mlp] },
      { name: `blocks.${layer}.mlp.hook_post`, axes: ['batch', 'd_mlp'], shape: [d_mlp] },
    ])
    return [...hidden.flat(), { name: `blocks.${n_layers}.hook_mlp_out`, axes: ['batch', 'd_vocab'], shape: [d_vocab_out] }]
  },

  check(_settings, { scoredPositions }) {
    if (scoredPositions.length === 1) return []
    const message = `the task is scored at ${scoredPositions.length} positions; a stack of layers answers once an example`
    return [{ key: 'n_layers', message }]
  },

  forward({ n_layers, activation, biases, inputScale }, ctx) {
    const linear = (layer: number, input: typeof ctx.tokens): typeof ctx.tokens => {
      const product = input.matMul(ctx.param(`layers.${layer}.W`))
      return biases ? product.add(ctx.param(`layers.${layer}.b`)) : product
    }
    let hidden = ctx.tokens.toFloat().mul(inputScale)                                      // [batch, pos]
    for (let layer = 0; layer < n_layers; layer++) {
      const pre = ctx.hook(`blocks.${layer}.mlp.hook_pre`, linear(layer, hidden))          // [batch, d_mlp]
      hidden = ctx.hook(`blocks.${layer}.mlp.hook_post`, activations[activation](pre))
    }
    return ctx.hook(`blocks.${n_layers}.hook_mlp_out`, linear(n_layers, hidden))           // [batch, d_vocab_out]
  },
})

interface StackSizes {
  readonly n_layers: number
  readonly d_mlp: number
  readonly biases: boolean
}

/** Every parameter, in the order of the forward pass. */
function formsOf({ n_layers, d_mlp, biases }: StackSizes, { n_ctx, d_vocab_out }: Dimensions): readonly ParameterForm[] {
  return Array.from({ length: n_layers + 1 }, (_, layer): readonly ParameterForm[] => {
    const [inAxis, inputs] = layer === 0 ? (['pos', n_ctx] as const) : (['d_mlp', d_mlp] as const)
    const [outAxis, outputs] = layer === n_layers ? (['d_vocab', d_vocab_out] as const) : (['d_mlp', d_mlp] as const)
    const matrix = { name: `layers.${layer}.W`, axes: [inAxis, outAxis], shape: [inputs, outputs] }
    return biases ? [matrix, { name: `layers.${layer}.b`, axes: [outAxis], shape: [outputs] }] : [matrix]
  }).flat()
}

function initialArray({ name, axes, shape }: ParameterForm, initScale: number, rng: Rng): FloatArray {
  const data = new Float32Array(sizeOf(shape))
  if (shape.length === 2) {
    const draws = rng.fork(name)
    const deviation = initScale * Math.sqrt(2 / shape[0]!)
    for (let i = 0; i < data.length; i++) data[i] = deviation * draws.normal()
  }
  return namedArray(axes, shape, data)
}
