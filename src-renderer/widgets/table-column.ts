import { formatExact, formatNumber } from '../base/format'

/**
 * A column of a DataTable over rows 0 … rowCount − 1. Values are read by row, so that a table over typed
 * arrays copies nothing. Numbers stand right, with their exact value on hover.
 */
export interface TableColumn {
  readonly id: string
  readonly title: string
  readonly kind: 'number' | 'text' | 'check'
  /** Least width in pixels; the table scrolls sideways when they do not fit. */
  readonly width: number
  /** Share of the room left over; 1 without. */
  readonly grow?: number
  /** For `check`: 1 when checked. */
  readonly value: (row: number) => number | string
  readonly format?: (value: number) => string
  readonly help?: string
  readonly isSortable?: boolean
}

export interface TableSort {
  readonly column: string
  readonly isDescending: boolean
}

export function cellText(column: TableColumn, row: number): string {
  const value = column.value(row)
  return typeof value === 'string' ? value : (column.format ?? formatNumber)(value)
}

export function cellExact(column: TableColumn, row: number): string | undefined {
  const value = column.value(row)
  return typeof value === 'number' ? formatExact(value) : undefined
}

/** `rows` in the sort's order; equal values keep theirs, what is not a number comes last. */
export function sortedRows(
  rows: readonly number[],
  columns: readonly TableColumn[],
  sort?: TableSort,
): readonly number[] {
  const column = sort && columns.find(({ id }) => id === sort.column)
  if (!column) return rows
  const direction = sort.isDescending ? -1 : 1
  const keyed = rows.map((row, at) => ({ row, at, key: column.value(row) }))
  keyed.sort((x, y) => {
    const isMissing = Number(Number.isNaN(x.key)) - Number(Number.isNaN(y.key))
    return isMissing || direction * compare(x.key, y.key) || x.at - y.at
  })
  return keyed.map(({ row }) => row)
}

function compare(first: number | string, second: number | string): number {
  if (typeof first === 'number' && typeof second === 'number') return first - second || 0
  return String(first).localeCompare(String(second))
}
