/** Points in groups: data to option. Past 10,000 points they are drawn progressively. */
import type { EChartsOption } from 'echarts'
import type { CsvColumn } from '../base/csv'
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

export interface ScatterGroup {
  readonly title: string
  readonly colour: Meaning
  /** Indices into x and y. */
  readonly members: ArrayLike<number>
}

export interface ScatterProps {
  readonly xs: ArrayLike<number>
  readonly ys: ArrayLike<number>
  readonly groups: readonly ScatterGroup[]
  readonly x: AxisSpec
  readonly y: AxisSpec
  /** What one point is: names it on hover and heads its column. */
  readonly noun: string
  readonly hidden?: readonly string[]
  readonly selected?: number | undefined
  readonly zoom?: Range | undefined
}

export const progressiveFrom = 10_000

export function scatterRanges({ xs, ys, x, y, zoom }: ScatterProps): {
  readonly x: Range
  readonly y: Range
} {
  return { x: zoom ?? axisRange(x, [xs]), y: axisRange(y, [ys]) }
}

export function toOption(props: ScatterProps, theme: ChartTheme): EChartsOption {
  const { xs, ys, groups, hidden = [], selected } = props
  const ranges = scatterRanges(props)
  const isDense = xs.length > 2000
  return {
    ...baseOption(theme),
    grid: { ...gridBelowLegend },
    legend: {
      ...legendOption(
        theme,
        groups.map(({ title }) => title),
      ),
      selected: unselected(hidden),
    },
    xAxis: xValueAxis(theme, props.x, ranges.x),
    yAxis: yValueAxis(theme, props.y, ranges.y),
    series: [
      ...groups.map(({ title, colour, members }) => ({
        type: 'scatter' as const,
        name: title,
        color: theme.colours[colour],
        symbolSize: isDense ? 4 : 6,
        itemStyle: { opacity: isDense ? 0.6 : 0.8 },
        progressive: 2000,
        progressiveThreshold: progressiveFrom,
        data: Array.from(members, (member) => [xs[member]!, ys[member]!, member]),
      })),
      {
        type: 'scatter' as const,
        name: '',
        silent: true,
        symbolSize: 11,
        z: 3,
        itemStyle: { color: 'transparent', borderColor: theme.text, borderWidth: 2 },
        data: selected === undefined ? [] : [[xs[selected]!, ys[selected]!, selected]],
      },
    ],
  }
}

export function toColumns({ xs, ys, groups, x, y, noun }: ScatterProps): readonly CsvColumn[] {
  const group: string[] = Array.from({ length: xs.length }, () => '')
  for (const { title, members } of groups) for (const member of Array.from(members)) group[member] = title
  return [
    { name: noun, values: Array.from({ length: xs.length }, (_, i) => i) },
    { name: x.title, values: xs },
    { name: y.title, values: ys },
    { name: 'group', values: group },
  ]
}
