import type { MappingStep } from '@contract/imports'
import { readTransformation, transformationText } from '@renderer/workbench/import/transformation'
import { describe, expect, test } from 'vitest'

const steps: readonly MappingStep[] = [
  { op: 'transpose', order: [1, 0] },
  { op: 'slice', axis: 0, start: 64, length: 32 },
  { op: 'reshape', shape: [4, 8, 128] },
  { op: 'pad', axis: 1, length: 16 },
  { op: 'scale', factor: 0.5 },
]

describe('a transformation as text', () => {
  test('reads back as it was written', () => {
    expect(readTransformation(transformationText(steps))).toEqual({ steps })
  })

  test('may be empty, and may be written with semicolons and spaces', () => {
    expect(readTransformation('  ')).toEqual({ steps: [] })
    expect(readTransformation('transpose(1 0); scale( 2 )')).toEqual({ steps: [{ op: 'transpose', order: [1, 0] }, { op: 'scale', factor: 2 }] })
  })

  test.each(['rotate(1)', 'transpose(1, -2)', 'slice(0, 1)', 'scale(many)', 'transpose', 'reshape(2.5)'])('%s is refused by name', (text) => {
    expect(readTransformation(text)).toMatchObject({ complaint: expect.stringContaining(`'${text}' is not understood`) })
  })
})
