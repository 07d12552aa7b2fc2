import type { EChartsOption } from 'echarts'

/** The option in a report's text, as a figure wrote it; undefined when the text is no JSON object. */
export function readStoredOption(text: string): EChartsOption | undefined {
  try {
    const option: unknown = JSON.parse(text)
    // A figure's own text: the report stores what a chart's option() made.
    return typeof option === 'object' && option !== null ? (option as EChartsOption) : undefined
  } catch {
    return undefined
  }
}
