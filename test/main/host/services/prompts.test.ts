import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PromptSetCard, PromptSource, TokenizerChoice } from '@contract/prompts'
import type { AppError } from '@main/base/result'
import type { ImportRecord } from '@contract/imports'
import { renamed } from '../../../fixtures/tokenizers/tiny'
import { createTestHost, ended, tinyRun, tinyTransformerRun, type TestHost } from '../../../fixtures/host'

let it: TestHost
beforeAll(async () => void (it = await createTestHost()))
afterAll(() => it.end())

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(() => 'nothing was refused', (thrown: AppError) => thrown.failure)

const drawn = (generatorId: string, settings = {}, seed = 1): Extract<PromptSource, { kind: 'drawn' }> => ({ kind: 'drawn', generatorId, settings, seed })
const addition = drawn('modular-arithmetic', { p: 7, prompts: 5 })

const plain = { startToken: false, keepsSplit: false }
const integers: TokenizerChoice = { kind: 'integers', size: 7 }

async function adopt(name: string, text: string, pieceBytes = 16): Promise<PromptSetCard | undefined> {
  const file = new TextEncoder().encode(text)
  let answer: { set?: PromptSetCard | undefined } = {}
  for (let offset = 0; offset < file.length; offset += pieceBytes) {
    const bytes = file.slice(offset, offset + pieceBytes)
    answer = await it.client.prompts.adopt({ name, offset, totalBytes: file.length, bytes })
  }
  return answer.set
}

const importRecord: ImportRecord = {
  files: [],
  hash: 'f00d',
  format: 'torch',
  layout: 'hugging-face',
  inferred: [],
  draft: { answers: {}, settings: {}, parameters: {} },
  warnings: [],
  notes: [],
  card: { accounted: [], parameterCount: 0, unused: [], missing: [] },
}

describe('generators', () => {
  test('are listed with the fields they are checked against', async () => {
    const generators = await it.client.prompts.generators({})

    expect(generators.map(({ id }) => id)).toContain('ioi')
    expect(generators.find(({ id }) => id === 'ioi')!.fields['corruption']).toMatchObject({ kind: 'choice', choices: ['ABC', 'S2-IO'] })
  })

  test('name tasks that there are, with settings that they have', async () => {
    const generators = await it.client.prompts.generators({})
    const { tasks } = await it.client.recipes.parts({})
    const named = generators.flatMap(({ trainedAs }) => Object.keys(trainedAs))

    expect(named).toEqual(expect.arrayContaining(['modular-arithmetic', 'repeated-sequences', 'max-of-two']))
    expect(tasks.map(({ id }) => id)).toEqual(expect.arrayContaining(named))
    for (const { id, fields, trainedAs } of generators) {
      for (const settings of Object.values(trainedAs)) {
        expect(Object.keys(fields)).toEqual(expect.arrayContaining(Object.keys(settings)))
        expect(await it.client.prompts.preview({ source: drawn(id, settings), first: 0, ...plain })).toHaveProperty('count')
      }
    }
  })

  test.each([
    ['an unknown one', drawn('ioj'), 'unknown generator \'ioj\'; nearest: ioi'],
    ['an unknown setting', drawn('ioi', { colour: 1 }), "unknown setting 'colour'"],
    ['settings that do not fit each other', drawn('induction', { shown: 20 }), 'shown is 20; expected less than the length, 12'],
  ])('%s is refused', async (_name, source, message) => {
    expect(await failureOf(it.client.prompts.preview({ source, first: 1, ...plain }))).toMatchObject({
      code: 'SETTING_INVALID',
      message: expect.stringContaining(message),
    })
  })
})

