/** Signed numbers with names, as bars to either side of zero: data to option. */
import type { EChartsOption } from 'echarts'
import type { CsvColumn } from '../base/csv'
import { axisRange, baseOption, grid, xCategoryAxis, yValueAxis, type AxisSpec } from './axis'
import type { ChartTheme } from './chart-theme'

export interface SignedBar {
  readonly id: string
  readonly title: string
  readonly value: number
  /** Drawn apart from the rest: a sum of them. */
  readonly isTotal?: boolean
}

export interface SignedBarsProps {
  readonly bars: readonly SignedBar[]
  /** What stands at a bar. */
  readonly y: AxisSpec
  readonly value: AxisSpec
}

/** Where a bar begins and how long it is, as shares of the width; zero lies where the range has it. */
export function barSpan(value: number, [low, high]: readonly [number, number]): { readonly left: number; readonly width: number } {
  const span = high - low || 1
  const at = (x: number): number => (x - low) / span
  return { left: Math.min(at(0), at(value)), width: Math.abs(at(value) - at(0)) }
}

/** From the least to the greatest, zero always inside. */
export function barRange(bars: readonly SignedBar[]): readonly [number, number] {
  const values = bars.map(({ value }) => value).filter(Number.isFinite)
  return [Math.min(0, ...values), Math.max(0, ...values)]
}

export function toOption({ bars, y, value }: SignedBarsProps, theme: ChartTheme): EChartsOption {
  const values = bars.map((bar) => bar.value)
  return {
    ...baseOption(theme),
    grid: { ...grid },
    xAxis: { ...(yValueAxis(theme, value, axisRange(value, [values, [0]])) as object), type: 'value' },
    yAxis: {
      ...(xCategoryAxis(theme, y, bars.map(({ title }) => title)) as object),
      type: 'category',
      inverse: true,
      axisLabel: { color: theme.textDim, fontSize: 11, interval: 0 },
    },
    series: [
      {
        type: 'bar',
        data: bars.map((bar) => ({
          value: bar.value,
          itemStyle: { color: bar.isTotal ? theme.textDim : bar.value < 0 ? theme.colours['run-1'] : theme.colours['run-2'] },
        })),
      },
    ],
  } as EChartsOption
}

export function toColumns({ bars, y, value }: SignedBarsProps): readonly CsvColumn[] {
  return [
    { name: y.title, values: bars.map(({ title }) => title) },
    { name: value.title, values: bars.map((bar) => bar.value) },
  ]
}
