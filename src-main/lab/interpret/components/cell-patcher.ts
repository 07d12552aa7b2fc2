/**
 * Runs many cells of one layer as one batch, from the first place that they change.
 *
 * Most kinds of patch change the residual stream by something that is known before the run:
 *
 *   resid_pre, resid_mid, resid_post, attn_out, mlp_out      donor − base, at the cell's position
 *   z          (z_donor − z_base) W_O                        of the cell's head
 *   pattern    (pattern_donor − pattern_base) v_base W_O     of the cell's head and query
 *
 * so the pass starts behind the layer's attention or MLP with the base run's stream and that change added, one copy of
 * the pairs for each cell. A head's q, k and v act through a softmax; there the pass starts at the layer's resid_pre and a
 * hook adds donor − base inside the cell.
 */
import { tf, type Tensor } from '../../../engine/tf'
import type { Network } from '../../models/network'
import { sequencesOf, type Pairs, type PairSlice } from './pairs'
import type { Recording } from './patch-recording'
import { hookOf, requireBlocks, type Blocks, type Cell, type PatchGrid, type SiteKind } from './patch-sites'

/** Logits [cells · pairs, 1, class] with each of the cells patched by itself. The caller tidies. */
export type CellPatcher = (cells: readonly Cell[], slice: PairSlice) => Tensor

export interface PatcherOptions {
  readonly kind: SiteKind
  readonly grid: PatchGrid
  readonly layer: number
  readonly pairs: Pairs
}

/** Hook points whose activations a patcher of this kind and layer reads. */
export function neededHooks(kind: SiteKind, layer: number, blocks: Blocks): { base: readonly string[]; donor: readonly string[] } {
  const own = hookOf(kind, layer)
  const extra = kind === 'pattern' ? [hookOf('v', layer)] : []
  return { base: [...new Set([entryOf(kind, layer, blocks), own, ...extra])], donor: [own] }
}

/** Where the pass starts. */
function entryOf(kind: SiteKind, layer: number, { afterAttention }: Blocks): string {
  if (kind === 'attn_out' || kind === 'z' || kind === 'pattern') return hookOf(afterAttention, layer)
  if (kind === 'mlp_out') return hookOf('resid_post', layer)
  return hookOf(kind === 'q' || kind === 'k' || kind === 'v' ? 'resid_pre' : kind, layer)
}

export function createPatcher(network: Network, recording: Recording, options: PatcherOptions): CellPatcher {
  const { kind, layer, pairs } = options
  const entry = entryOf(kind, layer, requireBlocks(network))
  if (kind === 'q' || kind === 'k' || kind === 'v') return hookPatcher(network, recording, options, entry)
  const change = kind === 'z' || kind === 'pattern' ? headChange(network, recording, options) : streamChange(recording, options)
  return (cells, slice) => {
    const base = rowsOf(recording.base(entry), slice).expandDims(0)                 // [1, pair, pos, d_model]
    const added = change(cells, slice)                                              // [cell or 1, pair, pos, d_model]
    const resid = base.add(added).reshape([cells.length * slice.count, pairs.length, -1])
    return network.run({ ...sequencesOf(pairs, recording.baseSide, slice, cells.length), from: { hook: entry, resid } })
  }
}

/** What the cells add to the stream: [cell or 1, pair, pos, d_model]; one for all where the cells are the same. */
type Change = (cells: readonly Cell[], slice: PairSlice) => Tensor

function streamChange(recording: Recording, { kind, layer, pairs }: PatcherOptions): Change {
  const hook = hookOf(kind, layer)
  return (cells, slice) => atPositions(differenceOf(recording, hook, slice).expandDims(0), cells, pairs.length)
}