describe('a drawn set', () => {
  test('is previewed with its first prompts and its groups', async () => {
    const preview = await it.client.prompts.preview({ source: drawn('ioi', { prompts: 30 }), first: 3, ...plain })

    expect(preview).toMatchObject({ count: 30, isPaired: true })
    expect(preview.prompts).toHaveLength(3)
    expect(preview.groups.reduce((sum, { count }) => sum + count, 0)).toBe(30)
    expect(preview.fit).toBeUndefined()
  })

  test('that fits a tokenizer says so; one that does not says why and which words', async () => {
    const fitting = await it.client.prompts.preview({ source: addition, first: 0, tokenizer: integers, ...plain })
    const strange = await it.client.prompts.preview({ source: drawn('ioi', { prompts: 2 }), first: 0, tokenizer: integers, ...plain })

    expect(fitting.fit).toEqual({ read: [], keptCount: 5, droppedCount: 0, dropped: [], splitCount: 0, splitWords: [] })
    expect(strange.fit).toMatchObject({ keptCount: 0, droppedCount: 2, problem: expect.stringContaining('none of 2 prompts fits') })
  })

  test('is shown in tokens where its prompts fit, and as drawn the way it was', async () => {
    const { prompts, fit, drawn: how } = await it.client.prompts.preview({ source: addition, first: 3, tokenizer: integers, ...plain })

    expect(how).toEqual(addition)
    expect(fit!.read).toEqual(prompts.map(({ clean, corrupted }) => ({ clean: clean.split(' '), corrupted: corrupted!.split(' ') })))
  })

  test('becomes tokens with what each reads as', async () => {
    const { tokens, texts } = await it.client.prompts.tokenize({ source: addition, tokenizer: integers, ...plain })
    const { clean, corrupted, answers, wrong } = tokens
    const sums = (pairs: typeof clean): number[] => Array.from({ length: 5 }, (_, i) => (pairs.data[2 * i]! + pairs.data[2 * i + 1]!) % 7)

    expect([clean.axes, clean.shape]).toEqual([['example', 'pos'], [5, 2]])
    expect([[...answers.data], [...wrong.data]]).toEqual([sums(clean), sums(corrupted!)])
    expect([tokens.labels, [...tokens.positions.data].slice(-5)]).toEqual([['a', 'b', 'end'], [1, 1, 1, 1, 1]])
    expect(texts.texts).toEqual([...texts.ids.data].map(String))
  })

  test('is read in the words of the task that a run was trained on', async () => {
    const run = it.host.store().runs.create({
      name: 'sums',
      spec: { ...tinyRun(), task: { id: 'modular-arithmetic', settings: { p: 7, equalsToken: true } } },
      lastStep: 60,
      madeWith: 'cpu',
    })
    const tokenizer: TokenizerChoice = { kind: 'run', runId: run.id }
    const { tokens, texts } = await it.client.prompts.encode({ tokenizer, text: '6 3 =', startToken: false })

    expect([[...tokens.data], texts]).toEqual([[6, 3, 7], ['6', '3', '=']])
  })

  test('is read by the tokenizer that came with an imported run', async () => {
    const run = it.host.store().runs.create({ name: 'foreign', spec: tinyRun(), lastStep: 0, madeWith: 'torch' })
    const files = Object.entries(renamed).map(([name, bytes]) => ({ name, bytes }))
    it.host.store().imports.write(run.id, importRecord, [{ name: 'config.json', bytes: Uint8Array.of(123, 125) }, ...files])
    const tokenizer: TokenizerChoice = { kind: 'run', runId: run.id }
    const ask = (): Promise<unknown> => it.client.prompts.encode({ tokenizer, text: 'hello world', startToken: true })

    expect(await ask()).toMatchObject({ texts: ['<|endoftext|>', 'hello', ' world'] })
    expect(await ask()).toMatchObject({ texts: ['<|endoftext|>', 'hello', ' world'] })
  })

  test('gives the words in which attention, the lens and pairs of that run are read', async () => {
    const { runId, jobId } = await it.client.runs.start({ name: 'foreign', spec: tinyTransformerRun() })
    await ended(it.client, jobId)
    it.host.store().imports.write(runId, importRecord, Object.entries(renamed).map(([name, bytes]) => ({ name, bytes })))
    const one = { runId, step: 2, inputs: { kind: 'examples', split: 'test', first: 0, count: 1 } } as const

    const { tokens } = await it.client.attention.patterns({ ...one, kind: 'pattern' })
    const table = await it.client.lens.table({ ...one, topCount: 1 })
    const { texts, ids } = await it.client.patching.pairs({ runId, step: 2, source: { kind: 'task', split: 'test', count: 4, seed: 0 } })

    // The tokenizer's first bytes are ! " # … and its eighth is (.
    expect(tokens!.at(-1)).toBe('(')
    expect(table.tokens).toEqual(tokens)
    expect(texts[[...ids.data].indexOf(7)]).toBe('(')
  })

  test('is kept in the project, listed, read again and removed', async () => {
    const card = await it.client.prompts.keep({ source: addition, name: 'sums mod 7' })
    const source: PromptSource = { kind: 'stored', promptSetId: card.id }
    const stored = await it.client.prompts.tokenize({ source, tokenizer: integers, ...plain })
    const again = await it.client.prompts.tokenize({ source: addition, tokenizer: integers, ...plain })

    expect(card).toMatchObject({ name: 'sums mod 7', generatorId: 'modular-arithmetic', count: 5, isPaired: true, hasVocabulary: true })
    expect(await it.client.prompts.list({})).toContainEqual(card)
    expect(stored).toEqual(again)
    await it.client.prompts.remove({ promptSetId: card.id })
    expect(await it.client.prompts.list({})).not.toContainEqual(card)
    expect(await failureOf(it.client.prompts.remove({ promptSetId: card.id }))).toMatchObject({ code: 'PROMPTS_NOT_FOUND' })
  })
})

