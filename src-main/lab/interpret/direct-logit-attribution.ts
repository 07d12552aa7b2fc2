/**
 * What each component writes straight to a logit, the final norm frozen as it was applied.
 *
 * The last residual stream is a sum of what was written to it, r = sum c, and with the norm's scale s held at the value it
 * had, a logit is linear in r:
 *
 *   logit_t = u_t · (w * (r - mean r) / s) + u_t · b + b_U[t]          u_t = W_U[:, t]; w, b of the final norm
 *   part of c = (P (w * u_t)) · c / s                                   P = I - 1 1^T / d_model for LN, else I
 *
 * 1. The direction g = P (w * u) / s at the attributed position, one for each sequence. For a difference of logits, u is
 *    the difference of their columns; against the mean, of one column and the mean of all.
 * 2. embed, pos_embed: g · c. Attention of a layer: its heads, and the bias b_O. MLP: its neurons, and the bias b_out.
 * 3. Head h: z_h · (W_O[h] g). By source token: z_h = sum_k A[q, k] v_k, so the part of key k is A[q, k] v_k · (W_O[h] g).
 * 4. Neuron j: post_j (W_out[j] · g).
 * 5. What is left, u · b and b_U, are rows of their own. All rows sum to the logit.
 *
 * Value biases belong to the head that moves them. Over several sequences every number is a mean.
 * Source: Elhage et al. 2021, §"Summing over paths"; arXiv:2211.00593 §3.1 for direct effects with a frozen LayerNorm.
 */
import { assert } from '../../base/assert'
import { namedArray, type FloatArray } from '../../base/array'
import { scoped, tf, type Tensor } from '../../engine/tf'
import { hasNorm, type TransformerSettings } from '../models/components/transformer-fields'
import type { Network, Sequences } from '../models/network'
import { defineAnalysis } from './analysis'
import { notTransformer, transformerSettings } from './components/head-weights'
import { attributionDirection, type Direction } from './components/logit-direction'
import { countOf, drained, partsOf } from './components/parts'
import { rowsAt } from './components/residual-points'

/** Same list as the contract's; a test compares them. */
export const attributionTargets = ['logit', 'against-mean', 'against-runner-up'] as const
export type AttributionTarget = (typeof attributionTargets)[number]

export interface AttributionInput {
  readonly sequences: Sequences
  /** Position whose logit is attributed, of each sequence. */
  readonly positions: Int32Array
  /** Class whose logit it is, of each sequence. */
  readonly answers: Int32Array
  /** A class for each sequence is compared with that class. */
  readonly target: AttributionTarget | Int32Array
  /** Largest neurons to name. */
  readonly neuronCount: number
}

export interface ComponentPart {
  readonly id: string
  readonly title: string
  readonly value: number
}

export interface LogitAttribution {
  /** As the forward pass has it; the components sum to it. */
  readonly logit: number
  readonly components: readonly ComponentPart[]
  /** [layer, head] */
  readonly heads: FloatArray
  /** [layer, head, key_pos] */
  readonly sources: FloatArray
  /** Largest magnitude first. */
  readonly neurons: readonly { readonly layer: number; readonly neuron: number; readonly value: number }[]
  /** Class each answer was compared with; absent where it was none or the mean. */
  readonly against?: Int32Array
}

export default defineAnalysis<AttributionInput, LogitAttribution>({
  id: 'direct-logit-attribution',
  title: 'Direct logit attribution',
  definition:
    'The part of a component c is P(w ∗ u) · c / s: u the unembedding column of the answer (minus that of the other class, ' +
    'or minus the mean column), w and s the final norm’s weight and its scale as it was applied, P the centring of LayerNorm. ' +
    'A head writes z W_O, a neuron its activation times W_out; by source token a head’s z is split into pattern × value. ' +
    'Biases are rows of their own; all rows sum to the logit.',
  source: 'Elhage et al. 2021, A Mathematical Framework for Transformer Circuits; arXiv:2211.00593 §3.1',
  unsuitable: notTransformer,
  measure: (network, input) => drained(attributionSteps(network, input)),
})

