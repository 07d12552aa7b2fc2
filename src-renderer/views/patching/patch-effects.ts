/** What a sweep says, as the charts take it: effects, sites of cells, tokens of positions. */
import type { PatchDirection, PatchedPairs, PatchPairs, PatchSweep, SiteKind } from '@contract/patching'
import { layerOf, parseSite, siteText, type Site } from '../../base/site'
import type { Matrix } from '../../charts/heatmap'
import { hasHeads } from './patching-words'

interface Means {
  readonly clean: number
  readonly corrupted: number
}

export interface EffectTerms {
  readonly direction: PatchDirection
  readonly isNormalized: boolean
}

/** Whether clean and corrupted runs differ enough for their difference to be a unit. */
export function canNormalize({ clean, corrupted }: Means): boolean {
  return Math.abs(clean - corrupted) > 1e-6 * Math.max(1e-6, Math.abs(clean), Math.abs(corrupted))
}

/** Change of the metric against the base run; normalized, in units of clean − corrupted. */
export function effectOf(value: number, means: Means, { direction, isNormalized }: EffectTerms): number {
  const change = value - (direction === 'denoise' ? means.corrupted : means.clean)
  return isNormalized && canNormalize(means) ? change / (means.clean - means.corrupted) : change
}

export function effectsOf(values: ArrayLike<number>, means: Means, terms: EffectTerms): Float64Array {
  return Float64Array.from(values, (value) => effectOf(value, means, terms))
}

/** The sweep's effects on [layer, pos], [layer, head], or [head, pos] with the heads of all layers below each other. */
export function effectMatrix(sweep: PatchSweep, terms: EffectTerms): Matrix {
  const data = effectsOf(sweep.values.data, sweep, terms)
  const columns = sweep.values.shape.at(-1) ?? 1
  return { axes: sweep.axes.slice(-2), shape: [columns > 0 ? data.length / columns : 0, columns], data }
}

// Cells and sites

/** Of layer × position, layer × head, or head × position. */
export type MapId = 'positions' | 'heads' | 'sites'

/** A row is a layer, in the map of sites a head: layer · heads + head. A column is a head in the map of heads, else a position. */
export interface MapCell {
  readonly row: number
  readonly column: number
}

export function cellSite(kind: SiteKind, map: MapId, { row, column }: MapCell, heads = 1): string {
  const layer = map === 'sites' ? Math.floor(row / heads) : row
  const hook = `blocks.${layer}.${hasHeads(kind) ? 'attn.' : ''}hook_${kind}`
  if (map === 'sites') return siteText({ hook, head: row % heads, pos: column })
  return siteText({ hook, ...(map === 'heads' ? { head: column } : { pos: column }) })
}

/** The cell of a site on a map of this kind; undefined where it is on no cell of it. */
export function siteCell(site: Site | undefined, kind: SiteKind, map: MapId, heads = 1): MapCell | undefined {
  const layer = site && layerOf(site)
  const column = map === 'heads' ? site?.head : site?.pos
  if (!site || layer === undefined || column === undefined) return undefined
  const cell = { row: map === 'sites' ? layer * heads + (site.head ?? 0) : layer, column }
  return cellSite(kind, map, cell, heads) === siteText(site) ? cell : undefined
}

/** What the rows of the map of sites read as: `0.0`, `0.1` … */
export function headNames(layers: number, heads: number): readonly string[] {
  return Array.from({ length: layers * heads }, (_, i) => `${Math.floor(i / heads)}.${i % heads}`)
}

/** The site, if the network and the prompts have it. */
export function knownSite(text: string | undefined, { layers, heads, kinds, clean }: PatchPairs): Site | undefined {
  const site = parseSite(text)
  const layer = site && layerOf(site)
  const kind = /hook_(\w+)$/.exec(site?.hook ?? '')?.[1] as SiteKind | undefined // looked up among the kinds
  if (!site || layer === undefined || layer >= layers || !kind || !kinds.includes(kind) || site.neuron !== undefined) return undefined
  const length = clean.shape[1] ?? 0
  const fits = (site.head === undefined || (hasHeads(kind) && site.head < heads)) && (site.pos === undefined || site.pos < length)
  return fits ? site : undefined
}

/** How a person names a site in a sentence. */
export function siteWords(site: Site): string {
  const layer = layerOf(site)
  const kind = /hook_(\w+)$/.exec(site.hook)?.[1]
  const where = site.head === undefined ? `${kind} of layer ${layer}` : `head ${layer}.${site.head}${kind === 'z' ? '' : `, ${kind}`}`
  return site.pos === undefined ? where : `${where} at position ${site.pos}`
}

// Pairs as text

/** What a person reads for a token or class of the pairs. */
export function textOf({ ids, texts }: PatchPairs, id: number): string {
  const at = ids.data.indexOf(id as never)
  return texts[at] ?? String(id)
}

export function promptText(pairs: PatchPairs, side: 'clean' | 'corrupted', pair: number): string {
  return tokensOf(pairs, side, pair).join(' ')
}

export function tokensOf(pairs: PatchPairs, side: 'clean' | 'corrupted', pair: number): readonly string[] {
  const length = pairs[side].shape[1] ?? 0
  return Array.from(pairs[side].data.slice(pair * length, (pair + 1) * length), (id) => textOf(pairs, id))
}

/** Tokens of one pair by position; where the prompts differ, both while there is room. */
export function positionNames(pairs: PatchPairs, pair: number): readonly string[] {
  const clean = tokensOf(pairs, 'clean', pair)
  const corrupted = tokensOf(pairs, 'corrupted', pair)
  const isShort = clean.length <= 6
  return clean.map((token, pos) => (isShort && token !== corrupted[pos] ? `${token}→${corrupted[pos]}` : token))
}

export function answerText(pairs: PatchPairs, side: 'answers' | 'wrong', pair: number): string {
  const { shape, data } = pairs[side]
  const width = shape[1] ?? 0
  const classes = Array.from(data.slice(pair * width, (pair + 1) * width)).filter((one) => one !== -1)
  const shown = classes.slice(0, 3).map((one) => textOf(pairs, one))
  return classes.length > 3 ? `${shown.join(', ')} and ${classes.length - 3} more` : shown.join(', ')
}

/** Means over pairs: clean, corrupted and patched. */
export function meansOf({ clean, corrupted, patched }: PatchedPairs): Means & { readonly patched: number } {
  const mean = ({ data }: { readonly data: ArrayLike<number> }): number =>
    Array.from(data).reduce((sum, value) => sum + value, 0) / data.length
  return { clean: mean(clean), corrupted: mean(corrupted), patched: mean(patched) }
}
