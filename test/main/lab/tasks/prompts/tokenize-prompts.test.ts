import { describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import { tokenizePrompts, type TokenizeOptions } from '@main/lab/tasks/prompts/components/tokenize-prompts'
import type { Prompt, PromptSet, TokenizedSet } from '@main/lab/tasks/prompts/prompt-set'
import { readTokenizer } from '@main/lab/tokenizers/tokenizer-files'
import type { Tokenizer } from '@main/lab/tokenizers/tokenizer'
import { createWordListTokenizer } from '@main/lab/tokenizers/word-list'
import { released, vocabulary } from '../../../../fixtures/tokenizers/tiny'

const words = unwrap(createWordListTokenizer(['START', 'a', 'b', 'c', 'd', 'gave'], { startWord: 'START' }))
const bytePair = unwrap(readTokenizer(released))

const prompt = (change: Partial<Prompt>): Prompt => ({
  clean: 'a b gave a',
  corrupted: 'a b gave b',
  answers: [' b'],
  wrong: [' a'],
  marks: { S1: [0, 1], S2: [8, 10] },
  group: 'all',
  ...change,
})
const setOf = (...prompts: Prompt[]): PromptSet => ({ title: 'made', source: 'here', prompts })

const tokenize = (set: PromptSet, tokenizer: Tokenizer = words, options: TokenizeOptions = {}): TokenizedSet =>
  unwrap(tokenizePrompts(set, tokenizer, options))

const rows = ({ shape: [count = 0, width = 0], data }: { shape: readonly number[]; data: ArrayLike<number> }): number[][] =>
  Array.from({ length: count }, (_, i) => Array.from(data).slice(i * width, (i + 1) * width))

describe('a set in a vocabulary of words', () => {
  const short = prompt({ clean: 'c gave', corrupted: 'd gave', answers: [' c', ' d'], wrong: [], marks: { S1: [0, 1] }, group: 'short' })

  test('becomes tokens padded on the right, answers, positions by label and groups', () => {
    const { tokens, splitWords, dropped } = tokenize(setOf(prompt({}), short))

    expect(rows(tokens.clean)).toEqual([[1, 2, 5, 1], [3, 5, 0, 0]])
    expect(rows(tokens.corrupted!)).toEqual([[1, 2, 5, 2], [4, 5, 0, 0]])
    expect(rows(tokens.mask)).toEqual([[1, 1, 1, 1], [1, 1, 0, 0]])
    expect([[...tokens.lengths.data], [...tokens.answerPos.data]]).toEqual([[4, 2], [3, 1]])
    expect([rows(tokens.answers), rows(tokens.wrong)]).toEqual([[[2, -1], [3, 4]], [[1], [-1]]])
    expect(tokens.labels).toEqual(['S1', 'S2', 'end'])
    expect(rows(tokens.positions)).toEqual([[0, 0], [3, -1], [3, 1]])
    expect([tokens.groups, [...tokens.group.data]]).toEqual([['all', 'short'], [0, 1]])
    expect({ splitWords, dropped }).toEqual({ splitWords: [], dropped: [] })
  })

  test('with a start token has everything one position later', () => {
    const { tokens } = tokenize(setOf(prompt({}), short), words, { startToken: true })

    expect(rows(tokens.clean)).toEqual([[0, 1, 2, 5, 1], [0, 3, 5, 0, 0]])
    expect(rows(tokens.positions)).toEqual([[1, 1], [4, -1], [4, 2]])
    expect([...tokens.lengths.data]).toEqual([5, 3])
  })

  test('with one prompt that is not corrupted has no corrupted tokens', () => {
    expect(tokenize(setOf(prompt({}), prompt({ corrupted: undefined }))).tokens.corrupted).toBeUndefined()
  })
})

describe('prompts are left out', () => {
  test.each<[string, Partial<Prompt>, string]>([
    ['with a word the vocabulary lacks', { clean: 'a e gave a' }, "the vocabulary has no word 'e'; it has START, a, b, c, d, gave"],
    ['with a corrupted prompt of another length', { corrupted: 'a b gave' }, 'the clean prompt has 4 tokens, the corrupted one 3'],
    ['with an empty prompt', { clean: '  ', corrupted: undefined, marks: {} }, 'the clean prompt is empty'],
    ['with an empty answer', { answers: [' '] }, 'the answer " " is empty'],
    ['with answers that begin alike', { answers: [' a'] }, 'a right and a wrong answer begin with the same token, 1'],
    ['with an answer of two tokens', { answers: [' b a'] }, '" b a" is not one token'],
    ['with a mark of two tokens', { marks: { S: [0, 3] } }, '"a b" is not one token'],
  ])('%s', (_name, change, why) => {
    const { tokens, dropped } = tokenize(setOf(prompt({}), prompt(change)))

    expect(dropped).toEqual([{ prompt: 1, why }])
    expect([...tokens.prompts.data]).toEqual([0])
  })

  test('and none is left: that is a failure with the first reason', () => {
    const result = tokenizePrompts(setOf(prompt({ clean: 'x' })), words)

    expect(result).toMatchObject({
      ok: false,
      error: { code: 'PROMPTS_UNSUITABLE', message: expect.stringContaining("none of 1 prompts fits this tokenizer; the first was left out because the vocabulary has no word 'x'") },
    })
  })

  test('a start token that is not there cannot be put before', () => {
    const plain = unwrap(createWordListTokenizer(['a', 'b', 'gave']))

    expect(tokenizePrompts(setOf(prompt({})), plain, { startToken: true })).toMatchObject({ ok: false })
  })
})

describe('byte pairs', () => {
  // 'hello' and ' world' are tokens; every other letter is one.
  const greeting = prompt({
    clean: 'hello world',
    corrupted: undefined,
    answers: [' world'],
    wrong: [' held'],
    marks: { first: [0, 5], second: [5, 11], inside: [2, 5] },
  })

  test('split words are listed with their pieces and counted, and their prompts kept on demand', () => {
    const { tokens, splitWords } = tokenize(setOf(greeting, greeting), bytePair, { keepsSplit: true })

    expect(splitWords).toEqual([
      { text: ' held', tokens: [' ', 'he', 'ld'], prompts: 2 },
      { text: 'llo', tokens: ['hello'], prompts: 2 },
    ])
    expect(tokens.labels).toEqual(['first', 'second', 'inside', 'end'])
    expect(rows(tokens.positions)).toEqual([[0, 0], [1, 1], [0, 0], [1, 1]])
    expect(rows(tokens.answers)).toEqual([[vocabulary['Ġworld']], [vocabulary['Ġworld']]])
    expect(rows(tokens.wrong)).toEqual([[vocabulary['Ġ']], [vocabulary['Ġ']]])
  })

  test('the position of a word of several tokens is its last', () => {
    const spelled = prompt({ clean: 'hello held', corrupted: undefined, answers: ['a'], wrong: [], marks: { word: [5, 10] } })
    const { tokens } = tokenize(setOf(spelled), bytePair, { keepsSplit: true })

    expect(rows(tokens.positions)).toEqual([[3], [3]])
  })

  test('a mark that ends inside a token has the position of that token', () => {
    const cut = prompt({ clean: 'a hello world', corrupted: undefined, answers: ['a'], wrong: [], marks: { cut: [7, 9] } })
    const { tokens } = tokenize(setOf(cut), bytePair, { keepsSplit: true })

    // a, space, hello, world
    expect(rows(tokens.positions)).toEqual([[3], [3]])
  })
})
