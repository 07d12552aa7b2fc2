/**
 * What attention heads look at, of one sequence or averaged over many.
 *
 *   pattern           A = softmax(scores)                          [head, query_pos, key_pos]
 *   value-weighted    A · |v|, v the head's value vector at the key, |·| the L2 norm
 *   scores            q · k / scale, before the softmax
 *
 * 1. Record the activation of every layer for a part of the sequences.
 * 2. Add up over the sequences, leaving out cells whose query or key is padding; of scores also the cells that a causal
 *    query may not look at, which hold no score but a large negative number.
 * 3. Divide each cell by the number of sequences that have it; a cell that none has is NaN.
 *
 * A value-weighted average is the average of the products, not the product of averages. The norm is that of v, before W_O:
 * Source: TransformerLens (names); for weighing by the vectors that are moved arXiv:2004.10102 §3.
 * Differs: there the norm is of v W_O.
 */
import { assert } from '../../base/assert'
import { namedArray, type FloatArray } from '../../base/array'
import { scoped, tf, type Tensor } from '../../engine/tf'
import type { Network, Sequences } from '../models/network'
import { defineAnalysis } from './analysis'
import { notTransformer, transformerSettings, type HeadAt } from './components/head-weights'
import { drained, partsOf } from './components/parts'

/** Same list as the contract's; a test compares them. */
export const attentionKinds = ['pattern', 'value-weighted', 'scores'] as const
export type AttentionKind = (typeof attentionKinds)[number]

export interface PatternInput {
  readonly sequences: Sequences
  readonly kind: AttentionKind
  /** One head alone; all of them if absent. */
  readonly only?: HeadAt
}

/** Cells that are held at once: 256 MB of float32. */
const mostCells = 64_000_000

export default defineAnalysis<PatternInput, FloatArray>({
  id: 'attention-patterns',
  title: 'Attention patterns',
  definition:
    'Pattern: A = softmax(q · k / scale) over the keys a query may look at. Value-weighted: A · |v| with the L2 norm of the ' +
    'head’s value vector at the key. Scores: q · k / scale before the softmax. Over several sequences, the mean of each ' +
    'cell over the sequences in which neither its query nor its key is padding.',
  source: 'arXiv:1706.03762 §3.2; weighting by values compare arXiv:2004.10102 §3',
  unsuitable: notTransformer,
  /** [layer, head, query_pos, key_pos]; layer and head have length 1 where one head alone is wanted. */
  measure: (network, input) => drained(patternSteps(network, input)),
})

export function* patternSteps(network: Network, { sequences, kind, only }: PatternInput): Generator<void, FloatArray> {
  const { n_layers, n_heads } = transformerSettings(network)
  const { length } = sequences
  const layers = only ? [only.layer] : Array.from({ length: n_layers }, (_, layer) => layer)
  const headCount = only ? 1 : n_heads
  const square = length * length
  const size = layers.length * headCount * square
  assert(size <= mostCells, `patterns of ${layers.length * headCount} heads at ${length} positions are ${size} cells; at most ${mostCells}`)
  const sums = new Float32Array(size)
  for (const { rows } of partsOf(sequences, { cellsEach: layers.length * n_heads * square })) {
    addPart(network, { rows, kind, layers, only }, sums)
    yield
  }
  const present = cellCounts(sequences, kind === 'scores' && isCausal(network))
  sums.forEach((sum, i) => {
    const count = present[i % square]!
    sums[i] = count > 0 ? sum / count : NaN
  })
  return namedArray(['layer', 'head', 'query_pos', 'key_pos'], [layers.length, headCount, length, length], sums)
}

const isCausal = (network: Network): boolean => transformerSettings(network).attentionDirection === 'causal'

interface Part {
  readonly rows: Sequences
  readonly kind: AttentionKind
  readonly layers: readonly number[]
  readonly only: HeadAt | undefined
}

function addPart(network: Network, { rows, kind, layers, only }: Part, sums: Float32Array): void {
  const names = layers.flatMap((layer) => hooksOf(layer, kind))
  const { logits, cache } = network.record(rows, names)
  logits.dispose()
  try {
    layers.forEach((layer, at) => {
      const summed = scoped(() => {
        const cells = cellsOf(cache, layer, kind)                       // [batch, head, query_pos, key_pos]
        const wanted = only ? cells.slice([0, only.head, 0, 0], [-1, 1, -1, -1]) : cells
        return withoutAbsent(wanted, rows, kind).sum(0).dataSync<'float32'>()
      })
      const start = at * summed.length
      for (let i = 0; i < summed.length; i++) sums[start + i]! += summed[i]!
    })
  } finally {
    tf.dispose([...cache.values()])
  }
}

function hooksOf(layer: number, kind: AttentionKind): readonly string[] {
  const name = `blocks.${layer}.attn`
  if (kind === 'scores') return [`${name}.hook_attn_scores`]
  return kind === 'pattern' ? [`${name}.hook_pattern`] : [`${name}.hook_pattern`, `${name}.hook_v`]
}

function cellsOf(cache: ReadonlyMap<string, Tensor>, layer: number, kind: AttentionKind): Tensor {
  const [cells, v] = hooksOf(layer, kind).map((name) => cache.get(name)!) // record fills every name it was given
  if (!v) return cells!
  const lengths = v.square().sum(-1).sqrt().transpose([0, 2, 1])        // [batch, head, key_pos]
  return cells!.mul(lengths.expandDims(2))
}

/** Zero in place of cells that are padding, and of scores that are none. */
function withoutAbsent(cells: Tensor, { mask, length }: Sequences, kind: AttentionKind): Tensor {
  // Half of the large negative number that stands for a forbidden score, far below any real one.
  const scored = kind === 'scores' ? tf.where(cells.greater(-5e29), cells, tf.zerosLike(cells)) : cells
  if (!mask) return scored
  const batch = cells.shape[0]!
  const present = tf.tensor2d(Float32Array.from(mask), [batch, length])
  return scored.mul(present.reshape([batch, 1, length, 1])).mul(present.reshape([batch, 1, 1, length]))
}

/** Of every cell, the number of sequences in which it is no padding, and in causal scores not forbidden. */
function cellCounts({ tokens, length, mask }: Sequences, isForbiddenAbsent: boolean): Float64Array {
  const batch = tokens.length / length
  const counts = new Float64Array(length * length)
  for (let row = 0; row < batch; row++) {
    const isThere = (pos: number): boolean => mask === undefined || mask[row * length + pos] === 1
    for (let query = 0; query < length; query++) {
      if (!isThere(query)) continue
      const end = isForbiddenAbsent ? query + 1 : length
      for (let key = 0; key < end; key++) if (isThere(key)) counts[query * length + key]!++
    }
  }
  return counts
}
