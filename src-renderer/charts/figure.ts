/**
 * What a chart hands to its frame: the picture as a plain ECharts option and the numbers behind it. A chart
 * offers its figure by injection, so that a frame around it knows nothing of the mark.
 */
import type { Provenance } from '@contract/interpret'
import type { EChartsOption } from 'echarts'
import { inject, onScopeDispose, provide, shallowRef, type InjectionKey, type ShallowRef } from 'vue'
import type { CsvColumn } from '../base/csv'
import type { ChartTheme } from './chart-theme'

export interface Figure {
  /** Plain JSON, complete with legend: what a report draws again. */
  option(theme: ChartTheme): EChartsOption
  columns(): readonly CsvColumn[]
}

/** What `addToReport` carries; the workbench adds where it came from. */
export interface ReportedFigure {
  readonly title: string
  readonly caption: string
  /** An ECharts option as JSON text. */
  readonly option: string
  readonly csv: string
  readonly how: Provenance | undefined
}

const figureKey: InjectionKey<ShallowRef<Figure | undefined>> = Symbol('figure')

/** For a frame: where the chart inside will put its figure. */
export function provideFigure(): ShallowRef<Figure | undefined> {
  const figure = shallowRef<Figure>()
  provide(figureKey, figure)
  return figure
}

/** For a chart: offers its figure to the frame around it, if there is one. */
export function offerFigure(figure: Figure): void {
  const place = inject(figureKey, undefined)
  if (!place) return
  place.value = figure
  onScopeDispose(() => {
    if (place.value === figure) place.value = undefined
  })
}
