/** Every prompt task: deterministic by seed, marks that lie in the text, answers that can be told apart, a tokenizer that fits. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import { createRng } from '@main/base/rng'
import { defaultsOf, type SettingValues } from '@main/base/settings'
import { promptTasks } from '@main/lab/tasks/prompts'
import { tokenizePrompts } from '@main/lab/tasks/prompts/components/tokenize-prompts'
import type { PromptSet, PromptTask } from '@main/lab/tasks/prompts/prompt-set'
import { readTokenizer } from '@main/lab/tokenizers/tokenizer-files'
import { createWordListTokenizer } from '@main/lab/tokenizers/word-list'
import { root } from '../fixtures/host'

const shared = join(root, '../shared/data/gpt2_tokenizer')
const hasShared = existsSync(shared)
const gpt2 = hasShared
  ? readTokenizer({ 'encoder.json': readFileSync(join(shared, 'encoder.json')), 'vocab.bpe': readFileSync(join(shared, 'vocab.bpe')) })
  : undefined

/** What a header says that GPT-2's tokenizer splits, and the largest share of prompts that this may cost. */
const told: Readonly<Record<string, { readonly words: RegExp; readonly share: number }>> = {
  'greater-than': { words: /^( 1[1-7]|\d\d)$/, share: 0.13 },
}

/** Every word of a set once, punctuation left on: a vocabulary that knows the set. */
function wordsOf({ prompts }: PromptSet): readonly string[] {
  const texts = prompts.flatMap(({ clean, corrupted, answers, wrong }) => [clean, corrupted ?? '', ...answers, ...wrong])
  return [...new Set(texts.flatMap((text) => text.split(/\s+/)))].filter((word) => word !== '')
}

describe.each([...promptTasks])('$id', (task: PromptTask) => {
  const defaults: SettingValues = defaultsOf(task.fields)
  const create = (seed: number, change: SettingValues = {}): PromptSet =>
    task.create({ ...defaults, ...change } as never, createRng(seed))

  test('the same seed gives the same prompts, another seed others', () => {
    expect(create(1)).toEqual(create(1))
    expect(create(1).prompts).not.toEqual(create(2).prompts)
  })

  test('more prompts begin with the fewer', () => {
    expect(create(3, { prompts: 40 }).prompts.slice(0, 10)).toEqual(create(3, { prompts: 10 }).prompts)
  })

  test('every mark is a piece of the clean prompt, and no answer is right and wrong', () => {
    for (const { clean, marks, answers, wrong } of create(5).prompts) {
      expect(Object.values(marks).every(([start, end]) => start >= 0 && start < end && end <= clean.length)).toBe(true)
      expect(answers.length).toBeGreaterThan(0)
      expect(answers.filter((answer) => wrong.includes(answer))).toEqual([])
    }
  })

  test('corrupting changes the prompt', () => {
    expect(create(5).prompts.every(({ clean, corrupted }) => corrupted !== undefined && corrupted !== clean)).toBe(true)
  })

  test('its settings accept their defaults', () => {
    expect(task.check?.(defaults as never) ?? []).toEqual([])
  })

  test('the words of its vocabulary, or of the prompts themselves, write every prompt and answer', () => {
    const set = create(7)
    const words = set.vocabulary ? [...set.vocabulary.words] : wordsOf(set)
    const { tokens, dropped } = unwrap(tokenizePrompts(set, unwrap(createWordListTokenizer(words)), { keepsSplit: true }))

    expect(dropped).toEqual([])
    expect(tokens.clean.shape[0]).toBe(set.prompts.length)
  })

  test.runIf(hasShared)("GPT-2's tokenizer reads it, splitting no word beyond those its header tells of", ({ skip }) => {
    const set = create(7, { prompts: 400 })
    if (set.vocabulary) skip('it is written in a vocabulary of its own')
    const { tokens, dropped, splitWords } = unwrap(tokenizePrompts(set, unwrap(gpt2!), { startToken: true }))

    expect(splitWords.filter(({ text }) => !told[task.id]?.words.test(text))).toEqual([])
    expect(dropped.length).toBeLessThanOrEqual(set.prompts.length * (told[task.id]?.share ?? 0))
    expect(tokens.corrupted?.shape).toEqual(tokens.clean.shape)
  })
})
