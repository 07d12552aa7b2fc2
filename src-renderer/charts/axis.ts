/**
 * Axes as people name them, and the ECharts parts that every mark shares. Plain data: no functions inside.
 */
import type { EChartsOption, XAXisComponentOption, YAXisComponentOption } from 'echarts'
import { computed, type ComputedRef } from 'vue'
import { formatAccuracy, formatExact, formatNumber } from '../base/format'
import { extent } from '../base/geometry'
import { linearTicks } from '../base/scales'
import type { ChartTheme } from './chart-theme'

export interface AxisSpec {
  readonly title: string
  /** Written after the title, in brackets. */
  readonly unit?: string
  readonly scale?: 'linear' | 'log'
  /** Fixed ends; without them the data's, rounded outwards. */
  readonly min?: number | undefined
  readonly max?: number | undefined
  /** Accuracies read as percent on screen; the data stay 0–1. */
  readonly format?: 'number' | 'accuracy'
  /** What each index of a map's axis reads as; the index itself without. */
  readonly names?: readonly string[] | undefined
}

/** An index of a map's axis as a person reads it. */
export function nameAt({ names }: AxisSpec, index: number): string {
  return names?.[index] ?? String(index)
}

/**
 * The axis as long as it says the same: a parent that writes it anew with every render does not cause a
 * drawing.
 */
export function useAxis(read: () => AxisSpec): ComputedRef<AxisSpec> {
  return computed((before?: AxisSpec) => {
    const now = read()
    return before && JSON.stringify(before) === JSON.stringify(now) ? before : now
  })
}

export type Range = readonly [low: number, high: number]

/** Small margins: ECharts keeps labels and names inside them. */
export const grid = {
  left: 10,
  right: 16,
  top: 10,
  bottom: 8,
  outerBoundsMode: 'same',
  outerBounds: { left: 10, right: 16, top: 8, bottom: 6 },
  outerBoundsContain: 'all',
} as const

/** Room for the legend of an exported picture; on screen the legend is part of the page. */
export const gridBelowLegend = { ...grid, top: 34 } as const

export function baseOption(theme: ChartTheme): EChartsOption {
  return {
    animation: false,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: theme.font, fontSize: 11, color: theme.text },
    aria: { enabled: true },
    grid: { ...grid },
    tooltip: {
      confine: true,
      transitionDuration: 0,
      backgroundColor: theme.raised,
      borderColor: theme.lineHard,
      padding: [4, 8],
      textStyle: { color: theme.text, fontSize: 12, fontFamily: theme.font },
    },
  }
}

/** What a legend does not show, in the form the chart library takes. */
export function unselected(hidden: readonly string[]): Record<string, false> {
  return Object.fromEntries(hidden.map((title) => [title, false as const]))
}

export function legendOption(theme: ChartTheme, names: readonly string[]): EChartsOption['legend'] {
  return {
    show: names.length > 1,
    top: 6,
    right: 12,
    data: [...names],
    itemWidth: 14,
    itemHeight: 8,
    textStyle: { color: theme.textDim, fontSize: 11 },
  }
}

export function axisTitle({ title, unit }: AxisSpec): string {
  return unit ? `${title} (${unit})` : title
}

/** Ends of an axis: as given, or those of the data rounded outwards to a tick. */
export function axisRange(spec: AxisSpec, data: readonly ArrayLike<number>[], isTight = false): Range {
  const isLog = spec.scale === 'log'
  const shown = isLog ? data.map((values) => Array.from(values).filter((value) => value > 0)) : data
  const extents = shown.map(extent).filter((found) => found !== undefined)
  const low = Math.min(...extents.map(([least]) => least))
  const high = Math.max(...extents.map(([, most]) => most))
  const [from, to] = extents.length === 0 ? [isLog ? 1 : 0, isLog ? 10 : 1] : [low, high]
  const [min, max] = isTight ? spread(from, to, isLog) : isLog ? powers(from, to) : rounded(from, to)
  return [spec.min ?? min, spec.max ?? max]
}

function spread(from: number, to: number, isLog: boolean): Range {
  if (to > from) return [from, to]
  return isLog ? [from / 2, from * 2] : [from - 0.5, from + 0.5]
}

