/** A specification as lines to read: settings written as JSON after a name become lines of their own. */
import type { Provenance } from '@contract/interpret'
import { formatDuration, formatExact } from '../base/format'

export interface SpecRow {
  readonly name: string
  readonly value: string
  /** A setting of the line above it. */
  readonly isPart: boolean
}

type SpecValue = Provenance['spec'][string]

export function specRows(how: Provenance): readonly SpecRow[] {
  return [
    ...Object.entries(how.spec).flatMap(([name, value]) => rowsOf(name, value)),
    { name: 'backend', value: how.backend, isPart: false },
    { name: 'elapsed', value: formatDuration(how.elapsedMs), isPart: false },
  ]
}

function rowsOf(name: string, value: SpecValue): readonly SpecRow[] {
  const [, head, json] = (typeof value === 'string' && /^(\S+) (\{.*\})$/s.exec(value)) || []
  const settings = json === undefined ? undefined : settingsIn(json)
  if (!settings) return [{ name, value: words(value), isPart: false }]
  const parts = Object.entries(settings).map(([key, one]) => ({ name: key, value: words(one), isPart: true }))
  return [{ name, value: head!, isPart: false }, ...parts]
}

function settingsIn(json: string): Readonly<Record<string, SpecValue>> | undefined {
  try {
    const parsed = JSON.parse(json) as Readonly<Record<string, SpecValue>> // checked below
    const isFlat = Object.values(parsed).every((value) =>
      ['string', 'number', 'boolean'].includes(typeof value),
    )
    return isFlat ? parsed : undefined
  } catch {
    // Braces that are no JSON are text.
    return undefined
  }
}

function words(value: SpecValue): string {
  if (typeof value === 'number') return formatExact(value)
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : value
}
