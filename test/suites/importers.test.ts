/** Every importer: files of others against an independent reader's answers, and a corpus of our own with its refusals. */
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { importers } from '@main/lab/importers'
import type { ByteSource, ReadCheckpoint } from '@main/lab/importers/importer'
import corpus from '../fixtures/corpus.json'
import { corpusFolder, corpusSource } from '../fixtures/corpus-files'
import { hasShared, sharedSource, sharedText } from '../fixtures/shared'

/** What a file gives: its tensors in full, or the sentence of its refusal. */
function readingOf(source: ByteSource): ReadCheckpoint | string {
  const importer = [...importers].find((one) => one.recognize(source))
  if (!importer) return 'no importer recognizes it'
  const read = importer.read(source)
  if (!read.ok) return read.error.message
  const [unread] = read.value.tensors.flatMap((tensor) => {
    const values = tensor.read()
    return values.ok ? [] : [values.error.message]
  })
  return unread ?? read.value
}

interface Expected {
  readonly tensors?: Readonly<Record<string, { dtype: string; shape: number[]; values: unknown[] }>>
  readonly expect?: string
}

/** The first values as the independent reader writes them. */
function summary(checkpoint: ReadCheckpoint, count = 24): Expected['tensors'] {
  const entries = checkpoint.tensors.map(({ name, dtype, shape, read }) => {
    const values = read()
    if (!values.ok) throw new Error(values.error.message)
    const first = [...values.value.slice(0, count)].map((value) => {
      if (dtype === 'BOOL') return value !== 0
      return Number.isFinite(value) ? value : String(value).replace('Infinity', 'inf').replace('NaN', 'nan')
    })
    return [name, { dtype, shape, values: first }]
  })
  return Object.fromEntries(entries)
}

interface CorpusRow extends Expected {
  readonly file: string
  readonly how: string
  readonly refused?: string
  readonly metadata?: unknown
  readonly notes?: readonly string[]
}

describe('the corpus', () => {
  const rows = corpus as unknown as readonly CorpusRow[] // its rows differ in their fields

  test.each(rows.map((row) => [row.file, row.how, row] as const))('%s: %s', (file, _how, row) => {
    const reading = readingOf(corpusSource(file))

    if (row.refused !== undefined || typeof reading === 'string') expect(reading).toBe(row.refused)
    else {
      expect(summary(reading, Infinity)).toEqual(row.tensors)
      if (row.metadata) expect(reading.metadata).toEqual(row.metadata)
      expect(reading.notes).toEqual(row.notes ?? [])
    }
  })

  test('every file of the folder has its row', () => {
    expect(readdirSync(corpusFolder).sort()).toEqual(rows.map(({ file }) => file).sort())
  })
})

describe.skipIf(!hasShared)('conformance files of others', () => {
  const answers = hasShared ? (JSON.parse(sharedText('data/conformance/EXPECTED.json')) as Record<string, Expected>) : {}
  const cases = Object.entries(answers).filter(([file]) => file !== 'note')

  test.each(cases)('%s', (file, expected) => {
    const reading = readingOf(sharedSource(`data/conformance/${file}`))

    if (expected.expect) expect(reading).toEqual(expect.any(String))
    else expect(typeof reading === 'string' ? reading : summary(reading)).toEqual(expected.tensors)
  })
})
