/** The tokens a chart draws with, as plain values, for the theme shown now or for paper. */
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue'
import { prefersReducedMotion, shownTheme, tokenReader, type ReadToken, type ThemeName } from '../base/tokens'

/**
 * What a colour stands for. The same thing has the same colour in every chart; `run-n` tells compared runs
 * apart.
 */
export const meanings = [
  'train',
  'test',
  'clean',
  'corrupted',
  'ablated',
  'true-label',
  'random',
  'run-1',
  'run-2',
  'run-3',
  'run-4',
  'run-5',
  'run-6',
  'accent',
] as const
export type Meaning = (typeof meanings)[number]

export interface ChartTheme {
  readonly name: ThemeName
  readonly font: string
  readonly text: string
  readonly textDim: string
  readonly textFaint: string
  readonly panel: string
  readonly raised: string
  readonly lineSoft: string
  readonly lineHard: string
  readonly colours: Readonly<Record<Meaning, string>>
  /** Nothing moves by itself. */
  readonly isStill: boolean
}

export function chartTheme(name: ThemeName, read: ReadToken, isStill = true): ChartTheme {
  return {
    name,
    font: read('font'),
    text: read('text'),
    textDim: read('text-dim'),
    textFaint: read('text-faint'),
    panel: read('panel'),
    raised: read('raised'),
    lineSoft: read('line-soft'),
    lineHard: read('line-hard'),
    colours: Object.fromEntries(meanings.map((meaning) => [meaning, read(meaning)])) as Record<
      Meaning,
      string
    >, // all
    isStill,
  }
}

/** A report is read on white, whatever the window looks like. */
export function paperTheme(): ChartTheme {
  return chartTheme('light', tokenReader('light'))
}

/** The shown theme, anew when the person or the system changes it. */
export function useChartTheme(): Readonly<ShallowRef<ChartTheme>> {
  const current = (): ChartTheme =>
    chartTheme(shownTheme(), tokenReader(shownTheme()), prefersReducedMotion())
  const theme = shallowRef(current())
  const refresh = (): void => void (theme.value = current())
  const observer = new MutationObserver(refresh)
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  const queries = ['(prefers-color-scheme: light)', '(prefers-reduced-motion: reduce)'].map((text) =>
    matchMedia(text),
  )
  for (const query of queries) query.addEventListener('change', refresh)
  onScopeDispose(() => {
    observer.disconnect()
    for (const query of queries) query.removeEventListener('change', refresh)
  })
  return theme
}
