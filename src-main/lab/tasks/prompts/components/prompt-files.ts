/**
 * Prompt sets from files of anyone's making.
 *
 *   JSON   a list of pairs ["prompt", "answer"], or of records, or a record with such a list as `prompts`;
 *          a record has clean (or prompt), answers (or answer), and may have corrupted, wrong, marks, group
 *   CSV    a header with clean (or prompt) and answer, and perhaps corrupted, wrong, group; several answers between |
 *
 * A second file of the same length can give the corrupted prompts of a first: its prompts become the corrupted ones and
 * its answers the wrong ones, as the minimal pairs of arXiv:2310.08744 are published.
 *
 * A mark is [start, end] in characters of the clean prompt, or the marked text itself where it occurs once. Answers are
 * taken to the letter: a leading space belongs to them. What is not understood is refused with the place it was found at.
 */
import { err, ok, type Result } from '../../../../base/result'
import type { Prompt, PromptSet, Span } from '../prompt-set'
import { readCsv } from './csv'

export const limits = {
  fileBytes: 32 * 2 ** 20,
  prompts: 50_000,
  promptCharacters: 32_768,
  answers: 1_000,
  answerCharacters: 256,
  marks: 64,
} as const

type Malformed = Result<never, 'FILE_MALFORMED'>
const malformed = (message: string): Malformed => err('FILE_MALFORMED', message)

/** A file's prompts; the name says the format and becomes the title. */
export function readPromptFile(name: string, bytes: Uint8Array): Result<PromptSet, 'FILE_MALFORMED'> {
  if (bytes.length > limits.fileBytes) return malformed(`'${name}' has ${bytes.length} bytes; expected at most ${limits.fileBytes}`)
  const text = decodeText(bytes)
  if (text === undefined) return malformed(`'${name}' is not text in UTF-8`)
  const isCsv = /\.csv$/i.test(name)
  if (!isCsv && !/\.json$/i.test(name)) return malformed(`'${name}' is neither .json nor .csv`)
  const read = isCsv ? readRows(text) : readJson(text)
  if (!read.ok) return malformed(`'${name}': ${read.error.message}`)
  const stem = name.replace(/\.\w+$/, '')
  return ok({ title: stem, source: `file ${name}`, ...read.value })
}

/** The prompts of one file with those of another as their corruptions. */
export function pairPrompts(clean: PromptSet, corrupted: PromptSet): Result<PromptSet, 'FILE_MALFORMED'> {
  const [count, other] = [clean.prompts.length, corrupted.prompts.length]
  if (count !== other) return malformed(`the clean file has ${count} prompts, the corrupted one ${other}; expected as many`)
  const taken = clean.prompts.findIndex((prompt) => prompt.corrupted !== undefined)
  if (taken >= 0) return malformed(`prompt ${taken + 1} of the clean file has a corrupted prompt already`)
  const prompts = clean.prompts.map((prompt, i): Prompt => {
    const partner = corrupted.prompts[i]!
    return { ...prompt, corrupted: partner.clean, wrong: prompt.wrong.length > 0 ? prompt.wrong : partner.answers }
  })
  return ok({ ...clean, source: `${clean.source}, corrupted by ${corrupted.source}`, prompts })
}

type Read = Result<{ readonly prompts: readonly Prompt[]; readonly title?: string; readonly source?: string }, 'FILE_MALFORMED'>

