/** Many attention patterns as small pictures in one: where each stands, and the whole as an exported figure. */
import type { EChartsOption } from 'echarts'
import type { CsvColumn } from '../base/csv'
import { clamp } from '../base/geometry'
import type { AxisSpec } from './axis'
import type { ChartTheme } from './chart-theme'
import { toOption as heatmapOption, type HeatmapProps, type Matrix } from './heatmap'

export interface AttentionGridProps {
  /** [layer, head, query_pos, key_pos] */
  readonly patterns: Matrix
  readonly value: AxisSpec
  readonly isSigned?: boolean
  /** Heads as layer · heads + head, in the order they are drawn; by layer without. */
  readonly order?: readonly number[] | undefined
}

export interface GridLayout {
  readonly columns: number
  readonly rows: number
  /** Side of one picture. */
  readonly side: number
  /** From one picture to the next, its label included. */
  readonly stepX: number
  readonly stepY: number
}

const gap = 8
export const labelHeight = 17
const leastSide = 36
const mostSide = 220

/**
 * The largest pictures that fit. Layers are rows when `perLayer` heads are given; otherwise as many a row as makes the
 * pictures largest. Smaller than `leastSide` they do not get: the grid then scrolls.
 */
export function gridLayout(
  count: number,
  { width, height }: { readonly width: number; readonly height: number },
  perLayer?: number,
): GridLayout {
  const candidates = perLayer ? [perLayer] : Array.from({ length: Math.max(1, count) }, (_, i) => i + 1)
  let best: GridLayout | undefined
  for (const columns of candidates) {
    const rows = Math.max(1, Math.ceil(count / columns))
    const fits = Math.floor(Math.min(width / columns - gap, height / rows - gap - labelHeight))
    const side = clamp(fits, leastSide, mostSide)
    const layout = { columns, rows, side, stepX: side + gap, stepY: side + gap + labelHeight }
    const isWithin = layout.stepX * columns <= width || columns === 1
    if (!best || (isWithin && side > best.side)) best = layout
  }
  return best!
}

/** One head's part of the patterns. */
export function headMatrix({ axes, shape, data }: Matrix, at: number): Matrix {
  const [, , rows = 0, columns = 0] = shape
  const size = rows * columns
  const [from, to] = [at * size, (at + 1) * size]
  const isTyped = ArrayBuffer.isView(data)
  const part = isTyped ? (data as Float32Array).subarray(from, to) : Array.from(data).slice(from, to) // a view of numbers
  return { axes: axes.slice(2), shape: [rows, columns], data: part }
}

/** Cells of an exported figure; more would make a report slow to open. */
const mostFigureCells = 60_000

/** All pictures side by side with a gap of empty cells, each pooled to the cell farthest from zero where there are too many. */
export function tiled({ patterns, order }: AttentionGridProps): Matrix {
  const [layers = 0, heads = 0, length = 0] = patterns.shape
  const shown = order ?? Array.from({ length: layers * heads }, (_, i) => i)
  const columns = order ? Math.ceil(Math.sqrt(shown.length)) : heads
  const rows = Math.ceil(shown.length / Math.max(1, columns))
  const side = Math.max(1, Math.ceil(length / Math.floor(Math.sqrt(mostFigureCells / Math.max(1, shown.length)))))
  const small = Math.ceil(length / side)
  const width = columns * (small + 1) - 1
  const data = new Float32Array((rows * (small + 1) - 1) * width).fill(NaN)
  shown.forEach((head, place) => {
    const top = Math.floor(place / columns) * (small + 1)
    const left = (place % columns) * (small + 1)
    for (let i = 0; i < length * length; i++) {
      const at = (top + Math.floor(Math.floor(i / length) / side)) * width + left + Math.floor((i % length) / side)
      const value = patterns.data[head * length * length + i]!
      if (Number.isNaN(data[at]!) || Math.abs(value) > Math.abs(data[at]!)) data[at] = value
    }
  })
  return { axes: ['query_pos', 'key_pos'], shape: [rows * (small + 1) - 1, width], data }
}

function figureProps(props: AttentionGridProps): HeatmapProps {
  const { value, isSigned } = props
  const axis = { x: { title: 'heads, each key_pos' }, y: { title: 'layers, each query_pos' } }
  return { matrix: tiled(props), ...axis, value, orientation: 'rows', ...(isSigned !== undefined && { isSigned }) }
}

export function toOption(props: AttentionGridProps, theme: ChartTheme): EChartsOption {
  return heatmapOption(figureProps(props), theme)
}

/** One row a cell of every head. */
export function toColumns({ patterns: { shape, data }, value }: AttentionGridProps): readonly CsvColumn[] {
  const [, heads = 0, rows = 0, columns = 0] = shape
  const index = (read: (i: number) => number): Int32Array => Int32Array.from({ length: data.length }, (_, i) => read(i))
  return [
    { name: 'layer', values: index((i) => Math.floor(i / (heads * rows * columns))) },
    { name: 'head', values: index((i) => Math.floor(i / (rows * columns)) % heads) },
    { name: 'query_pos', values: index((i) => Math.floor(i / columns) % rows) },
    { name: 'key_pos', values: index((i) => i % columns) },
    { name: value.title, values: data },
  ]
}
