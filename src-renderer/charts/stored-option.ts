import type { EChartsOption } from 'echarts'

/** The option in a report's text, as a figure wrote it; undefined when the text is no JSON object. */
export function readStoredOption(text: string): EChartsOption | undefined {
  try {
    const option: unknown = JSON.parse(text)
    return typeof option === 'object' && option !== null ? option : undefined
  } catch {
    return undefined
  }
}