/** Of `z` and `pattern`: what their cells' heads write differently. */
export function headChange(network: Network, recording: Recording, { kind, grid, layer, pairs }: PatcherOptions): Change {
  const { data, shape } = network.arrays[`blocks.${layer}.attn.W_O`]!
  const [n_heads, d_head, d_model] = shape as [number, number, number]
  return (cells, slice) => {
    const byHead = headDifference(recording, kind, layer, slice)                    // [head, pair, pos, d_head]
    const [, count, length] = byHead.shape as [number, number, number, number]
    const W_O = tf.tensor(data, [n_heads, d_head, d_model])
    if (grid === 'layer-pos') {
      const flat = byHead.transpose([1, 2, 0, 3]).reshape([count * length, n_heads * d_head])
      const written = flat.matMul(W_O.reshape([n_heads * d_head, d_model])).reshape([1, count, length, d_model])
      return atPositions(written, cells, pairs.length)
    }
    const heads = tf.tensor1d(cells.map(({ head }) => head!), 'int32') // both other grids pin the head
    const chosen = tf.gather(byHead, heads).reshape([cells.length, count * length, d_head])
    const written = tf.matMul(chosen, tf.gather(W_O, heads)).reshape([cells.length, count, length, d_model])
    return atPositions(written, cells, pairs.length)
  }
}

/** Change of z: [head, pair, pos, d_head]. */
function headDifference(recording: Recording, kind: SiteKind, layer: number, slice: PairSlice): Tensor {
  const difference = differenceOf(recording, hookOf(kind, layer), slice)
  if (kind === 'z') return difference.transpose([2, 0, 1, 3])
  const v = rowsOf(recording.base(hookOf('v', layer)), slice).transpose([0, 2, 1, 3])                // [pair, head, pos, d_head]
  return tf.matMul(difference, v).transpose([1, 0, 2, 3])
}

function hookPatcher(network: Network, recording: Recording, { kind, layer, pairs }: PatcherOptions, entry: string): CellPatcher {
  const hook = hookOf(kind, layer)
  return (cells, slice) => {
    const copies = tf.tile(rowsOf(recording.base(entry), slice), [cells.length, 1, 1])
    const difference = differenceOf(recording, hook, slice).expandDims(0)           // [1, pair, pos, head, d_head]
    const [, , , headCount] = difference.shape as readonly number[] as [number, number, number, number]
    const added = atHeads(atPositions(difference, cells, pairs.length), cells, headCount)
    const input = { ...sequencesOf(pairs, recording.baseSide, slice, cells.length), from: { hook: entry, resid: copies } }
    return network.run(input, { [hook]: (activation) => activation.add(added.reshape(activation.shape)) })
  }
}

function rowsOf(activation: Tensor, { first, count }: PairSlice): Tensor {
  return activation.slice([first], [count])
}

function differenceOf(recording: Recording, hook: string, slice: PairSlice): Tensor {
  return rowsOf(recording.donor(hook), slice).sub(rowsOf(recording.base(hook), slice))
}

/** Keeps of a change [cell or 1, pair, pos, …] what lies at each cell's position; all where the grid leaves it open. */
function atPositions(change: Tensor, cells: readonly Cell[], length: number): Tensor {
  if (cells[0]!.pos === undefined) return change
  const trailing = change.shape.slice(3).map(() => 1)
  return change.mul(oneHot(cells.map(({ pos }) => pos!), length).reshape([cells.length, 1, length, ...trailing]))
}

/** As `atPositions`, of a change [cell or 1, pair, pos, head, d_head] and its heads; always one copy a cell. */
function atHeads(change: Tensor, cells: readonly Cell[], headCount: number): Tensor {
  const inside =
    cells[0]!.head === undefined
      ? tf.ones([cells.length, 1, 1, headCount, 1])
      : oneHot(cells.map(({ head }) => head!), headCount).reshape([cells.length, 1, 1, headCount, 1])
  return change.mul(inside)
}

function oneHot(indices: readonly number[], length: number): Tensor {
  const values = new Float32Array(indices.length * length)
  indices.forEach((at, row) => void (values[row * length + at] = 1))
  return tf.tensor2d(values, [indices.length, length])
}
