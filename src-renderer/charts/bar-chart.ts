/** Bars side by side over categories, e.g. a spectrum by part: data to option. */
import type { EChartsOption } from 'echarts'
import type { CsvColumn } from '../base/csv'
import {
  axisRange,
  baseOption,
  gridBelowLegend,
  legendOption,
  unselected,
  xCategoryAxis,
  yValueAxis,
  type AxisSpec,
} from './axis'
import type { ChartTheme, Meaning } from './chart-theme'

export interface BarSeries {
  readonly title: string
  readonly colour: Meaning
  readonly values: ArrayLike<number>
}

export interface BarChartProps {
  readonly categories: readonly string[]
  readonly series: readonly BarSeries[]
  readonly x: AxisSpec
  readonly y: AxisSpec
  readonly hidden?: readonly string[]
  /** Category drawn as chosen. */
  readonly selected?: number | undefined
}

export function toOption(props: BarChartProps, theme: ChartTheme): EChartsOption {
  const { categories, series, hidden = [], selected } = props
  const titles = series.map(({ title }) => title)
  // Bars stand on zero, whatever the data are.
  const values = series.map((one) => one.values)
  const y = axisRange(props.y, [...values, [0]])
  return {
    ...baseOption(theme),
    grid: { ...gridBelowLegend },
    legend: {
      ...legendOption(theme, titles),
      selected: unselected(hidden),
    },
    xAxis: xCategoryAxis(theme, props.x, categories),
    yAxis: yValueAxis(theme, props.y, y),
    series: series.map(({ title, colour, values: data }) => ({
      type: 'bar',
      name: title,
      color: theme.colours[colour],
      barGap: '0%',
      barCategoryGap: '15%',
      barMinHeight: 0,
      emphasis: { focus: 'none' },
      data: Array.from(data, (value, at) => ({
        value,
        itemStyle: { opacity: selected === undefined || selected === at ? 1 : 0.35 },
      })),
    })),
  }
}

export function toColumns({ categories, series, x }: BarChartProps): readonly CsvColumn[] {
  return [
    { name: x.title, values: categories },
    ...series.map(({ title, values }) => ({ name: title, values })),
  ]
}
