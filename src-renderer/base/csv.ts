/** Comma-separated values as RFC 4180 writes them, numbers with full precision, gaps as empty cells. */

export interface CsvColumn {
  readonly name: string
  readonly values: ArrayLike<number> | ArrayLike<string>
}

/** Columns may differ in length; missing cells are empty. */
export function toCsv(columns: readonly CsvColumn[]): string {
  const rows = columns.reduce((most, { values }) => Math.max(most, values.length), 0)
  const lines = [columns.map(({ name }) => cell(name)).join(',')]
  for (let row = 0; row < rows; row++) lines.push(columns.map(({ values }) => cell(values[row])).join(','))
  return lines.join('\r\n') + '\r\n'
}

function cell(value: number | string | undefined): string {
  if (value === undefined || (typeof value === 'number' && Number.isNaN(value))) return ''
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
