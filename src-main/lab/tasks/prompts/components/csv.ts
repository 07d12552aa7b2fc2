/**
 * Comma-separated text as RFC 4180 has it: fields in double quotes may hold commas, line breaks and doubled quotes.
 * Strict, because a quote that is lost shifts every field after it.
 */
import { err, ok, type Result } from '../../../../base/result'

export interface CsvRow {
  readonly fields: readonly string[]
  /** Line of the file that the row begins on, from 1. */
  readonly line: number
}

export function readCsv(text: string): Result<readonly CsvRow[], 'FILE_MALFORMED'> {
  const rows: CsvRow[] = []
  let fields: string[] = []
  let line = 1
  let rowLine = 1
  const plain = /[^,\r\n]*/y
  let at = text.startsWith('\uFEFF') ? 1 : 0

  /** The text of the field at `at`, and where it ends; a string for what is wrong with it. */
  function readField(): { readonly value: string; readonly end: number } | string {
    if (text[at] !== '"') {
      plain.lastIndex = at
      const [value] = plain.exec(text)! // matches the empty text at least
      return value.includes('"') ? `line ${line} has a quote inside a field that does not begin with one` : { value, end: plain.lastIndex }
    }
    let value = ''
    let from = at + 1
    for (;;) {
      const quote = text.indexOf('"', from)
      if (quote < 0) return `the quoted field that begins on line ${line} does not end`
      value += text.slice(from, quote)
      if (text[quote + 1] !== '"') return { value, end: quote + 1 }
      value += '"'
      from = quote + 2
    }
  }

  while (at < text.length) {
    const field = readField()
    if (typeof field === 'string') return err('FILE_MALFORMED', field)
    fields.push(field.value)
    line += field.value.split('\n').length - 1
    at = field.end
    const next = text[at]
    if (next === ',') {
      at++
      // A comma at the very end stands before an empty field.
      if (at < text.length) continue
      fields.push('')
    } else if (next !== undefined && next !== '\r' && next !== '\n') {
      return err('FILE_MALFORMED', `line ${line} goes on with ${JSON.stringify(next)} after a closing quote; expected a comma`)
    }
    at += next === '\r' && text[at + 1] === '\n' ? 2 : 1
    line++
    if (fields.length > 1 || fields[0] !== '') rows.push({ fields, line: rowLine })
    fields = []
    rowLine = line
  }
  return ok(rows)
}
