/**
 * A matrix as colours. On screen it is one pixel a cell on a canvas, scaled by the browser without smoothing;
 * as a figure it is an ECharts heatmap with the same colours.
 *
 * Orientation `xy`: the first axis runs right, the second up (activation over a and b).
 * Orientation `rows`: the first axis runs down, the second right (attention: query_pos down, key_pos right).
 */
import type { EChartsOption } from 'echarts'
import { centred, diverging, paletteIndex, paletteStops, sequential, type Palette } from '../base/colour'
import type { CsvColumn } from '../base/csv'
import { extent } from '../base/geometry'
import { tokenLabel } from '../base/token-label'
import { baseOption, nameAt, xCategoryAxis, type AxisSpec, type Range } from './axis'
import type { ChartTheme } from './chart-theme'

export interface Matrix {
  readonly axes: readonly string[]
  readonly shape: readonly number[]
  readonly data: ArrayLike<number>
}

export interface HeatmapProps {
  readonly matrix: Matrix
  readonly x: AxisSpec
  readonly y: AxisSpec
  /** What a cell's number is. */
  readonly value: AxisSpec
  readonly orientation?: 'xy' | 'rows'
  /** Signed values, zero in the middle; otherwise from least to most. */
  readonly isSigned?: boolean
}

export interface Layout {
  readonly columns: number
  readonly rows: number
  /** Index into the data of a cell counted from the left and from the top. */
  index(column: number, fromTop: number): number
  /** What the axes call that cell. */
  at(column: number, fromTop: number): { readonly x: number; readonly y: number }
  /** The inverse of `at`. */
  cell(x: number, y: number): { readonly column: number; readonly fromTop: number }
}

export function layoutOf({ matrix, orientation = 'xy' }: HeatmapProps): Layout {
  const [first = 0, second = 0] = matrix.shape
  if (orientation === 'rows') {
    return {
      columns: second,
      rows: first,
      index: (column, fromTop) => fromTop * second + column,
      at: (column, fromTop) => ({ x: column, y: fromTop }),
      cell: (x, y) => ({ column: x, fromTop: y }),
    }
  }
  return {
    columns: first,
    rows: second,
    index: (column, fromTop) => column * second + (second - 1 - fromTop),
    at: (column, fromTop) => ({ x: column, y: second - 1 - fromTop }),
    cell: (x, y) => ({ column: x, fromTop: second - 1 - y }),
  }
}

/** What an axis calls one of its places, as a label. */
export const placeLabel = (axis: AxisSpec, index: number): string => tokenLabel(nameAt(axis, index))

/** Named places across are written upright, unless every name is short. */
export const isUpright = ({ names }: AxisSpec): boolean => longestLabel(names) > 2

const longestLabel = (names: AxisSpec['names']): number =>
  (names ?? []).reduce((most, name) => Math.max(most, [...tokenLabel(name)].length), 0)

/** Room around the cells for ticks, titles and the colour bar, in pixels. */
export function marginsOf({ x, y }: Pick<HeatmapProps, 'x' | 'y'>): Record<'left' | 'right' | 'top' | 'bottom', number> {
  const perCharacter = 6.8
  return {
    left: Math.max(52, 32 + longestLabel(y.names) * perCharacter),
    right: 76,
    top: 10,
    bottom: isUpright(x) ? 30 + longestLabel(x.names) * perCharacter : 40,
  }
}

export function paletteOf({ isSigned }: HeatmapProps): Palette {
  return isSigned ? diverging : sequential
}

export function valueRange({ matrix, value, isSigned }: HeatmapProps): Range {
  const [low, high] = extent(matrix.data) ?? [0, 1]
  const range: Range = [value.min ?? low, value.max ?? high]
  return isSigned ? centred(...range) : range
}

/** Pixels of the picture, one a cell, row by row from the top; cells that are not finite stay transparent. */
export function pixels(props: HeatmapProps): Uint32Array {
  const { columns, rows, index } = layoutOf(props)
  const { words } = paletteOf(props)
  const [low, high] = valueRange(props)
  const drawn = new Uint32Array(columns * rows)
  for (let fromTop = 0; fromTop < rows; fromTop++) {
    for (let column = 0; column < columns; column++) {
      const value = props.matrix.data[index(column, fromTop)]!
      if (Number.isFinite(value)) drawn[fromTop * columns + column] = words[paletteIndex(value, low, high)]!
    }
  }
  return drawn
}

export function toOption(props: HeatmapProps, theme: ChartTheme): EChartsOption {
  const layout = layoutOf(props)
  const [min, max] = valueRange(props)
  const names = (axis: AxisSpec, length: number): string[] => Array.from({ length }, (_, i) => placeLabel(axis, i))
  const cells: (readonly [number, number, number | '-'])[] = []
  for (let fromTop = 0; fromTop < layout.rows; fromTop++) {
    for (let column = 0; column < layout.columns; column++) {
      const { x, y } = layout.at(column, fromTop)
      const value = props.matrix.data[layout.index(column, fromTop)]!
      cells.push([x, y, Number.isFinite(value) ? value : '-'])
    }
  }
  return {
    ...baseOption(theme),
    grid: { left: 10, right: 80, top: 12, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'all' },
    xAxis: xCategoryAxis(theme, props.x, names(props.x, layout.columns)),
    yAxis: {
      ...(xCategoryAxis(theme, props.y, names(props.y, layout.rows)) as object),
      type: 'category',
      nameGap: 30,
      inverse: props.orientation === 'rows',
    },
    visualMap: {
      min,
      max,
      precision: 3,
      right: 4,
      top: 'middle',
      itemWidth: 10,
      itemHeight: 140,
      text: [props.value.title, ''],
      textStyle: { color: theme.textDim, fontSize: 10 },
      inRange: { color: [...paletteStops(paletteOf(props))] },
    },
    series: [
      {
        type: 'heatmap',
        data: cells as [number, number, number][],
        progressive: 2000,
        progressiveThreshold: 10_000,
      },
    ],
  }
}

/** One row a cell. */
export function toColumns(props: HeatmapProps): readonly CsvColumn[] {
  const layout = layoutOf(props)
  const xs = new Int32Array(props.matrix.data.length)
  const ys = new Int32Array(props.matrix.data.length)
  for (let fromTop = 0; fromTop < layout.rows; fromTop++) {
    for (let column = 0; column < layout.columns; column++) {
      const index = layout.index(column, fromTop)
      const at = layout.at(column, fromTop)
      xs[index] = at.x
      ys[index] = at.y
    }
  }
  const named = (axis: AxisSpec, at: Int32Array): readonly CsvColumn[] =>
    axis.names ? [{ name: `${axis.title} name`, values: Array.from(at, (i) => axis.names?.[i] ?? '') }] : []
  return [
    { name: props.x.title, values: xs },
    ...named(props.x, xs),
    { name: props.y.title, values: ys },
    ...named(props.y, ys),
    { name: props.value.title, values: props.matrix.data },
  ]
}
