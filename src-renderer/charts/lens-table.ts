/** A table of words over a map of colours: what each cell reads, and the whole as an exported figure. */
import type { EChartsOption } from 'echarts'
import { luminance, paletteIndex, sequential, toHex } from '../base/colour'
import type { CsvColumn } from '../base/csv'
import { tokenLabel } from '../base/token-label'
import type { AxisSpec } from './axis'
import type { ChartTheme } from './chart-theme'
import { toOption as heatmapOption, valueRange, type HeatmapProps, type Matrix } from './heatmap'

export interface LensTableProps {
  readonly rows: readonly string[]
  readonly columns: readonly string[]
  /** Row by row. */
  readonly texts: readonly string[]
  /** [row, column]: the colour of a cell. */
  readonly matrix: Matrix
  readonly value: AxisSpec
}

export interface CellLook {
  readonly background: string
  readonly color: string
}

/** A cell's colour and the text colour that reads on it; undefined for a cell without a value. */
export function cellLook(value: number, [low, high]: readonly [number, number]): CellLook | undefined {
  if (!Number.isFinite(value)) return undefined
  const colour = sequential.colours[paletteIndex(value, low, high)]!
  return { background: toHex(colour), color: luminance(colour) > 0.18 ? '#000000' : '#ffffff' }
}

export const columnWidth = 62
/** Columns drawn beyond either edge, so that a quick scroll shows no gap. */
const beyond = 4

/** The columns that a stretch of the page shows, and a few beside them. */
export function columnsInSight(
  count: number,
  { left, width }: { readonly left: number; readonly width: number },
): readonly number[] {
  const first = Math.max(0, Math.floor(left / columnWidth) - beyond)
  const last = Math.min(count - 1, Math.ceil((left + width) / columnWidth) + beyond)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i)
}

export function tableRange(props: LensTableProps): readonly [number, number] {
  return valueRange(heatmapProps(props))
}

function heatmapProps({ rows, columns, matrix, value }: LensTableProps): HeatmapProps {
  return {
    matrix,
    x: { title: 'token', names: columns },
    y: { title: 'place', names: rows },
    value,
    orientation: 'rows',
  }
}

/** Cells of a figure that are wide enough for words. */
const mostWordColumns = 24

export function toOption(props: LensTableProps, theme: ChartTheme): EChartsOption {
  const option = heatmapOption(heatmapProps(props), theme)
  if (props.columns.length > mostWordColumns) return option
  const width = props.columns.length
  const series = option.series as readonly { readonly data: readonly (readonly [number, number, number])[] }[]
  return {
    ...option,
    series: series.map((one) => ({
      ...one,
      data: one.data.map((value) => ({ value, name: tokenLabel(props.texts[value[1] * width + value[0]] ?? '') })),
      label: { show: true, formatter: '{b}', fontSize: 10 },
    })),
  } as EChartsOption
}

/** One row a cell. */
export function toColumns({ rows, columns, texts, matrix, value }: LensTableProps): readonly CsvColumn[] {
  const width = columns.length
  const each = <T>(read: (row: number, column: number) => T): T[] =>
    Array.from({ length: rows.length * width }, (_, i) => read(Math.floor(i / width), i % width))
  return [
    { name: 'place', values: each((row) => rows[row]!) },
    { name: 'pos', values: each((_, column) => column) },
    { name: 'token', values: each((_, column) => columns[column]!) },
    { name: 'likeliest', values: [...texts] },
    { name: value.title, values: matrix.data },
  ]
}
