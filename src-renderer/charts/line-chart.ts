/** Lines over a shared horizontal axis: data to option. */
import type { EChartsOption, LineSeriesOption } from 'echarts'
import { withAlpha } from '../base/colour'
import type { CsvColumn } from '../base/csv'
import { downsample } from '../base/downsample'
import {
  axisRange,
  baseOption,
  gridBelowLegend,
  legendOption,
  unselected,
  xValueAxis,
  yValueAxis,
  type AxisSpec,
  type Range,
} from './axis'
import type { ChartTheme, Meaning } from './chart-theme'

export interface LineSeries {
  readonly title: string
  /** Ascending. */
  readonly x: ArrayLike<number>
  /** NaN leaves a gap. */
  readonly y: ArrayLike<number>
  readonly colour: Meaning
  readonly dash?: 'solid' | 'dashed' | 'dotted'
  /** Ends of a band around the line, e.g. over seeds. Not drawn on a log axis. */
  readonly low?: ArrayLike<number> | undefined
  readonly high?: ArrayLike<number> | undefined
}

/** A named stretch of the horizontal axis, e.g. a phase. */
export interface Band {
  readonly title: string
  readonly from: number
  readonly to: number
  readonly colour: Meaning
}

export interface LineChartProps {
  readonly series: readonly LineSeries[]
  readonly x: AxisSpec
  readonly y: AxisSpec
  readonly bands?: readonly Band[]
  /** Position of a vertical line. */
  readonly marker?: number | undefined
  /** Part of the horizontal axis shown; all of it without. */
  readonly zoom?: Range | undefined
  /** Titles of series switched off in the legend. */
  readonly hidden?: readonly string[]
  /** Pixel columns to keep extremes for. */
  readonly columns?: number
}

export function lineRanges({ series, x, y, zoom }: LineChartProps): { readonly x: Range; readonly y: Range } {
  const whole = axisRange(
    x,
    series.map((one) => one.x),
    true,
  )
  const shown = zoom ?? whole
  const ends = series.flatMap(({ x: at, y: middle, low = middle, high = middle }) => [middle, low, high].map((values) => ({ at, values })))
  const inside = ends.map(({ at, values }) => (zoom ? downsample(at, values, 2000, shown).y : values))
  return { x: shown, y: axisRange(y, inside) }
}

export function toOption(props: LineChartProps, theme: ChartTheme): EChartsOption {
  const { series, bands = [], marker, hidden = [], columns = 800 } = props
  const ranges = lineRanges(props)
  const titles = series.map(({ title }) => title)
  return {
    ...baseOption(theme),
    grid: { ...gridBelowLegend },
    legend: {
      ...legendOption(theme, titles),
      itemStyle: { opacity: 0 },
      selected: unselected(hidden),
    },
    xAxis: xValueAxis(theme, props.x, ranges.x, { isZoomed: props.zoom !== undefined }),
    yAxis: yValueAxis(theme, props.y, ranges.y),
    series: [
      ...series.map((one) => lineOption(one, { props, theme, range: ranges.x, columns })),
      // Behind the lines, but after them: a legend takes its mark from the first of a name.
      ...series.flatMap((one, i) => bandOptions(one, { props, theme, columns, stack: `band-${i}` })),
      annotations(bands, marker, theme),
    ],
  }
}

function lineOption(
  { title, x, y, colour, dash = 'solid' }: LineSeries,
  {
    props,
    theme,
    range,
    columns,
  }: { props: LineChartProps; theme: ChartTheme; range: Range; columns: number },
): LineSeriesOption {
  const points = downsample(x, y, columns, range)
  const isLogX = props.x.scale === 'log'
  const isLogY = props.y.scale === 'log'
  const data: (readonly [number, number | '-'])[] = []
  for (let i = 0; i < points.x.length; i++) {
    // A log axis has no place for zero: the line breaks there.
    if (isLogX && points.x[i]! <= 0) continue
    const value = points.y[i]!
    data.push([points.x[i]!, Number.isFinite(value) && !(isLogY && value <= 0) ? value : '-'])
  }
  return {
    type: 'line',
    name: title,
    color: theme.colours[colour],
    lineStyle: { width: 1.6, type: dash, color: theme.colours[colour] },
    symbol: data.length === 1 ? 'circle' : 'none',
    emphasis: { disabled: true },
    clip: true,
    data: data as [number, number][], // '-' is ECharts' way to write a gap
  }
}

/**
 * A band as two lines on top of each other: the lower end, unseen, and the height above it, filled. Both take the same
 * points, since only equal places are stacked.
 */
function bandOptions(
  { title, x, low, high, colour }: LineSeries,
  { props, theme, columns, stack }: { props: LineChartProps; theme: ChartTheme; columns: number; stack: string },
): readonly LineSeriesOption[] {
  if (!low || !high || props.y.scale === 'log') return []
  const stride = Math.max(1, Math.ceil(x.length / columns))
  const at = Array.from({ length: Math.ceil(x.length / stride) }, (_, i) => Math.min(x.length - 1, i * stride))
  const shown = at.filter((i) => Number.isFinite(low[i]) && Number.isFinite(high[i]) && !(props.x.scale === 'log' && x[i]! <= 0))
  const part = (value: (i: number) => number, opacity: number): LineSeriesOption => ({
    type: 'line',
    name: title,
    stack,
    z: 1,
    color: theme.colours[colour],
    lineStyle: { opacity: 0 },
    symbol: 'none',
    silent: true,
    emphasis: { disabled: true },
    areaStyle: { color: withAlpha(theme.colours[colour], opacity) },
    data: shown.map((i) => [x[i]!, value(i)]),
  })
  return [part((i) => low[i]!, 0), part((i) => high[i]! - low[i]!, 0.16)]
}

/** Bands and marker hang on an empty line of their own, so that hiding a series hides neither. */
function annotations(
  bands: readonly Band[],
  marker: number | undefined,
  theme: ChartTheme,
): LineSeriesOption {
  return {
    type: 'line',
    name: '',
    data: [],
    silent: true,
    markArea: {
      silent: true,
      label: { position: 'insideTop', color: theme.textFaint, fontSize: 10 },
      data: bands.map(({ title, from, to, colour }) => [
        { name: title, xAxis: from, itemStyle: { color: withAlpha(theme.colours[colour], 0.08) } },
        { xAxis: to },
      ]),
    },
    markLine: {
      silent: true,
      symbol: 'none',
      animation: false,
      label: { show: false },
      lineStyle: { color: theme.colours.accent, type: 'solid', width: 1.5 },
      data: marker === undefined ? [] : [{ xAxis: marker }],
    },
  }
}

/** One x column when all series share it, otherwise one each. */
export function toColumns({ series, x }: LineChartProps): readonly CsvColumn[] {
  const first = series[0]
  if (!first) return []
  const isShared = series.every((one) => one.x === first.x || equal(one.x, first.x))
  if (isShared)
    return [{ name: x.title, values: first.x }, ...series.flatMap(valueColumns)]
  return series.flatMap((one) => [
    { name: `${x.title} of ${one.title}`, values: one.x },
    ...valueColumns(one),
  ])
}

function valueColumns({ title, y, low, high }: LineSeries): readonly CsvColumn[] {
  const ends = low && high ? [{ name: `${title}, low`, values: low }, { name: `${title}, high`, values: high }] : []
  return [{ name: title, values: y }, ...ends]
}

function equal(first: ArrayLike<number>, second: ArrayLike<number>): boolean {
  if (first.length !== second.length) return false
  for (let i = 0; i < first.length; i++) if (first[i] !== second[i]) return false
  return true
}
