/** Every golden: who made it, with what, and why its tolerance is what it is. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

interface Golden {
  readonly header: {
    readonly maker: string
    readonly versions: Readonly<Record<string, string>>
    readonly seed: number
    readonly tolerance: number
    readonly reason: string
  }
  readonly cases: readonly { readonly id: string }[]
}

const goldens = import.meta.glob<Golden>('../golden/*.json', { eager: true, import: 'default' })

describe.each(Object.entries(goldens))('%s', (path, { header, cases }) => {
  test('its maker is in the repository and named like it', () => {
    expect(existsSync(join(import.meta.dirname, '../..', header.maker))).toBe(true)
    expect(header.maker.replace(/^.*\/|\.py$/g, '')).toBe(path.replace(/^.*\/|\.json$/g, ''))
  })

  test('it states versions, seed, a tolerance and the reason for it', () => {
    expect(Object.keys(header.versions).length).toBeGreaterThan(0)
    expect(Number.isInteger(header.seed)).toBe(true)
    expect(header.tolerance).toBeGreaterThan(0)
    expect(header.tolerance).toBeLessThan(0.01)
    expect(header.reason.length).toBeGreaterThan(30)
  })

  test('its cases have names of their own', () => {
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length)
    expect(cases.length).toBeGreaterThan(0)
  })
})
