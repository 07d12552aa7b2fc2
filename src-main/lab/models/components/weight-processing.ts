/**
 * A transformer's weights rewritten so that they are easier to read, without changing what it says.
 *
 *   fold normalization    LN:  W' = w ∘ W - its mean over d_model,  b' = b + b_ln W    for every W that reads a norm's output
 *                         RMS: W' = w ∘ W                                              the norm keeps its division only
 *   centre writing        W_E, W_pos, W_O, b_O, W_out, b_out less their mean over d_model
 *   centre unembedding    W_U, b_U less their mean over the vocabulary
 *   fold value biases     b_O' = b_O + sum over heads of b_V W_O,  b_V' = 0
 *
 * Why nothing changes: what LN puts out before w has mean zero over d_model, so the mean of a matrix that reads it meets
 * zero, and a constant added to the stream is what LN takes away. Rows of an attention pattern sum to 1, so a value's bias
 * arrives whole. A constant added to all logits of a position is divided out by the softmax: centring the unembedding
 * moves logits by one number a position and log-probabilities not at all; the other steps move neither.
 *
 * Where the reason does not hold a step is refused, in words. Sums are taken in float64, results are stored as float32. A
 * tied unembedding is given a matrix of its own where the embedding is about to differ from it.
 * Source: TransformerLens, `fold_layer_norm`, `center_writing_weights`, `center_unembed`, `fold_value_biases`.
 */
import { namedArray, sizeOf, type FloatArray } from '../../../base/array'
import type { ArraysByName, Dimensions } from '../model'
import { centresNorm, hasNorm, hasNormWeights, type TransformerSettings } from './transformer-fields'
import { parameterForms } from './transformer-weights'

export interface TransformerWeights {
  readonly settings: TransformerSettings
  readonly dims: Dimensions
  readonly arrays: ArraysByName
}

export interface WeightStep {
  readonly id: 'fold-normalization' | 'centre-writing' | 'centre-unembedding' | 'fold-value-biases'
  readonly title: string
  readonly help: string
  /** Why it cannot be done to these weights; undefined when it can. */
  refusal(weights: TransformerWeights): string | undefined
  /** For weights that it does not refuse. */
  apply(weights: TransformerWeights): TransformerWeights
}
export type WeightStepId = WeightStep['id']

/** In the order in which they are usually done. */
export const weightSteps: readonly WeightStep[] = [
  {
    id: 'fold-normalization',
    title: 'Fold normalization',
    help: 'Moves the scale and shift of every norm into the matrices that read its output.',
    refusal: foldRefusal,
    apply: foldNormalization,
  },
  {
    id: 'centre-writing',
    title: 'Centre writing weights',
    help: 'Takes the part out of the residual stream that LayerNorm removes anyway.',
    refusal({ settings }) {
      if (centresNorm(settings)) return undefined
      const what = settings.normalization === 'none' ? 'has no LayerNorm' : 'has RMSNorm, which does not subtract the mean'
      return `the model ${what}; the mean of the stream reaches what reads it`
    },
    apply: centreWriting,
  },
  {
    id: 'centre-unembedding',
    title: 'Centre unembedding',
    help: 'Gives the logits of each position the mean zero; log-probabilities stay what they are.',
    refusal: () => undefined,
    apply: centreUnembedding,
  },
  {
    id: 'fold-value-biases',
    title: 'Fold value biases',
    help: 'Moves the biases of values into the bias of the attention’s output.',
    refusal({ settings }) {
      if (!settings.biases) return 'the model has no biases'
      if (settings.constantAttention === 0) return undefined
      return `rows of the pattern do not sum to 1; a constant makes up ${settings.constantAttention} of it`
    },
    apply: foldValueBiases,
  },
]

// Folding the norm

/** Matrices that read the norm, each with the bias its shift goes to, and none where there is none. */
function readersOf({ settings }: TransformerWeights): readonly { readonly norm: string; readonly matrix: string; readonly bias: string }[] {
  const layers = Array.from({ length: settings.n_layers }, (_, layer) => `blocks.${layer}`)
  return [
    ...layers.flatMap((block) => [
      ...['Q', 'K', 'V'].map((letter) => ({ norm: `${block}.ln1`, matrix: `${block}.attn.W_${letter}`, bias: `${block}.attn.b_${letter}` })),
      ...(settings.attentionOnly ? [] : [{ norm: `${block}.ln2`, matrix: `${block}.mlp.W_in`, bias: `${block}.mlp.b_in` }]),
      ...(!settings.attentionOnly && settings.gatedMlp ? [{ norm: `${block}.ln2`, matrix: `${block}.mlp.W_gate`, bias: '' }] : []),
    ]),
    { norm: 'ln_final', matrix: 'W_U', bias: 'b_U' },
  ]
}

function foldRefusal(weights: TransformerWeights): string | undefined {
  const { settings, arrays } = weights
  if (!hasNorm(settings)) return 'the model has no normalization'
  if (!hasNormWeights(settings)) return `the model is ${settings.normalization}; its norms have no weights left`
  const isShifted = (norm: string): boolean => arrays[`${norm}.b`]?.data.some((value) => value !== 0) ?? false
  const layer = Array.from({ length: settings.n_layers }, (_, i) => i).find((i) => isShifted(`blocks.${i}.ln2`))
  if (!settings.gatedMlp || settings.attentionOnly || layer === undefined) return undefined
  return `the gated MLP adds its bias after the product, so the shift of blocks.${layer}.ln2 has nowhere to go`
}

