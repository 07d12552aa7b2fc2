import { describe, expect, test } from 'vitest'
import type { TokenizedPrompts } from '@contract/prompts'
import { given, promptSource } from '@renderer/workbench/inputs'

const frame = (shape: readonly number[], data: Int32Array | Uint8Array) => ({ axes: shape.map((_, i) => `axis ${i}`), shape, data })
/** Two prompts, the second one shorter. */
const set: TokenizedPrompts = {
  prompts: frame([2], Int32Array.of(0, 1)),
  clean: frame([2, 3], Int32Array.of(5, 6, 7, 8, 9, 0)),
  padToken: 0,
  lengths: frame([2], Int32Array.of(3, 2)),
  mask: frame([2, 3], Uint8Array.of(1, 1, 1, 1, 1, 0)),
  answerPos: frame([2], Int32Array.of(2, 1)),
  answers: frame([2, 2], Int32Array.of(4, 3, 2, -1)),
  wrong: frame([2, 1], Int32Array.of(1, 1)),
  labels: ['end'],
  positions: frame([1, 2], Int32Array.of(2, 1)),
  group: frame([2], Int32Array.of(0, 0)),
  groups: ['all'],
}

describe('prompts as inputs', () => {
  test('one prompt is cut to its length, its answer at the position where it is read', () => {
    const found = given(set, 'clean', { first: 1, count: 1 })

    expect(found).toMatchObject({ kind: 'tokens', tokens: { shape: [1, 2], data: Int32Array.of(8, 9) } })
    expect(found).toMatchObject({ answers: { data: Int32Array.of(-1, 2) }, mask: { data: Uint8Array.of(1, 1) } })
  })

  test('many keep their padding and what masks it', () => {
    const found = given(set, 'clean', { first: 0, count: 64 })

    expect(found).toMatchObject({ tokens: { shape: [2, 3] }, answers: { data: Int32Array.of(-1, -1, 4, -1, 2, -1) } })
    expect(found).toMatchObject({ mask: { data: Uint8Array.of(1, 1, 1, 1, 1, 0) } })
  })

  test('a set without corrupted prompts has none to give', () => {
    expect(given(set, 'corrupted', { first: 0, count: 1 })).toBeUndefined()
  })

  test('a source names the set and the side, or neither', () => {
    expect(promptSource('prompts/corrupted/a/b')).toEqual({ side: 'corrupted', id: 'a/b' })
    expect(promptSource('examples')).toBeUndefined()
  })
})
