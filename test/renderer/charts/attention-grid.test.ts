import { describe, expect, test } from 'vitest'
import { tokenLabel } from '@renderer/base/token-label'
import { gridLayout, headMatrix, tiled, toColumns } from '@renderer/charts/attention-grid'
import { marginsOf, toColumns as heatmapColumns } from '@renderer/charts/heatmap'
import { cellLook, columnsInSight, columnWidth } from '@renderer/charts/lens-table'
import { barRange, barSpan } from '@renderer/charts/signed-bars'

const patterns = (layers: number, heads: number, length: number) => ({
  axes: ['layer', 'head', 'query_pos', 'key_pos'],
  shape: [layers, heads, length, length],
  data: Float32Array.from({ length: layers * heads * length ** 2 }, (_, i) => i),
})

describe('a grid of heads', () => {
  test('has a row for each layer, as large as the narrower side allows', () => {
    const { columns, rows, side } = gridLayout(8, { width: 600, height: 2000 }, 4)

    expect([columns, rows, side]).toEqual([4, 2, 142])
  })

  test('sorted, takes the number of columns that makes the pictures largest', () => {
    const { columns, rows, stepX, stepY } = gridLayout(12, { width: 900, height: 400 })

    expect(columns * rows).toBeGreaterThanOrEqual(12)
    expect([stepX * columns <= 900, stepY * rows <= 400]).toEqual([true, true])
    expect(gridLayout(12, { width: 400, height: 900 }).columns).toBeLessThan(columns)
  })

  test('never shrinks below what can be read: it scrolls', () => {
    expect(gridLayout(144, { width: 200, height: 200 }, 12).side).toBe(36)
  })

  test('a head’s picture is its part of the patterns', () => {
    const { shape, data } = headMatrix(patterns(2, 2, 3), 3)

    expect([shape, data[0], data[8]]).toEqual([[3, 3], 27, 35])
  })

  test('the exported picture holds every head with a gap between', () => {
    const { shape, data } = tiled({ patterns: patterns(2, 3, 2), value: { title: 'v' } })

    expect(shape).toEqual([5, 8])
    expect([data[0], data[1], data[2], data[3], data[8], data[3 * 8 + 6]]).toEqual([0, 1, NaN, 4, 2, 20])
  })

  test('many large heads are pooled, the strongest cell of a block kept', () => {
    const large = patterns(12, 12, 64)

    const { shape, data } = tiled({ patterns: large, value: { title: 'v' } })

    expect(shape[0]! * shape[1]!).toBeLessThan(80_000)
    expect(data[data.length - 1]).toBe(large.data.at(-1))
  })

  test('numbers name layer, head, query and key', () => {
    const columns = toColumns({ patterns: patterns(2, 2, 2), value: { title: 'attention' } })

    expect(columns.map(({ name, values }) => [name, values[13]])).toEqual([
      ['layer', 1],
      ['head', 1],
      ['query_pos', 0],
      ['key_pos', 1],
      ['attention', 13],
    ])
  })
})

describe('labels and bars', () => {
  test('what cannot be seen of a token is drawn, what is long is cut', () => {
    expect(['', ' Mary', '\n', 'a b', '  '].map((text) => tokenLabel(text))).toEqual(['∅', '·Mary', '↵', 'a b', '··'])
    expect(tokenLabel('extraordinarily', 8)).toBe('extraor…')
  })

  test('a map with long names makes room for them', () => {
    const plain = marginsOf({ x: { title: 'x' }, y: { title: 'y' } })
    const named = marginsOf({ x: { title: 'x', names: ['elephants'] }, y: { title: 'y', names: ['elephants'] } })

    expect([plain.left, plain.bottom]).toEqual([52, 40])
    expect([named.left > 80, named.bottom > 80]).toEqual([true, true])
  })

  test('names of a map’s places stand in its numbers beside the indices', () => {
    const matrix = { axes: ['q', 'k'], shape: [1, 2], data: Float32Array.of(0, 1) }
    const columns = heatmapColumns({ matrix, x: { title: 'key', names: [' a', 'b'] }, y: { title: 'query' }, value: { title: 'v' }, orientation: 'rows' })

    expect(columns.map(({ name }) => name)).toEqual(['key', 'key name', 'query', 'v'])
    expect(columns[1]!.values).toEqual([' a', 'b'])
  })

  test('bars start at zero, wherever that lies', () => {
    const range = barRange([{ id: 'a', title: 'a', value: -1 }, { id: 'b', title: 'b', value: 3 }])

    expect(range).toEqual([-1, 3])
    expect(barSpan(-1, range)).toEqual({ left: 0, width: 0.25 })
    expect(barSpan(3, range)).toEqual({ left: 0.25, width: 0.75 })
  })

  test('of a table of 512 tokens only the columns in sight are drawn', () => {
    const shown = columnsInSight(512, { left: 100 * columnWidth, width: 10 * columnWidth })

    expect([shown[0], shown.at(-1)]).toEqual([96, 114])
    expect(columnsInSight(3, { left: 0, width: 2000 })).toEqual([0, 1, 2])
  })

  test('text on a cell has the colour that reads on it', () => {
    expect([0, 1].map((value) => cellLook(value, [0, 1])?.color)).toEqual(['#ffffff', '#000000'])
    expect(cellLook(NaN, [0, 1])).toBeUndefined()
  })
})
