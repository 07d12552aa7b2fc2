import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { defaultsOf } from '@main/base/settings'
import task, { type scorings } from '@main/lab/tasks/repeated-sequences'
import type { Dataset } from '@main/lab/tasks/task'

interface Change {
  readonly vocabulary?: number
  readonly length?: number
  readonly shortest?: number
  readonly examples?: number
  readonly startToken?: boolean
  readonly distinct?: boolean
  readonly scored?: (typeof scorings)[number]
}

const create = (change: Change, seed = 1): Dataset =>
  task.create({ ...defaultsOf(task.fields), examples: 50, ...change } as never, createRng(seed))

const rows = (values: Int32Array, width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, i) => [...values.subarray(i * width, (i + 1) * width)])

describe('repeated sequences', () => {
  test.each([[true, 6], [false, 5]])('with start token %s every label is the token one length back, plus one', (startToken, first) => {
    const length = 5
    const { tokens, labels, n_ctx, scoredPositions } = create({ length, startToken })

    expect(scoredPositions).toEqual([0, 1, 2, 3].map((i) => first + i))
    for (const [example, row] of rows(tokens, n_ctx).entries()) {
      const copied = scoredPositions.map((pos) => row[pos + 1 - length])
      expect(rows(labels, scoredPositions.length)[example]).toEqual(copied)
    }
  })

  test('with a shortest length every label is the token one of several lengths back, plus one', () => {
    const { tokens, labels, n_ctx, scoredPositions } = create({ vocabulary: 40, length: 6, shortest: 3, distinct: true })
    const lengths = rows(tokens, n_ctx).map((row, example) => {
      const fits = (length: number): boolean =>
        scoredPositions.every((pos, i) => rows(labels, scoredPositions.length)[example]![i] === row[pos + 1 - length])
      return [3, 4, 5, 6].find(fits)
    })

    expect(scoredPositions).toEqual([7, 8, 9, 10, 11])
    expect(new Set(lengths)).toEqual(new Set([3, 4, 5, 6]))
    expect(task.check!({ ...defaultsOf(task.fields), length: 6, shortest: 7 } as never)).toMatchObject([{ key: 'shortest' }])
  })

  test('scored at every position, a label is the next token of the input as far as it goes', () => {
    const { tokens, labels, n_ctx, scoredPositions } = create({ length: 4, scored: 'every position' })

    expect(scoredPositions).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    for (const [example, row] of rows(tokens, n_ctx).entries()) {
      expect(rows(labels, n_ctx)[example]!.slice(0, -1)).toEqual(row.slice(1))
      expect(rows(labels, n_ctx)[example]!.at(-1)).toBe(row[4])
    }
  })

  test('the start token is the last id and is never an answer', () => {
    const { tokens, n_ctx, d_vocab, d_vocab_out } = create({ vocabulary: 10, length: 4 })

    expect([d_vocab, d_vocab_out]).toEqual([11, 10])
    expect(rows(tokens, n_ctx).every(([start, ...rest]) => start === 10 && !rest.includes(10))).toBe(true)
  })

  test('distinct tokens do not come twice within a sequence', () => {
    const { tokens, n_ctx } = create({ vocabulary: 6, length: 6, startToken: false, distinct: true })

    expect(rows(tokens, n_ctx).every((row) => new Set(row.slice(0, 6)).size === 6)).toBe(true)
    expect(task.check!({ ...defaultsOf(task.fields), vocabulary: 6, length: 7, distinct: true } as never)).toEqual([
      { key: 'length', message: 'length is 7; 6 distinct tokens make no longer sequence than that' },
    ])
  })

  test('tokens are drawn evenly', () => {
    const { tokens } = create({ vocabulary: 4, length: 8, examples: 2000, startToken: false })
    const counts = [0, 1, 2, 3].map((token) => tokens.filter((each) => each === token).length)

    // 16,000 draws, nearly each seen twice; five standard deviations of a quarter of them are 550.
    for (const count of counts) expect(Math.abs(count - tokens.length / 4)).toBeLessThan(550)
  })
})
