/**
 * Where a chart's axes lie on the page, so that handles and selections are placed without asking the chart
 * again.
 */
import type { Box } from '../base/geometry'
import { linearScale, logScale, type Scale } from '../base/scales'
import type { Range } from './axis'
import type { ECharts } from './echarts'

export interface PlotArea extends Box {
  /** Data to pixels from the left of the chart. */
  readonly x: Scale
  readonly range: Range
}

export function plotArea(
  chart: ECharts,
  { x, y, isLogX }: { readonly x: Range; readonly y: Range; readonly isLogX: boolean },
): PlotArea {
  const [left, bottom] = chart.convertToPixel({ gridIndex: 0 }, [x[0], y[0]]) as [number, number]
  const [right, top] = chart.convertToPixel({ gridIndex: 0 }, [x[1], y[1]]) as [number, number]
  const scale = isLogX ? logScale(x, [left, right]) : linearScale(x, [left, right])
  return { left, top, width: right - left, height: bottom - top, x: scale, range: x }
}