function readJson(text: string): Read {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (thrown) {
    return malformed(`it is not JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
  if (Array.isArray(json)) return readList(json)
  if (!isRecord(json) || !Array.isArray(json['prompts'])) return malformed('it is neither a list of prompts nor a record with one')
  const read = readList(json['prompts'])
  if (!read.ok) return read
  const words = Object.fromEntries(['title', 'source'].flatMap((key) => (isText(json[key], 1000) ? [[key, json[key]]] : [])))
  return ok({ ...words, ...read.value })
}

function readList(list: readonly unknown[]): Read {
  const first = list.slice(0, limits.prompts + 1).map((item, i) => readItem(item, `prompt ${i + 1}`))
  return collected(first)
}

function collected(read: readonly (Prompt | string)[]): Read {
  if (read.length === 0) return malformed('it has no prompts')
  if (read.length > limits.prompts) return malformed(`it has more than ${limits.prompts} prompts`)
  const prompts: Prompt[] = []
  for (const each of read) {
    if (typeof each === 'string') return malformed(each)
    prompts.push(each)
  }
  return ok({ prompts })
}

const itemKeys = ['clean', 'prompt', 'corrupted', 'answers', 'answer', 'wrong', 'marks', 'group']

/** A prompt, or what is wrong with it. */
function readItem(item: unknown, where: string): Prompt | string {
  if (Array.isArray(item)) {
    const [clean, answer] = item as readonly unknown[]
    return item.length === 2 ? checked({ clean, answers: answer }, where) : `${where} has ${item.length} parts; expected a prompt and its answer`
  }
  if (!isRecord(item)) return `${where} is ${quoted(item)}; expected a record or a pair`
  const unknown = Object.keys(item).find((key) => !itemKeys.includes(key))
  if (unknown !== undefined) return `${where} has the key ${quoted(unknown)}; known: ${itemKeys.join(', ')}`
  const { clean, prompt, answers, answer, ...rest } = item
  return checked({ ...rest, clean: clean ?? prompt, answers: answers ?? answer }, where)
}

interface Unchecked {
  readonly clean?: unknown
  readonly corrupted?: unknown
  readonly answers?: unknown
  readonly wrong?: unknown
  readonly marks?: unknown
  readonly group?: unknown
}

function checked({ clean, corrupted, answers, wrong, marks, group }: Unchecked, where: string): Prompt | string {
  const { promptCharacters } = limits
  if (!isText(clean, promptCharacters)) return `${where} has ${quoted(clean)} as its clean prompt; expected up to ${promptCharacters} characters`
  if (corrupted !== undefined && corrupted !== null && !isText(corrupted, promptCharacters)) {
    return `${where} has ${quoted(corrupted)} as its corrupted prompt; expected up to ${promptCharacters} characters`
  }
  const right = textsOf(answers)
  const others = textsOf(wrong ?? [])
  const expected = `expected a text or a list of at most ${limits.answers}, each of 1 to ${limits.answerCharacters} characters`
  if (!right || right.length === 0) return `${where} has ${quoted(answers)} as its answer; ${expected}`
  if (!others) return `${where} has ${quoted(wrong)} as its wrong answer; ${expected}`
  const both = right.find((answer) => others.includes(answer))
  if (both !== undefined) return `${where} has the answer ${quoted(both)} both right and wrong`
  if (group !== undefined && !isText(group, 200)) return `${where} has ${quoted(group)} as its group; expected text`
  const spans = spansOf(marks, clean)
  if (typeof spans === 'string') return `${where} ${spans}`
  return { clean, corrupted: isText(corrupted, promptCharacters) ? corrupted : undefined, answers: right, wrong: others, marks: spans, group: group ?? 'all' }
}

function textsOf(value: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length > limits.answers) return undefined
  const texts = list.filter((each) => isText(each, limits.answerCharacters))
  return texts.length === list.length ? [...new Set(texts)] : undefined
}

/** Spans by label, or what is wrong with them. */
function spansOf(marks: unknown, clean: string): Readonly<Record<string, Span>> | string {
  if (marks === undefined || marks === null) return {}
  if (!isRecord(marks)) return `has ${quoted(marks)} as its marks; expected a record`
  const entries = Object.entries(marks)
  if (entries.length > limits.marks) return `has ${entries.length} marks; expected at most ${limits.marks}`
  const spans: [string, Span][] = []
  for (const [label, mark] of entries) {
    const span = spanOf(mark, clean)
    if (typeof span === 'string') return `marks ${quoted(label)} ${span}`
    spans.push([label, span])
  }
  return Object.fromEntries(spans)
}

function spanOf(mark: unknown, clean: string): Span | string {
  if (typeof mark === 'string' && mark !== '') {
    const start = clean.indexOf(mark)
    if (start < 0) return `by ${quoted(mark)}, which the clean prompt does not contain`
    if (clean.indexOf(mark, start + 1) >= 0) return `by ${quoted(mark)}, which occurs more than once; expected [start, end]`
    return [start, start + mark.length]
  }
  const [start, end] = Array.isArray(mark) && mark.length === 2 ? (mark as readonly unknown[]) : []
  if (isIndex(start) && isIndex(end) && start < end && end <= clean.length) return [start, end]
  return `by ${quoted(mark)}; expected a text, or [start, end] within ${clean.length} characters`
}

const isIndex = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0

const columns = ['clean', 'prompt', 'corrupted', 'answer', 'wrong', 'group'] as const

function readRows(text: string): Read {
  const csv = readCsv(text)
  if (!csv.ok) return csv
  const [header, ...rows] = csv.value
  if (!header) return malformed('it is empty')
  // The nameless first column of a saved data frame is its index.
  const names = header.fields.map((name) => name.trim().toLowerCase())
  const unknown = names.find((name, i) => !columns.includes(name as never) && !(name === '' && i === 0))
  if (unknown !== undefined) return malformed(`the header has the column ${quoted(unknown)}; known: ${columns.join(', ')}`)
  if (new Set(names).size < names.length) return malformed('the header has a column twice')
  const hasPrompt = names.includes('clean') || names.includes('prompt')
  if (!hasPrompt || !names.includes('answer')) return malformed(`the header is ${names.join(', ')}; expected at least clean and answer`)
  const read = rows.slice(0, limits.prompts + 1).map(({ fields, line }): Prompt | string => {
    if (fields.length !== names.length) return `line ${line} has ${fields.length} fields; the header has ${names.length}`
    const row: Partial<Record<string, string>> = Object.fromEntries(names.map((name, i) => [name, fields[i]!]))
    return checked({
      clean: row['clean'] ?? row['prompt'],
      corrupted: row['corrupted'] || undefined,
      answers: row['answer']!.split('|'),
      wrong: row['wrong'] ? row['wrong'].split('|') : [],
      group: row['group'] || undefined,
    }, `line ${line}`)
  })
  return collected(read)
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // Not UTF-8; the caller says so.
    return undefined
  }
}

function isText(value: unknown, mostCharacters: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= mostCharacters
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const shownCharacters = 60

function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text
}
