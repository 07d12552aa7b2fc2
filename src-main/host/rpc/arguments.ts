/** Arguments that do not fit their schema, as a failure that names the path, what was seen and what was expected. */
import type { z } from 'zod'
import { err, type Result } from '../../base/result'

interface Complaint {
  /** `spec.seed`; empty for the arguments as a whole. */
  readonly path: string
  readonly seen: string
  readonly expected: string
}

export function complaintsAbout(method: string, args: unknown, error: z.ZodError): Result<never, 'ARGUMENTS_INVALID'> {
  const complaints = error.issues.slice(0, 8).map((issue): Complaint => {
    const path = issue.path.map(String)
    return { path: path.join('.'), seen: shown(valueAt(args, path)), expected: expectation(issue) }
  })
  const words = complaints.map(({ path, seen, expected }) => `${path || 'arguments'} is ${seen}, expected ${expected}`)
  return err('ARGUMENTS_INVALID', `${method}: ${words.join('; ')}`, { complaints })
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as Record<string, unknown>)[key]
  }
  return at
}

/** The schema library's sentence without its opening: `Too small: expected number to be >=0` gives `number to be >=0`. */
function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `no key ${issue.keys.join(', ')}`
  const sentence = /expected (.*?)(?:, received .*)?$/.exec(issue.message)
  return sentence?.[1] ?? issue.message
}

/** A value in at most 60 characters. */
function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
