import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import { colours, objects } from '@main/lab/tasks/prompts/colored-objects'
import { readCsv } from '@main/lab/tasks/prompts/components/csv'
import { limits, pairPrompts, readPromptFile } from '@main/lab/tasks/prompts/components/prompt-files'
import { tokenizePrompts } from '@main/lab/tasks/prompts/components/tokenize-prompts'
import { readTokenizer } from '@main/lab/tokenizers/tokenizer-files'
import { root } from '../../../../fixtures/host'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const json = (value: unknown): ReturnType<typeof readPromptFile> => readPromptFile('mine.json', bytes(JSON.stringify(value)))
const csv = (text: string): ReturnType<typeof readPromptFile> => readPromptFile('mine.csv', bytes(text))

describe('JSON', () => {
  test('pairs of prompt and answer are a set without corruptions', () => {
    expect(unwrap(json([['One is', ' odd'], ['Two is', ' even']]))).toEqual({
      title: 'mine',
      source: 'file mine.json',
      prompts: [
        { clean: 'One is', corrupted: undefined, answers: [' odd'], wrong: [], marks: {}, group: 'all' },
        { clean: 'Two is', corrupted: undefined, answers: [' even'], wrong: [], marks: {}, group: 'all' },
      ],
    })
  })

  test('records say more, under a title of their own', () => {
    const record = {
      clean: 'A met B. B saw',
      corrupted: 'A met B. A saw',
      answers: [' A'],
      wrong: ' B',
      marks: { IO: 'A', S2: [8, 10] },
      group: 'met',
    }

    expect(unwrap(json({ title: 'Meetings', prompts: [record] }))).toEqual({
      title: 'Meetings',
      source: 'file mine.json',
      prompts: [{ ...record, wrong: [' B'], marks: { IO: [0, 1], S2: [8, 10] } }],
    })
  })

  test.each<[string, unknown, string]>([
    ['no prompts', [], "'mine.json': it has no prompts"],
    ['a number', 3, 'it is neither a list of prompts nor a record with one'],
    ['three parts', [['a', 'b', 'c']], 'prompt 1 has 3 parts; expected a prompt and its answer'],
    ['no answer', [['a', ' b'], { clean: 'a' }], 'prompt 2 has nothing as its answer'],
    ['an empty answer', [['a', '']], 'prompt 1 has "" as its answer'],
    ['no prompt', [{ answer: 'a' }], 'prompt 1 has nothing as its clean prompt'],
    ['a misspelt key', [{ clean: 'a', anwser: 'b' }], 'prompt 1 has the key "anwser"; known: clean, prompt,'],
    ['an answer twice', [{ clean: 'a', answer: 'b', wrong: ['c', 'b'] }], 'prompt 1 has the answer "b" both right and wrong'],
    ['a mark elsewhere', [{ clean: 'a b', answer: 'c', marks: { S: 'x' } }], 'prompt 1 marks "S" by "x", which the clean prompt does not contain'],
    ['an ambiguous mark', [{ clean: 'a b a', answer: 'c', marks: { S: 'a' } }], 'which occurs more than once; expected [start, end]'],
    ['a mark beyond the end', [{ clean: 'a b', answer: 'c', marks: { S: [1, 9] } }], 'prompt 1 marks "S" by [1,9]; expected a text, or [start, end] within 3 characters'],
    ['a corrupted number', [{ clean: 'a', answer: 'b', corrupted: 7 }], 'prompt 1 has 7 as its corrupted prompt'],
    ['too long a prompt', [['a'.repeat(limits.promptCharacters + 1), 'b']], 'as its clean prompt; expected up to 32768 characters'],
    ['too many answers', [['a', Array.from({ length: 1001 }, (_, i) => String(i))]], 'expected a text or a list of at most 1000'],
    ['too many prompts', Array.from({ length: limits.prompts + 1 }, () => ['a', 'b']), 'it has more than 50000 prompts'],
  ])('%s is refused', (_name, value, message) => {
    expect(json(value)).toMatchObject({ ok: false, error: { code: 'FILE_MALFORMED', message: expect.stringContaining(message) } })
  })

  test.each([
    ['mine.json', bytes('[["a"'), 'it is not JSON'],
    ['mine.json', Uint8Array.of(0x5b, 0xff, 0x5d), 'is not text in UTF-8'],
    ['mine.txt', bytes('a'), 'is neither .json nor .csv'],
    ['mine.json', new Uint8Array(limits.fileBytes + 1), 'has 33554433 bytes; expected at most 33554432'],
  ])('%s that is no prompt file is refused', (name, file, message) => {
    expect(readPromptFile(name, file)).toMatchObject({ ok: false, error: { message: expect.stringContaining(message) } })
  })
})