function foldNormalization(given: TransformerWeights): TransformerWeights {
  const weights = untied(given)
  const { arrays, settings } = weights
  const isCentred = centresNorm(settings)
  const changed: Record<string, FloatArray> = {}
  let isShifted = false
  for (const { norm, matrix, bias } of readersOf(weights)) {
    const read = arrays[matrix]!
    const axis = read.shape.length - 2                                               // [.., d_model, width]
    const scaled = scaledAlong(read, axis, arrays[`${norm}.w`]!.data)
    changed[matrix] = isCentred ? centredAlong(scaled, axis) : scaled
    const shift = arrays[`${norm}.b`]?.data
    if (!shift?.some((value) => value !== 0)) continue
    isShifted = true
    changed[bias] = plus(arrays[bias], contracted(read, axis, shift))
  }
  const folded = { normalization: isCentred ? 'LNPre' : 'RMSPre', biases: settings.biases || isShifted } as const
  return rebuilt(weights, folded, changed)
}

// Centring

function centreWriting(given: TransformerWeights): TransformerWeights {
  const weights = untied(given)
  const writes = /^(W_E|W_pos)$|\.(W_O|b_O|W_out|b_out)$/
  const written = Object.entries(weights.arrays).filter(([name]) => writes.test(name))
  return rebuilt(weights, {}, Object.fromEntries(written.map(([name, array]) => [name, centredAlong(array, array.shape.length - 1)])))
}

function centreUnembedding(given: TransformerWeights): TransformerWeights {
  const weights = untied(given)
  const { W_U, b_U } = weights.arrays
  return rebuilt(weights, {}, { W_U: centredAlong(W_U!, 1), ...(b_U && { b_U: centredAlong(b_U, 0) }) })
}

function foldValueBiases(weights: TransformerWeights): TransformerWeights {
  const { arrays, settings } = weights
  const changed: Record<string, FloatArray> = {}
  for (let layer = 0; layer < settings.n_layers; layer++) {
    const at = (name: string): string => `blocks.${layer}.attn.${name}`
    const [b_V, W_O, b_O] = [arrays[at('b_V')]!, arrays[at('W_O')]!, arrays[at('b_O')]!]
    const [heads, d_head, d_model] = W_O.shape as [number, number, number]
    // [head, d_head] and [head · d_head, d_model] line up value for value.
    const flat = namedArray(['component', 'd_model'], [heads * d_head, d_model], W_O.data)
    changed[at('b_O')] = plus(b_O, contracted(flat, 0, b_V.data))
    changed[at('b_V')] = { ...b_V, data: new Float32Array(b_V.data.length) }
  }
  return rebuilt(weights, {}, changed)
}

// Arrays

/** The same function with a matrix of its own for the unembedding. */
function untied(weights: TransformerWeights): TransformerWeights {
  if (!weights.settings.tiedUnembedding) return weights
  const { data, shape } = weights.arrays['W_E']!
  const [d_vocab, d_model] = shape as [number, number]
  const W_U = new Float32Array(data.length)
  for (let token = 0; token < d_vocab; token++) for (let i = 0; i < d_model; i++) W_U[i * d_vocab + token] = data[token * d_model + i]!
  return rebuilt(weights, { tiedUnembedding: false }, { W_U: namedArray(['d_model', 'd_vocab'], [d_model, d_vocab], W_U) })
}

/** The parameters that the changed settings ask for, in their order; a bias that was not there is zero. */
function rebuilt(
  { settings, dims, arrays }: TransformerWeights,
  changedSettings: Partial<TransformerSettings>,
  changed: ArraysByName,
): TransformerWeights {
  const next = { ...settings, ...changedSettings }
  const entries = parameterForms(next, dims).map(({ name, axes, shape }): [string, FloatArray] => {
    const { data } = changed[name] ?? arrays[name] ?? { data: new Float32Array(sizeOf(shape)) }
    return [name, namedArray(axes, shape, data)]
  })
  return { settings: next, dims, arrays: Object.fromEntries(entries) }
}

interface Strides {
  readonly outer: number
  readonly length: number
  readonly inner: number
}

function stridesOf({ shape }: FloatArray, axis: number): Strides {
  return { outer: sizeOf(shape.slice(0, axis)), length: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) }
}

function scaledAlong(array: FloatArray, axis: number, factors: Float32Array): FloatArray {
  const { length, inner } = stridesOf(array, axis)
  return { ...array, data: array.data.map((value, i) => value * factors[Math.floor(i / inner) % length]!) }
}

function centredAlong(array: FloatArray, axis: number): FloatArray {
  const { outer, length, inner } = stridesOf(array, axis)
  const data = array.data.slice()
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const first = o * length * inner + i
      let sum = 0
      for (let k = 0; k < length; k++) sum += data[first + k * inner]!
      for (let k = 0; k < length; k++) data[first + k * inner]! -= sum / length
    }
  }
  return { ...array, data }
}

/** Sum over one axis of the array times a vector along it. */
function contracted(array: FloatArray, axis: number, vector: Float32Array): Float64Array {
  const { outer, length, inner } = stridesOf(array, axis)
  const sums = new Float64Array(outer * inner)
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < length; k++) {
      const from = (o * length + k) * inner
      for (let i = 0; i < inner; i++) sums[o * inner + i]! += vector[k]! * array.data[from + i]!
    }
  }
  return sums
}

/** Axes and shape are those the model gives it; `rebuilt` puts them on. */
function plus(bias: FloatArray | undefined, sums: Float64Array): FloatArray {
  return namedArray(['component'], [sums.length], Float32Array.from(sums, (sum, i) => (bias?.data[i] ?? 0) + sum))
}
