/** Replies about the residual stream as what charts take. */
import type { Attribution, Decomposition, LensProfile, LensTable } from '@contract/lens'
import { formatNumber } from '../../base/format'
import { tokenLabel } from '../../base/token-label'
import type { AxisSpec } from '../../charts/axis'
import type { Matrix } from '../../charts/heatmap'
import type { LineSeries } from '../../charts/line-chart'
import type { SignedBar } from '../../charts/signed-bars'
import type { Colour, Curve } from './lens-state'

/** `embed`, `0 mid`, `0 post` for the hook points of the stream. */
export function pointTitle(point: string): string {
  const [, layer, place] = /^blocks\.(\d+)\.hook_resid_(\w+)$/.exec(point) ?? []
  if (layer === undefined) return point
  return place === 'pre' ? 'embed' : `${layer} ${place}`
}

/** Layers passed at a point: 0 at the start, half a layer at mid. */
export function layersPassed(point: string): number {
  const [, layer = '0', place] = /^blocks\.(\d+)\.hook_(?:resid_)?(\w+)$/.exec(point) ?? []
  const passed = { pre: 0, mid: 0.5, attn_out: 0.5, post: 1, mlp_out: 1 }[place as 'pre'] ?? 0 // the words of hook points
  return Number(layer) + passed
}

export const colourAxes: Readonly<Record<Colour, AxisSpec>> = {
  probability: { title: 'probability', min: 0, max: 1 },
  answer: { title: 'probability', min: 0, max: 1 },
  kl: { title: 'KL', unit: 'nats', min: 0 },
}

/** What colours the cells: [point, pos]. */
export function colourMatrix(table: LensTable, colour: Colour): Matrix {
  if (colour === 'kl') return table.kl
  if (colour === 'answer') return table.answerProbability
  const [points = 0, length = 0, count = 1] = table.topProbability.shape
  const first = Float32Array.from({ length: points * length }, (_, i) => table.topProbability.data[i * count]!)
  return { axes: ['point', 'pos'], shape: [points, length], data: first }
}

/** The likeliest class of each cell, row by row. */
export function topTexts({ top, classes }: LensTable): readonly string[] {
  const count = top.shape[2] ?? 1
  return Array.from({ length: top.data.length / count }, (_, i) => classes[String(top.data[i * count])] ?? '')
}

/** 1 where the likeliest class is the answer. */
export function rightCells({ answerRank }: LensTable): Uint8Array {
  return Uint8Array.from(answerRank.data, (rank) => Number(rank === 1))
}

/** What is known of one cell, in lines. */
export function cellDetails(table: LensTable, row: number, column: number): readonly string[] {
  const [, length = 0, count = 0] = table.top.shape
  const at = row * length + column
  const listed = Array.from({ length: Math.min(count, 5) }, (_, rank) => {
    const text = table.classes[String(table.top.data[at * count + rank])] ?? ''
    return `${tokenLabel(text)} ${formatNumber(table.topProbability.data[at * count + rank], 3)}`
  })
  const answer = table.answers[column]
  return [
    `${pointTitle(table.points[row]!)}, position ${column} “${tokenLabel(table.tokens[column] ?? '')}”`,
    listed.join(', '),
    ...(answer
      ? [`answer ${tokenLabel(answer)}: ${formatNumber(table.answerProbability.data[at], 3)}, rank ${table.answerRank.data[at]}`]
      : []),
    `KL to the final ${formatNumber(table.kl.data[at], 3)} nats`,
  ]
}

export function componentBars({ components, logit }: Attribution): readonly SignedBar[] {
  return [...components, { id: 'total', title: 'Sum', value: logit, isTotal: true }]
}

/** The parts of one head by the token it looked at. */
export function sourceBars({ sources, heads, tokens }: Attribution, at: { layer: number; head: number }): readonly SignedBar[] {
  const [, count = 0, length = 0] = sources.shape
  const place = at.layer * count + at.head
  const bars = Array.from({ length }, (_, key) => ({
    id: `key.${key}`,
    title: tokens ? `${key} ${tokenLabel(tokens[key] ?? '')}` : `position ${key}`,
    value: sources.data[place * length + key]!,
  }))
  return [...bars, { id: 'total', title: `Head ${at.layer}.${at.head}`, value: heads.data[place]!, isTotal: true }]
}

export function neuronBars({ neurons }: Attribution): readonly SignedBar[] {
  return neurons.map(({ layer, neuron, value }) => ({ id: `${layer}.${neuron}`, title: `MLP ${layer}, neuron ${neuron}`, value }))
}

const line = (
  points: readonly string[],
  y: ArrayLike<number>,
  look: Pick<LineSeries, 'title' | 'colour' | 'dash'>,
): LineSeries => ({ ...look, x: points.map(layersPassed), y })

export function profileLines({ points, answerProbability, accuracy, kl }: LensProfile, curve: Curve): readonly LineSeries[] {
  if (curve === 'kl') return [line(points, kl.data, { title: 'KL(final ‖ place)', colour: 'accent' })]
  return [
    line(points, answerProbability.data, { title: 'probability of the answer', colour: 'test' }),
    line(points, accuracy.data, { title: 'likeliest is the answer', colour: 'clean', dash: 'dashed' }),
  ]
}

export function decompositionLines(found: Decomposition, curve: Curve): readonly LineSeries[] {
  const { points, writers, norm, writeNorm, finalCosine, writeCosine } = found
  const written = (kind: 'attn_out' | 'mlp_out', values: ArrayLike<number>, look: Pick<LineSeries, 'title' | 'colour'>) => {
    const members = writers.flatMap((name, i) => (name.endsWith(kind) ? [i] : []))
    if (members.length === 0) return []
    return [line(members.map((i) => writers[i]!), members.map((i) => values[i]!), { ...look, dash: 'dashed' })]
  }
  const [whole, values] = curve === 'norm' ? [norm, writeNorm] : [finalCosine, writeCosine]
  const title = curve === 'norm' ? 'stream' : 'stream with its end'
  return [
    line(points, whole.data, { title, colour: 'accent' }),
    ...written('attn_out', values.data, { title: curve === 'norm' ? 'attention writes' : 'attention with the stream', colour: 'run-2' }),
    ...written('mlp_out', values.data, { title: curve === 'norm' ? 'MLP writes' : 'MLP with the stream', colour: 'run-3' }),
  ]
}
