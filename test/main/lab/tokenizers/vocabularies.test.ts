import { describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import { createIntegerTokenizer } from '@main/lab/tokenizers/integers'
import { createWordListTokenizer } from '@main/lab/tokenizers/word-list'

describe('a list of words', () => {
  const words = ['=', 'Ann', 'Bob', 'GAVE', '2', '1']
  const tokenizer = unwrap(createWordListTokenizer(words, { startWord: '=' }))

  test('gives a word its place in the list, whatever space is around it', () => {
    expect([...unwrap(tokenizer.encode('  Ann\tGAVE\n2 = '))]).toEqual([1, 3, 4, 0])
  })

  test('writes ids as words, and an id it does not have as its number', () => {
    expect(tokenizer.decode([2, 3, 99])).toBe('Bob GAVE [99]')
  })

  test('names the word that it does not have and what it has', () => {
    expect(tokenizer.encode('Ann gave')).toEqual({
      ok: false,
      error: {
        code: 'TOKEN_UNKNOWN',
        message: "the vocabulary has no word 'gave'; it has =, Ann, Bob, GAVE, 2, 1",
        detail: { word: 'gave' },
      },
    })
  })

  test('a single word is a single token, with or without the space before it', () => {
    expect([' Ann', 'Ann', 'Ann Bob', 'Cleo', ''].map(tokenizer.isSingleToken)).toEqual([true, true, false, false, false])
    expect([tokenizer.size, tokenizer.startToken]).toEqual([6, 0])
  })

  test.each([
    [[], 'the list of words is empty; expected at least one'],
    [['a', 'a'], "the word 'a' is in the list twice"],
    [['a b'], '"a b" is not a word; expected text without white space'],
    [[''], '"" is not a word; expected text without white space'],
  ])('%j is refused', (list, message) => {
    expect(createWordListTokenizer(list)).toMatchObject({ ok: false, error: { message } })
  })

  test('words named like parts of every object are words like others', () => {
    const odd = unwrap(createWordListTokenizer(['constructor', '__proto__']))

    expect([...unwrap(odd.encode('__proto__ constructor'))]).toEqual([1, 0])
    expect(odd.encode('toString').ok).toBe(false)
  })
})

describe('integers', () => {
  const tokenizer = createIntegerTokenizer(12)

  test('are their own ids', () => {
    expect([...unwrap(tokenizer.encode('3 11 0'))]).toEqual([3, 11, 0])
    expect(tokenizer.decode([3, 11, 0])).toBe('3 11 0')
  })

  test.each(['12', '-1', '1.5', 'x', '99999999999'])('%s is no token of twelve', (text) => {
    expect(tokenizer.encode(text)).toMatchObject({ ok: false, error: { message: `'${text}' is no token; tokens are 0 to 11` } })
  })
})
