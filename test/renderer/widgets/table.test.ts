import { mount } from '@vue/test-utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import DataTable from '@renderer/widgets/DataTable.vue'
import { cellExact, cellText, sortedRows, type TableColumn } from '@renderer/widgets/table-column'

const ipr = Float32Array.of(0.5, 0.98391, NaN, 0.1, 0.5)
const columns: readonly TableColumn[] = [
  { id: 'out', title: 'Out', kind: 'check', width: 40, value: (row) => Number(row === 3) },
  { id: 'index', title: 'Neuron', kind: 'number', width: 60, value: (row) => row },
  { id: 'ipr', title: 'IPR', kind: 'number', width: 60, value: (row) => ipr[row % 5]! },
  {
    id: 'role',
    title: 'Role',
    kind: 'text',
    width: 60,
    value: (row) => (row % 2 ? 'memorizing' : 'generalizing'),
  },
]
const rowsUpTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)

// happy-dom lays nothing out; the virtualizer asks for these.
const sizes = { clientHeight: 240, clientWidth: 400 } as const
beforeAll(() => {
  for (const [name, value] of Object.entries(sizes)) {
    Object.defineProperty(HTMLElement.prototype, name, { configurable: true, value })
  }
})
afterAll(() => {
  for (const name of Object.keys(sizes)) Reflect.deleteProperty(HTMLElement.prototype, name)
})
const table = (props: object) =>
  mount(DataTable, {
    props: { label: 'Neurons', columns, rows: rowsUpTo(5), ...props },
    attachTo: document.body,
  })

describe('sorting rows', () => {
  test('equal values keep their order and what is not a number comes last either way', () => {
    const by = (isDescending: boolean): readonly number[] =>
      sortedRows(rowsUpTo(5), columns, { column: 'ipr', isDescending })

    expect(by(false)).toEqual([3, 0, 4, 1, 2])
    expect(by(true)).toEqual([1, 0, 4, 3, 2])
  })

  test('an unknown column sorts nothing', () => {
    expect(sortedRows([2, 0, 1], columns, { column: 'none', isDescending: true })).toEqual([2, 0, 1])
  })

  test('cells are short and their hover exact', () => {
    expect([cellText(columns[2]!, 1), cellExact(columns[2]!, 1)]).toEqual(['0.9839', '0.98391'])
    expect(cellExact(columns[3]!, 1)).toBeUndefined()
  })
})

describe('DataTable', () => {
  test('a hundred thousand rows put only those in sight into the page and say how many there are', () => {
    const grid = table({ rows: rowsUpTo(100_000) })

    expect(grid.get('[role=grid]').attributes('aria-rowcount')).toBe('100001')
    expect(grid.findAll('.data-table-row').length).toBeLessThan(40)
    expect(grid.findAll('.data-table-row').length).toBeGreaterThan(9)
    expect(grid.get('.data-table-row').attributes('aria-rowindex')).toBe('2')
  })

  test('keys walk along the sorted order', async () => {
    const grid = table({ sort: { column: 'ipr', isDescending: true }, selected: 0 })

    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp', 'Home', 'End'])
      await grid.trigger('keydown', { key })

    expect(grid.emitted('update:selected')).toEqual([[4], [3], [4], [1], [2]])
    expect(grid.get('[aria-selected=true]').text()).toContain('–')
  })

  test('space toggles the check column of the selected row, a click on a box that row alone', async () => {
    const grid = table({ selected: 4 })

    await grid.trigger('keydown', { key: ' ' })
    await grid.findAll('input[type=checkbox]')[1]!.trigger('click')

    expect(grid.emitted('toggle')).toEqual([
      [4, 'out'],
      [1, 'out'],
    ])
    expect(grid.emitted('update:selected')).toBeUndefined()
  })

  test('a click on a head sorts, another turns it round', async () => {
    const grid = table({})
    const head = grid.findAll('[role=columnheader]')[2]!

    await head.trigger('click')
    await head.trigger('click')

    expect(grid.emitted('update:sort')).toEqual([
      [{ column: 'ipr', isDescending: true }],
      [{ column: 'ipr', isDescending: false }],
    ])
    expect(head.attributes('aria-sort')).toBe('ascending')
  })
})