describe('CSV', () => {
  test('a header names the columns; several answers stand between bars; quotes hold commas and line breaks', () => {
    const text = ',clean,corrupted,answer,wrong\r\n0,"Then, A and B.\nB saw","Then, A and B.\nA saw", A, B\r\n1,"He said ""no""",,a|b,\r\n'

    expect(unwrap(csv(text)).prompts).toEqual([
      { clean: 'Then, A and B.\nB saw', corrupted: 'Then, A and B.\nA saw', answers: [' A'], wrong: [' B'], marks: {}, group: 'all' },
      { clean: 'He said "no"', corrupted: undefined, answers: ['a', 'b'], wrong: [], marks: {}, group: 'all' },
    ])
  })

  test.each([
    ['', "'mine.csv': it is empty"],
    ['clean\na\n', 'the header is clean; expected at least clean and answer'],
    ['clean,answer,correct_idx\na,b,3\n', 'the header has the column "correct_idx"; known: clean, prompt,'],
    ['clean,answer,clean\na,b,a\n', 'the header has a column twice'],
    ['clean,answer\na,b\nc\n', 'line 3 has 1 fields; the header has 2'],
    ['clean,answer\na,\n', 'line 2 has [""] as its answer'],
    ['clean,answer\n"a,b\n', 'the quoted field that begins on line 2 does not end'],
    ['clean,answer\na"b,c\n', 'line 2 has a quote inside a field that does not begin with one'],
    ['clean,answer\n"a"b,c\n', 'line 2 goes on with "b" after a closing quote; expected a comma'],
    ['clean,answer\n', 'it has no prompts'],
  ])('%j is refused', (text, message) => {
    expect(csv(text)).toMatchObject({ ok: false, error: { code: 'FILE_MALFORMED', message: expect.stringContaining(message) } })
  })

  test.each([
    ['a,b\nc,d', [['a', 'b'], ['c', 'd']]],
    ['\uFEFFa,b\r\n\r\nc,', [['a', 'b'], ['c', '']]],
    ['"",x\n', [['', 'x']]],
    ['', []],
  ])('%j has these fields', (text, fields) => {
    expect(unwrap(readCsv(text)).map((row) => row.fields)).toEqual(fields)
  })

  test('rows know the line they begin on', () => {
    expect(unwrap(readCsv('a\n"b\n\nc"\n\nd')).map(({ line }) => line)).toEqual([1, 2, 6])
  })
})

describe('two files', () => {
  const clean = unwrap(json([['a', '1'], ['b', '2']]))

  test('of one length become pairs, the second file giving corrupted prompts and wrong answers', () => {
    const pairs = unwrap(pairPrompts(clean, unwrap(json([['c', '3'], ['d', '4']]))))

    expect(pairs.prompts.map(({ clean: text, corrupted, answers, wrong }) => [text, corrupted, ...answers, ...wrong])).toEqual([
      ['a', 'c', '1', '3'],
      ['b', 'd', '2', '4'],
    ])
  })

  test('of different lengths are refused', () => {
    const message = 'the clean file has 2 prompts, the corrupted one 1; expected as many'

    expect(pairPrompts(clean, unwrap(json([['c', '3']])))).toMatchObject({ ok: false, error: { message } })
  })
})

const shared = join(root, '../shared/data')

describe.skipIf(!existsSync(shared))('the published Colored Objects prompts', () => {
  const read = (name: string): ReturnType<typeof readPromptFile> =>
    readPromptFile(`${name}.json`, readFileSync(join(shared, 'prompts', `${name}.json`)))

  test("are a thousand minimal pairs in which GPT-2's tokenizer splits no answer", () => {
    const set = unwrap(pairPrompts(unwrap(read('circuit_reuse__cobjs_data_42')), unwrap(read('circuit_reuse__cobjs_mindiff_data_42'))))
    const files = { 'encoder.json': readFileSync(join(shared, 'gpt2_tokenizer/encoder.json')), 'vocab.bpe': readFileSync(join(shared, 'gpt2_tokenizer/vocab.bpe')) }
    const { tokens, dropped, splitWords } = unwrap(tokenizePrompts(set, unwrap(readTokenizer(files))))

    expect({ dropped, splitWords }).toEqual({ dropped: [], splitWords: [] })
    expect(tokens.corrupted!.shape).toEqual(tokens.clean.shape)
    expect(tokens.clean.shape[0]).toBe(1000)
    const differing = Array.from({ length: 1000 }, (_, i) => differences(tokens.clean, tokens.corrupted!, i))
    expect(new Set(differing)).toEqual(new Set([1]))
  })

  test('are made of the objects and colours that the generator draws from', () => {
    const text = unwrap(read('circuit_reuse__cobjs_data_42')).prompts.map(({ clean }) => clean).join('\n')
    const pairs = [...text.matchAll(/ an? (\w+) (\w+)[,.]/g)]

    expect(new Set(pairs.map(([, colour]) => colour))).toEqual(new Set(colours))
    expect(new Set(pairs.map(([, , object]) => object))).toEqual(new Set(objects))
  })
})

interface Rows {
  readonly shape: readonly number[]
  readonly data: Int32Array
}

/** Number of positions at which row i of two tables differs. */
function differences({ shape: [, width = 0], data }: Rows, other: Rows, i: number): number {
  const row = data.subarray(i * width, (i + 1) * width)
  return row.filter((token, pos) => token !== other.data[i * width + pos]).length
}
