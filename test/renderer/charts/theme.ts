import { readFileSync } from 'node:fs'
import { tokensIn, tokenValue } from '@renderer/base/tokens'
import { chartTheme, type ChartTheme } from '@renderer/charts/chart-theme'

const tokens = tokensIn(readFileSync('src-renderer/theme/tokens.css', 'utf8'))

/** The real tokens, without a browser. */
export const darkTheme: ChartTheme = chartTheme('dark', (name) => tokenValue(tokens.get(name)!, 'dark'))
export const lightTheme: ChartTheme = chartTheme('light', (name) => tokenValue(tokens.get(name)!, 'light'))

/** Paths at which a value holds a function; none in an option that a report can store. */
export function functionsIn(value: unknown, path = ''): readonly string[] {
  if (typeof value === 'function') return [path]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => functionsIn(item, `${path}.${key}`))
}
