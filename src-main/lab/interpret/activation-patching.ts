/**
 * Activation patching: the base run with one activation taken from the donor run, for every cell of a grid.
 *
 * 1. Record both runs once (components/patch-recording.ts).
 * 2. Layer by layer from the last, which costs least and is where answers are written, run the cells of the grid as
 *    copies of the pairs in one batch, starting behind what the patch leaves alone (components/cell-patcher.ts).
 * 3. A cell's value is the mean over pairs of the metric of its run. Normalized, (value − corrupted) / (clean −
 *    corrupted), it is 1 where the clean run's metric is reached and 0 at the corrupted run's.
 *
 * Source: arXiv:2202.05262 §2 (causal tracing), arXiv:2404.15255.
 */
import { scoped } from '../../engine/tf'
import type { Network } from '../models/network'
import { defineAnalysis } from './analysis'
import { createPatcher, neededHooks, type CellPatcher } from './components/cell-patcher'
import type { Pairs } from './components/pairs'
import type { PatchMetric } from './components/patch-metric'
import {
  recordPairs,
  rowsPerRun,
  slicesOf,
  type Baselines,
  type PatchDirection,
  type Recording,
} from './components/patch-recording'
import { axesOf, cellsOf, gridShape, requireBlocks, withoutAttention, type Cell, type PatchGrid, type SiteKind } from './components/patch-sites'

export interface SweepPlan {
  readonly pairs: Pairs
  readonly direction: PatchDirection
  readonly metric: PatchMetric
  readonly kind: SiteKind
  readonly grid: PatchGrid
}

export interface Sweep {
  /** Mean metric with each cell patched, row-major over `shape`; NaN where it is not known yet. */
  readonly values: Float64Array
  readonly axes: readonly ('layer' | 'head' | 'pos')[]
  readonly shape: readonly number[]
  readonly baselines: Baselines
  /** Cells known so far, and all there are. */
  readonly done: number
  readonly total: number
}

export default defineAnalysis<SweepPlan, Sweep>({
  id: 'activation-patching',
  title: 'Activation patching',
  definition:
    'Mean over pairs of the metric when the base run’s activation at one cell is replaced by the donor run’s: denoising ' +
    'patches clean activations into the corrupted run, noising corrupted ones into the clean run. A cell is the site at one ' +
    'layer and position (all heads), or at one layer and head (all positions). Normalized: (m − m_corrupted) / (m_clean − ' +
    'm_corrupted), of means over pairs.',
  source: 'arXiv:2202.05262 §2; arXiv:2404.15255',
  unsuitable: withoutAttention,
  measure(network, plan) {
    const steps = sweepSteps(network, plan)
    let next = steps.next()
    while (!next.done) next = steps.next()
    return next.value
  },
})

/** Yields the sweep so far after every batch. The yielded values keep filling; copy what must not change. */
export function* sweepSteps(network: Network, plan: SweepPlan): Generator<Sweep, Sweep> {
  const { pairs, kind, grid } = plan
  const blocks = requireBlocks(network)
  const shape = gridShape(grid, blocks, pairs.length)
  const total = shape.reduce((product, n) => product * n, 1)
  const values = new Float64Array(total).fill(NaN)
  const layers = Array.from({ length: blocks.layerCount }, (_, i) => blocks.layerCount - 1 - i)
  const needed = layers.map((layer) => neededHooks(kind, layer, blocks))
  const recording = recordPairs(network, pairs, {
    ...plan,
    baseHooks: [...new Set(needed.flatMap(({ base }) => base))],
    donorHooks: needed.flatMap(({ donor }) => donor),
  })
  let done = 0
  const sweep = (): Sweep => ({ values, axes: axesOf(grid), shape, baselines: recording.baselines, done, total })
  try {
    yield sweep()
    for (const layer of layers) {
      const patcher = createPatcher(network, recording, { kind, grid, layer, pairs })
      const cells = cellsOf(grid, blocks, { layer, length: pairs.length })
      for (const group of groupsOf(cells, rowsPerRun(network, pairs.length), pairs.count)) {
        yield* measureCells(patcher, recording, { pairs, group, values, rows: rowsPerRun(network, pairs.length), sweep })
        done += group.length
        yield sweep()
      }
    }
    return sweep()
  } finally {
    recording.dispose()
  }
}

/** As many cells at a time as their copies of the pairs fit into one run. */
function groupsOf(cells: readonly Cell[], rows: number, pairCount: number): readonly (readonly Cell[])[] {
  const size = Math.max(1, Math.floor(rows / pairCount))
  return Array.from({ length: Math.ceil(cells.length / size) }, (_, i) => cells.slice(i * size, (i + 1) * size))
}

interface Measured {
  readonly pairs: Pairs
  readonly group: readonly Cell[]
  readonly values: Float64Array
  /** Sequences that go through the network at once. */
  readonly rows: number
  readonly sweep: () => Sweep
}

/** Yields between slices of the pairs, where they are too many for one run. */
function* measureCells(
  patcher: CellPatcher,
  { reader }: Recording,
  { pairs, group, values, rows, sweep }: Measured,
): Generator<Sweep, void> {
  const sums = new Float64Array(group.length)
  const slices = slicesOf(pairs, Math.max(rows, 1))
  for (const [i, slice] of slices.entries()) {
    const read = scoped(() => reader.read(patcher(group, slice), slice).dataSync())                  // [cell, pair]
    for (let at = 0; at < read.length; at++) sums[Math.floor(at / slice.count)]! += read[at]!
    if (i < slices.length - 1) yield sweep()
  }
  group.forEach(({ index }, at) => void (values[index] = sums[at]! / pairs.count))
}
