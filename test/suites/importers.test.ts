/** Every importer: files of others against an independent reader's answers, and a corpus of our own with its refusals. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importers } from '@main/lab/importers'
import type { ByteSource, ReadCheckpoint } from '@main/lab/importers/importer'
import { hasShared, sharedSource, sharedText } from '../fixtures/shared'

/** What a file gives: its tensors in full, or the sentence of its refusal. */
function readingOf(source: ByteSource): ReadCheckpoint | string {
  const importer = [...importers].find((one) => one.recognize(source))
  if (!importer) return 'no importer recognizes it'
  const read = importer.read(source)
  return read.ok ? read.value : read.error.message
}

interface Expected {
  readonly tensors?: Readonly<Record<string, { dtype: string; shape: number[]; values: unknown[] }>>
  readonly expect?: string
}

/** The first values as the independent reader writes them. */
function summary(checkpoint: ReadCheckpoint): Expected['tensors'] {
  const entries = checkpoint.tensors.map(({ name, dtype, shape, read }) => {
    const values = read()
    if (!values.ok) throw new Error(values.error.message)
    const first = [...values.value.slice(0, 24)].map((value) => {
      if (dtype === 'BOOL') return value !== 0
      return Number.isFinite(value) ? value : String(value).replace('Infinity', 'inf').replace('NaN', 'nan')
    })
    return [name, { dtype, shape, values: first }]
  })
  return Object.fromEntries(entries)
}

describe.skipIf(!hasShared)('conformance files of others', () => {
  const answers = hasShared ? (JSON.parse(sharedText('data/conformance/EXPECTED.json')) as Record<string, Expected>) : {}
  const cases = Object.entries(answers).filter(([file]) => file !== 'note')

  test.each(cases)('%s', (file, expected) => {
    const reading = readingOf(sharedSource(`data/conformance/${file}`))

    if (expected.expect) expect(reading).toEqual(expect.any(String))
    else expect(typeof reading === 'string' ? reading : summary(reading)).toEqual(expected.tensors)
  })
})