describe('a dropped file', () => {
  test('comes in pieces and is kept under its name', async () => {
    const card = await adopt('my prompts.csv', 'clean,corrupted,answer,wrong\n1 2,1 3,3,4\n2 2,2 3,4,5\n')

    expect(card).toMatchObject({ name: 'my prompts', source: 'file my prompts.csv', count: 2, isPaired: true })
  })

  test('that is malformed is refused with the place, and leaves nothing', async () => {
    const before = await it.client.prompts.list({})

    expect(await failureOf(adopt('bad.json', '[["a"]]'))).toEqual({
      code: 'FILE_MALFORMED',
      message: "'bad.json': prompt 1 has 1 parts; expected a prompt and its answer",
    })
    expect(await it.client.prompts.list({})).toEqual(before)
  })

  test('with a piece missing is refused', async () => {
    const bytes = Uint8Array.of(1, 2)

    expect(await failureOf(it.client.prompts.adopt({ name: 'a.json', offset: 4, totalBytes: 6, bytes }))).toMatchObject({
      code: 'ARGUMENTS_INVALID',
      message: "piece at 4 of 'a.json' does not continue the 0 of 6 bytes that have come",
    })
  })

  test.each(['../a.json', 'a\u0000.json', ''])('named %j is refused', async (name) => {
    const piece = { name, offset: 0, totalBytes: 1, bytes: Uint8Array.of(1) }

    expect(await failureOf(it.client.prompts.adopt(piece))).toMatchObject({ code: 'ARGUMENTS_INVALID' })
  })

  test('gives another its corrupted prompts', async () => {
    const clean = await adopt('clean.json', '[["1 2", "3"], ["2 2", "4"]]')
    const corrupted = await adopt('corrupted.json', '[["1 3", "4"], ["2 3", "5"]]')
    const pair = await it.client.prompts.pair({ cleanId: clean!.id, corruptedId: corrupted!.id, name: 'pairs' })
    const { prompts } = await it.client.prompts.preview({ source: { kind: 'stored', promptSetId: pair.id }, first: 1, ...plain })

    expect([clean!.isPaired, pair.isPaired, pair.generatorId]).toEqual([false, true, undefined])
    expect(prompts).toEqual([{ clean: '1 2', corrupted: '1 3', answers: ['3'], wrong: ['4'], marks: {}, group: 'all' }])
  })
})

test('tokens of a network are named for a person', async () => {
  const tokenizer: TokenizerChoice = { kind: 'words', words: ['zero', 'one'] }
  const ids = { axes: ['token'], shape: [3], data: Int32Array.of(1, 0, 5) }

  expect(await it.client.prompts.texts({ tokenizer, ids })).toEqual({ texts: ['one', 'zero', '[5]'] })
})
