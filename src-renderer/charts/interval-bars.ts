/** Positive numbers with intervals, one row each, as bars from the left end of an axis: data to option. */
import type { EChartsOption } from 'echarts'
import type { CsvColumn } from '../base/csv'
import { axisRange, baseOption, grid, xCategoryAxis, xValueAxis, type AxisSpec, type Range } from './axis'
import type { ChartTheme, Meaning } from './chart-theme'

export interface IntervalBar {
  readonly id: string
  readonly title: string
  /** Absent where there is nothing to draw; `note` says why. */
  readonly value?: number | undefined
  readonly low?: number | undefined
  readonly high?: number | undefined
  readonly colour: Meaning
  /** Written behind the bar: `3 of 3`, `never, in 3 seeds`. */
  readonly note: string
}

export interface IntervalBarsProps {
  readonly bars: readonly IntervalBar[]
  /** What stands at a bar. */
  readonly y: AxisSpec
  readonly value: AxisSpec
}

const present = (values: readonly (number | undefined)[]): readonly number[] => values.filter((value) => value !== undefined)

/** Ends of the axis: as given, or those of all bars and intervals; a linear one begins at zero. */
export function intervalRange({ bars, value: spec }: IntervalBarsProps): Range {
  const values = present(bars.flatMap(({ value, low, high }) => [value, low, high]))
  return axisRange(spec, [spec.scale === 'log' ? values : [0, ...values]])
}

/** Where a number lies between the ends, 0 to 1; what lies beyond them is at the nearer end. */
export function shareAt(value: number, [low, high]: Range, isLog: boolean): number {
  const share = isLog ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low)
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0
}

export function toOption(props: IntervalBarsProps, theme: ChartTheme): EChartsOption {
  const { bars, y, value } = props
  const intervals = bars.flatMap(({ low, high }, row) =>
    low === undefined || high === undefined ? [] : [[{ coord: [low, row] }, { coord: [high, row] }]])
  return {
    ...baseOption(theme),
    grid: { ...grid },
    xAxis: xValueAxis(theme, value, intervalRange(props)),
    yAxis: {
      ...(xCategoryAxis(theme, y, bars.map(({ title, note }) => `${title} (${note})`)) as object),
      type: 'category',
      inverse: true,
      axisLabel: { color: theme.textDim, fontSize: 11, interval: 0 },
    },
    series: [
      {
        type: 'bar',
        barMaxWidth: 14,
        data: bars.map((bar) => ({ value: bar.value ?? '-', itemStyle: { color: theme.colours[bar.colour] } })),
        markLine: {
          silent: true,
          symbol: ['rect', 'rect'],
          symbolSize: [2, 9],
          label: { show: false },
          lineStyle: { color: theme.text, type: 'solid', width: 1.5 },
          data: intervals,
        },
      },
    ],
  } as EChartsOption
}

export function toColumns({ bars, y, value }: IntervalBarsProps): readonly CsvColumn[] {
  const numbers = (of: (bar: IntervalBar) => number | undefined): readonly number[] => bars.map((bar) => of(bar) ?? NaN)
  return [
    { name: y.title, values: bars.map(({ title }) => title) },
    { name: value.title, values: numbers((bar) => bar.value) },
    { name: `${value.title}, low`, values: numbers((bar) => bar.low) },
    { name: `${value.title}, high`, values: numbers((bar) => bar.high) },
    { name: 'note', values: bars.map(({ note }) => note) },
  ]
}