export function* attributionSteps(network: Network, input: AttributionInput): Generator<void, LogitAttribution> {
  const settings = transformerSettings(network)
  const { n_layers, n_heads, d_mlp, attentionOnly } = settings
  const { sequences } = input
  const count = countOf(sequences)
  assert(input.positions.length === count && input.answers.length === count, 'attribution needs a position and an answer a sequence')
  const sums = createSums(settings, sequences.length)
  const against = new Int32Array(count)
  const cellsEach = n_layers * (n_heads * sequences.length ** 2 + (attentionOnly ? 0 : d_mlp * sequences.length))
  for (const { first, count: some, rows } of partsOf(sequences, { cellsEach })) {
    const part = { ...slice(input, first, some), sequences: rows }
    const other = addPart(network, part, sums)
    if (other) against.set(other, first)
    yield
  }
  return {
    ...attributionOf(settings, sums, { count, length: sequences.length, neuronCount: input.neuronCount }),
    ...((input.target === 'against-runner-up' || input.target instanceof Int32Array) && { against }),
  }
}

function slice({ positions, answers, target, neuronCount }: AttributionInput, first: number, count: number): Omit<AttributionInput, 'sequences'> {
  const cut = (values: Int32Array): Int32Array => values.subarray(first, first + count)
  const some = target instanceof Int32Array ? cut(target) : target
  return { positions: cut(positions), answers: cut(answers), target: some, neuronCount }
}

// Adding up

/** Sums over sequences, as the arrays they will be. */
interface Sums {
  logit: number
  readonly single: Map<string, number>
  readonly heads: Float64Array
  readonly sources: Float64Array
  readonly neurons: Float64Array
}

function createSums({ n_layers, n_heads, d_mlp, attentionOnly }: TransformerSettings, length: number): Sums {
  return {
    logit: 0,
    single: new Map(),
    heads: new Float64Array(n_layers * n_heads),
    sources: new Float64Array(n_layers * n_heads * length),
    neurons: new Float64Array(attentionOnly ? 0 : n_layers * d_mlp),
  }
}

/** Records some sequences and adds their parts. Answers the class each was compared with, where there is one. */
function addPart(network: Network, part: AttributionInput, sums: Sums): Int32Array | undefined {
  const settings = transformerSettings(network)
  const { logits, cache } = network.record(part.sequences, hooksOf(settings))
  try {
    return scoped(() => {
      const at = (name: string): Tensor => rowsAt(cache.get(name)!, part.positions) // record fills every name
      const scale = hasNorm(settings) ? at('ln_final.hook_scale') : undefined
      const direction = attributionDirection(network, { ...part, logits: rowsAt(logits, part.positions), scale })
      sums.logit += direction.logit
      for (const [id, value] of Object.entries(direction.constants)) addSingle(sums, id, value)
      const { g } = direction                                           // [batch, d_model]
      for (const name of startHooks(settings)) addSingle(sums, name, at(name).mul(g).sum().dataSync()[0]!)
      for (let layer = 0; layer < settings.n_layers; layer++) addLayer({ network, cache, part, direction, sums }, layer)
      return direction.against
    })
  } finally {
    tf.dispose([logits, ...cache.values()])
  }
}

const startHooks = ({ positions }: TransformerSettings): readonly string[] =>
  positions === 'learned' ? ['hook_embed', 'hook_pos_embed'] : ['hook_embed']

function hooksOf(settings: TransformerSettings): readonly string[] {
  const layers = Array.from({ length: settings.n_layers }, (_, layer) => [
    `blocks.${layer}.attn.hook_z`,
    `blocks.${layer}.attn.hook_v`,
    `blocks.${layer}.attn.hook_pattern`,
    ...(settings.attentionOnly ? [] : [`blocks.${layer}.mlp.hook_post`]),
  ])
  return [...startHooks(settings), ...layers.flat(), ...(hasNorm(settings) ? ['ln_final.hook_scale'] : [])]
}

interface LayerAt {
  readonly network: Network
  readonly cache: ReadonlyMap<string, Tensor>
  readonly part: AttributionInput
  readonly direction: Direction
  readonly sums: Sums
}

