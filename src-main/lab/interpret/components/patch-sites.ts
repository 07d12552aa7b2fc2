/**
 * Where patching looks: kinds of sites, each a hook point of every layer, and the grids their cells are counted on.
 *
 * A cell is all of its site that the grid leaves open: on layer × pos of `z`, every head at that position; on
 * layer × head, that head at every position. The position of `pattern` is the query's.
 */
import { assert } from '../../../base/assert'
import type { Network } from '../../models/network'

export const siteKinds = [
  'resid_pre',
  'resid_mid',
  'resid_post',
  'attn_out',
  'mlp_out',
  'z',
  'q',
  'k',
  'v',
  'pattern',
] as const
export type SiteKind = (typeof siteKinds)[number]

export const patchGrids = ['layer-pos', 'layer-head', 'layer-head-pos'] as const
export type PatchGrid = (typeof patchGrids)[number]

/** A cell of one layer: its index on the whole grid and what it pins down. */
export interface Cell {
  readonly index: number
  readonly head?: number
  readonly pos?: number
}

const headKinds: readonly SiteKind[] = ['z', 'q', 'k', 'v', 'pattern']

export const hasHeads = (kind: SiteKind): boolean => headKinds.includes(kind)

export function hookOf(kind: SiteKind, layer: number): string {
  return `blocks.${layer}.${hasHeads(kind) ? 'attn.' : ''}hook_${kind}`
}

export interface Blocks {
  readonly layerCount: number
  readonly headCount: number
  /** Kinds this network has. */
  readonly kinds: readonly SiteKind[]
  /** Where the stream goes on after a layer's attention: `resid_mid`, or `resid_post` where there is no MLP. */
  readonly afterAttention: 'resid_mid' | 'resid_post'
}

/** Undefined for a network without attention. */
export function blocksOf({ hookPoints }: Network): Blocks | undefined {
  const names = new Set(hookPoints.map(({ name }) => name))
  const z = hookPoints.find(({ name }) => name === hookOf('z', 0))
  if (!z) return undefined
  let layerCount = 0
  while (names.has(hookOf('z', layerCount))) layerCount++
  const kinds = siteKinds.filter((kind) => names.has(hookOf(kind, 0)))
  const afterAttention = kinds.includes('resid_mid') ? 'resid_mid' : 'resid_post'
  return { layerCount, headCount: z.shape[z.axes.indexOf('head') - 1]!, kinds, afterAttention }
}

export function requireBlocks(network: Network): Blocks {
  const blocks = blocksOf(network)
  assert(blocks, `model ${network.model.id} has no attention to patch`)
  return blocks
}

export const withoutAttention = (network: Network): string | undefined =>
  blocksOf(network) ? undefined : `needs a transformer; this model is '${network.model.id}'`

export function axesOf(grid: PatchGrid): readonly ('layer' | 'head' | 'pos')[] {
  return grid.split('-') as ('layer' | 'head' | 'pos')[] // the grids' names are their axes
}

export function gridShape(grid: PatchGrid, { layerCount, headCount }: Blocks, length: number): readonly number[] {
  return axesOf(grid).map((axis) => ({ layer: layerCount, head: headCount, pos: length })[axis])
}

/** Cells of a layer in the order of the grid. */
export function cellsOf(grid: PatchGrid, blocks: Blocks, { layer, length }: { layer: number; length: number }): readonly Cell[] {
  const [, ...rest] = gridShape(grid, blocks, length)
  const count = rest.reduce((product, n) => product * n, 1)
  return Array.from({ length: count }, (_, i): Cell => {
    const index = layer * count + i
    if (grid === 'layer-pos') return { index, pos: i }
    if (grid === 'layer-head') return { index, head: i }
    return { index, head: Math.floor(i / length), pos: i % length }
  })
}
