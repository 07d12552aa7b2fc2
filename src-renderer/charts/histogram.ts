/** How many values fall into each of equal bins, stacked by group: data to option. */
import type { EChartsOption, ScatterSeriesOption } from 'echarts'
import type { CsvColumn } from '../base/csv'
import { formatNumber } from '../base/format'
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

export interface HistogramGroup {
  readonly title: string
  readonly colour: Meaning
  /** One count a bin. */
  readonly counts: ArrayLike<number>
}

export interface HistogramProps {
  readonly range: Range
  readonly groups: readonly HistogramGroup[]
  readonly x: AxisSpec
  readonly y: AxisSpec
  readonly hidden?: readonly string[]
  /** Bin drawn as chosen. */
  readonly selected?: number | undefined
}

/**
 * Bin of a value: [low, high] in `bins` equal parts, each with its lower end, the last with both. −1
 * outside.
 */
export function binOf(value: number, [low, high]: Range, bins: number): number {
  if (!(value >= low) || value > high) return -1
  // Compared against the ends themselves, since 0.3 / 0.05 falls just short of 6.
  const guess = Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins))
  const end = (bin: number): number => binEnd(bin, [low, high], bins)
  if (guess + 1 < bins && value >= end(guess + 1)) return guess + 1
  return value < end(guess) ? Math.max(0, guess - 1) : guess
}

/** Lower end of a bin, rounded so that 3 × 0.05 is 0.15. */
export function binEnd(bin: number, [low, high]: Range, bins: number): number {
  return Number((low + ((high - low) * bin) / bins).toPrecision(12))
}

/** Counts of one group's values. */
export function countBins(values: Iterable<number>, range: Range, bins: number): Int32Array {
  const counts = new Int32Array(bins)
  for (const value of values) {
    const bin = binOf(value, range, bins)
    if (bin >= 0) counts[bin]!++
  }
  return counts
}

const binCount = ({ groups }: HistogramProps): number => groups[0]?.counts.length ?? 0

export function binTitle(bin: number, range: Range, bins: number): string {
  return `${formatNumber(binEnd(bin, range, bins))} to ${formatNumber(binEnd(bin + 1, range, bins))}`
}

export function toOption(props: HistogramProps, theme: ChartTheme): EChartsOption {
  const { groups, range, hidden = [], selected } = props
  const bins = binCount(props)
  const titles = groups.map(({ title }) => title)
  const shown = groups.filter(({ title }) => !hidden.includes(title))
  const totals = Array.from({ length: bins }, (_, bin) =>
    shown.reduce((sum, { counts }) => sum + counts[bin]!, 0),
  )
  const isLog = props.y.scale === 'log'
  const y = axisRange({ ...props.y, min: props.y.min ?? (isLog ? 0.5 : 0) }, [totals])
  return {
    ...baseOption(theme),
    grid: { ...gridBelowLegend },
    legend: {
      ...legendOption(theme, titles),
      selected: unselected(hidden),
    },
    // Bars stand on the hidden axis of bins; the shown one names their ends, where they are.
    xAxis: [
      {
        type: 'category',
        show: false,
        data: Array.from({ length: bins }, (_, bin) => binTitle(bin, range, bins)),
      },
      { ...xValueAxis(theme, props.x, range), position: 'bottom', splitLine: { show: false } },
    ],
    yAxis: yValueAxis(theme, props.y, y),
    series: [
      ...groups.map(({ title, colour, counts }) => ({
        type: 'bar' as const,
        name: title,
        stack: 'all',
        barCategoryGap: '8%',
        color: theme.colours[colour],
        emphasis: { focus: 'none' as const },
        data: Array.from(counts, (value, bin) => ({
          value,
          itemStyle: { opacity: selected === undefined || selected === bin ? 1 : 0.35 },
        })),
      })),
      totalLabels(theme, totals),
    ],
  }
}

/** The bin's total above its bar; a bar of one would hardly be seen without. */
function totalLabels(theme: ChartTheme, totals: readonly number[]): ScatterSeriesOption {
  return {
    type: 'scatter',
    name: '',
    silent: true,
    symbolSize: 0,
    tooltip: { show: false },
    label: {
      show: true,
      position: 'top',
      distance: 3,
      color: theme.textDim,
      fontSize: 10,
      formatter: '{@[1]}',
      // A label wider than its bar lies on the neighbour.
      textBorderColor: theme.panel,
      textBorderWidth: 2,
    },
    labelLayout: { hideOverlap: true },
    data: totals.flatMap((total, bin) => (total > 0 ? [[bin, total]] : [])),
  }
}

export function toColumns(props: HistogramProps): readonly CsvColumn[] {
  const bins = binCount(props)
  const ends = (offset: number): number[] => {
    return Array.from({ length: bins }, (_, bin) => binEnd(bin + offset, props.range, bins))
  }
  return [
    { name: `${props.x.title} from`, values: ends(0) },
    { name: 'to', values: ends(1) },
    ...props.groups.map(({ title, counts }) => ({ name: title, values: counts })),
  ]
}