function addLayer({ network, cache, part, direction: { g, weight }, sums }: LayerAt, layer: number): void {
  const { n_heads, d_head, attentionOnly, biases, d_mlp } = transformerSettings(network)
  const name = `blocks.${layer}`
  const at = (hook: string): Tensor => rowsAt(cache.get(`${name}.${hook}`)!, part.positions)
  scoped(() => {
    const batch = g.shape[0]!
    const W_O = weight(`${name}.attn.W_O`).reshape([n_heads * d_head, -1])
    const readers = tf.matMul(g, W_O, false, true).reshape([batch, n_heads, d_head])      // [batch, head, d_head]
    addAt(sums.heads, layer * n_heads, at('attn.hook_z').mul(readers).sum([0, 2]))
    const v = cache.get(`${name}.attn.hook_v`)!                                         // [batch, pos, head, d_head]
    const worth = v.mul(readers.expandDims(1)).sum(-1).transpose([0, 2, 1])             // [batch, head, key_pos]
    const looked = patternAt(cache.get(`${name}.attn.hook_pattern`)!, part.positions)   // [batch, head, key_pos]
    addAt(sums.sources, layer * n_heads * worth.shape[2]!, worth.mul(looked).sum(0))
    if (biases) addSingle(sums, `${name}.attn.b_O`, biasPart(weight(`${name}.attn.b_O`), g))
    if (attentionOnly) return
    const written = tf.matMul(g, weight(`${name}.mlp.W_out`), false, true)              // [batch, d_mlp]
    addAt(sums.neurons, layer * d_mlp, at('mlp.hook_post').mul(written).sum(0))
    if (biases) addSingle(sums, `${name}.mlp.b_out`, biasPart(weight(`${name}.mlp.b_out`), g))
  })
}

const biasPart = (bias: Tensor, g: Tensor): number => g.mul(bias).sum().dataSync()[0]!

/** [batch, head, query_pos, key_pos] at one query of each sequence: [batch, head, key_pos]. */
function patternAt(pattern: Tensor, positions: Int32Array): Tensor {
  return rowsAt(pattern.transpose([0, 2, 1, 3]), positions)
}

function addAt(sums: Float64Array, start: number, values: Tensor): void {
  values.dataSync().forEach((value, i) => void (sums[start + i]! += value))
}

function addSingle({ single }: Sums, id: string, value: number): void {
  single.set(id, (single.get(id) ?? 0) + value)
}

// From sums to means, with names

interface Divided {
  readonly count: number
  readonly length: number
  readonly neuronCount: number
}

function attributionOf(settings: TransformerSettings, sums: Sums, { count, length, neuronCount }: Divided): LogitAttribution {
  const { n_layers, n_heads, d_mlp, attentionOnly } = settings
  const single = (id: string, title: string): readonly ComponentPart[] => {
    const sum = sums.single.get(id)
    return sum === undefined ? [] : [{ id, title, value: sum / count }]
  }
  const total = (values: Float64Array, start: number, size: number): number =>
    values.subarray(start, start + size).reduce((sum, value) => sum + value, 0) / count
  const layers = Array.from({ length: n_layers }, (_, layer): readonly ComponentPart[] => [
    { id: `blocks.${layer}.attn`, title: `Attention ${layer}`, value: total(sums.heads, layer * n_heads, n_heads) },
    ...single(`blocks.${layer}.attn.b_O`, `Attention ${layer}, bias`),
    ...(attentionOnly ? [] : [{ id: `blocks.${layer}.mlp`, title: `MLP ${layer}`, value: total(sums.neurons, layer * d_mlp, d_mlp) }]),
    ...single(`blocks.${layer}.mlp.b_out`, `MLP ${layer}, bias`),
  ])
  const mean = (values: Float64Array): Float32Array => Float32Array.from(values, (value) => value / count)
  return {
    logit: sums.logit / count,
    components: [
      ...single('hook_embed', 'Embedding'),
      ...single('hook_pos_embed', 'Position'),
      ...layers.flat(),
      ...single('ln_final.b', 'Final norm, bias'),
      ...single('b_U', 'Unembedding, bias'),
    ],
    heads: namedArray(['layer', 'head'], [n_layers, n_heads], mean(sums.heads)),
    sources: namedArray(['layer', 'head', 'key_pos'], [n_layers, n_heads, length], mean(sums.sources)),
    neurons: largestNeurons(sums.neurons, neuronCount).map((at) => ({
      layer: Math.floor(at / d_mlp),
      neuron: at % d_mlp,
      value: sums.neurons[at]! / count,
    })),
  }
}

function largestNeurons(values: Float64Array, count: number): readonly number[] {
  return [...values.keys()].sort((x, y) => Math.abs(values[y]!) - Math.abs(values[x]!) || x - y).slice(0, count)
}
