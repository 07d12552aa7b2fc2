/** Numbers and facts of a report as words, the same in every format. */
import type { ReportDocument, ReportRun, ReportVerdict } from '../report'

/** Four significant digits, no exponent for everyday sizes. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value)
  return String(Number(value.toPrecision(4)))
}

/** A verdict's range; an end of at least 1e300 is open. */
export function rangeText([low, high]: readonly [number, number]): string {
  if (low <= -1e300 && high >= 1e300) return 'any value'
  if (high >= 1e300) return `≥ ${numberText(low)}`
  return low <= -1e300 ? `≤ ${numberText(high)}` : `${numberText(low)} to ${numberText(high)}`
}

export function valuesText({ values }: ReportVerdict): string {
  return values.map(({ seed, value }) => `${numberText(value)} (seed ${seed})`).join(', ')
}

/** 2026-01-31 09:05 UTC */
export function dateText(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? 'unknown date' : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

export function settingsText(settings: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key} = ${typeof value === 'number' ? numberText(value) : value}`)
    .join(', ')
}

export function originText({ recipe, parent }: ReportRun): string {
  if (parent) return `from run ${parent.runId} at step ${parent.step}: ${parent.how}`
  return recipe ? `recipe ${recipe.id}, arm ${recipe.arm}, scale ${recipe.scale}` : 'set up by hand'
}

/** What a run is made of, one row per part. */
export function specRows({ spec }: ReportRun): readonly (readonly [part: string, text: string])[] {
  const part = ({ id, settings }: ReportRun['spec']['task']): string =>
    [id, settingsText(settings)].filter(Boolean).join(': ')
  return [
    ['task', part(spec.task)],
    ['model', part(spec.model)],
    ['optimizer', part(spec.optimizer)],
    ['loss', part(spec.loss)],
    ['schedule', settingsText(spec.schedule)],
    ['seed', String(spec.seed)],
  ]
}

/** A file name from a title: lower case, digits and dashes. */
export function fileStem(title: string): string {
  const stem = title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60)
  return stem || 'report'
}

/** The command that trains the document's runs again and compares their hashes. */
export function rerunCommand({ title }: ReportDocument): string {
  return `grokscope run --spec ${fileStem(title)}.json`
}