function powers(from: number, to: number): Range {
  const low = 10 ** Math.floor(Math.log10(from) + 1e-9)
  const high = 10 ** Math.ceil(Math.log10(to) - 1e-9)
  return [low, high > low ? high : low * 10]
}

function rounded(from: number, to: number): Range {
  const [low, high] = spread(from, to, false)
  const ticks = linearTicks(low, high, 5)
  const step = ticks.length > 1 ? ticks[1]! - ticks[0]! : high - low
  const clean = (value: number): number => Number(value.toPrecision(12))
  return [clean(Math.floor(low / step + 1e-9) * step), clean(Math.ceil(high / step - 1e-9) * step)]
}

function axisLook(theme: ChartTheme, spec: AxisSpec) {
  return {
    name: axisTitle(spec),
    nameLocation: 'middle' as const,
    nameTextStyle: { color: theme.textDim, fontSize: 11 },
    axisLine: { show: true, lineStyle: { color: theme.lineHard } },
    axisTick: { show: false },
    axisLabel: { color: theme.textDim, fontSize: 11, hideOverlap: true },
    splitLine: { lineStyle: { color: theme.lineSoft } },
    minorTick: { show: false },
  }
}

export function xValueAxis(
  theme: ChartTheme,
  spec: AxisSpec,
  [min, max]: Range,
  { isZoomed = false }: { readonly isZoomed?: boolean } = {},
): XAXisComponentOption {
  const look = axisLook(theme, spec)
  const ends = { showMinLabel: !isZoomed, showMaxLabel: !isZoomed }
  if (spec.scale !== 'log') {
    return {
      ...look,
      type: 'value',
      min,
      max,
      nameGap: 24,
      axisLabel: { ...look.axisLabel, ...(isZoomed && ends) },
    }
  }
  // The end of a tight log axis is no power of ten, and its label would touch the last that is.
  const axisLabel = { ...look.axisLabel, ...ends, showMaxLabel: !isZoomed && isPower(max) }
  return { ...look, type: 'log', min, max, nameGap: 24, axisLabel }
}

const isPower = (value: number): boolean => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9

export function yValueAxis(theme: ChartTheme, spec: AxisSpec, [min, max]: Range): YAXisComponentOption {
  const look = axisLook(theme, spec)
  return {
    ...look,
    type: spec.scale === 'log' ? 'log' : 'value',
    min,
    max,
    nameGap: 36,
    axisLine: { show: false },
  }
}

export function xCategoryAxis(
  theme: ChartTheme,
  spec: AxisSpec,
  categories: readonly string[],
): XAXisComponentOption {
  const look = { ...axisLook(theme, spec), splitLine: { show: false } }
  const stride =
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((n) => categories.length / n <= 11) ?? categories.length
  const axisLabel = { ...look.axisLabel, interval: stride - 1 }
  return { ...look, type: 'category', data: [...categories], nameGap: 24, axisLabel }
}

// What is added on screen alone, because it is made of functions

function labelText(spec: AxisSpec): (value: number) => string {
  if (spec.format !== 'accuracy') return (value) => formatNumber(value, 4)
  return (value) => `${Number((value * 100).toPrecision(6))} %`
}

/** An axis with its labels written as the page writes numbers. */
export function onScreen(axis: unknown, spec: AxisSpec): object {
  const plain = axis as { readonly axisLabel: object } // made by the functions above
  return { ...plain, axisLabel: { ...plain.axisLabel, formatter: labelText(spec) } }
}

/** The exact value as hover shows it. */
export function exactText(spec: AxisSpec, value: number): string {
  if (spec.format !== 'accuracy' || !Number.isFinite(value)) return formatExact(value)
  return `${formatAccuracy(value)} (${formatExact(value)})`
}

/** Text as HTML: names of runs come from people. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** Lines of a hover box: a heading and one line a value. */
export function hoverBox(
  heading: string,
  lines: readonly { readonly name: string; readonly value: string; readonly colour?: string }[],
): string {
  const rows = lines.map(({ name, value, colour }) => {
    const dot = colour ? `<i class="hover-box-dot" style="background:${colour}"></i>` : ''
    return `<tr><td>${dot}${escaped(name)}</td><td>${escaped(value)}</td></tr>`
  })
  return `<table class="hover-box"><caption>${escaped(heading)}</caption>${rows.join('')}</table>`
}
