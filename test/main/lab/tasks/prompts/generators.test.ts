import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { defaultsOf, type SettingValues } from '@main/base/settings'
import coloredObjects from '@main/lab/tasks/prompts/colored-objects'
import greaterThan from '@main/lab/tasks/prompts/greater-than'
import induction from '@main/lab/tasks/prompts/induction'
import ioi, { templates } from '@main/lab/tasks/prompts/ioi'
import modularArithmetic from '@main/lab/tasks/prompts/modular-arithmetic'
import type { Prompt, PromptTask } from '@main/lab/tasks/prompts/prompt-set'

const promptsOf = (task: PromptTask, change: SettingValues = {}): readonly Prompt[] =>
  task.create({ ...defaultsOf(task.fields), prompts: 200, ...change } as never, createRng(1)).prompts

/** The marked words of a prompt. */
const wordsOf = ({ clean, marks }: Prompt): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(marks).map(([label, [start, end]]) => [label, clean.slice(start, end)]))

const counts = (text: string, word: string): number => text.split(new RegExp(`${word}\\b`)).length - 1

describe('indirect object identification', () => {
  test('the receiver is named once, the giver twice; they are the right and the wrong answer', () => {
    for (const prompt of promptsOf(ioi)) {
      const { IO, S1, S2 } = wordsOf(prompt)

      expect([S1, [IO], [S1]]).toEqual([S2, prompt.answers, prompt.wrong])
      expect([counts(prompt.clean, IO!), counts(prompt.clean, S1!)]).toEqual([1, 2])
      expect(prompt.marks['S2']![0]).toBeGreaterThan(Math.max(prompt.marks['IO']![0], prompt.marks['S1']![0]))
    }
  })

  test('all fifteen templates come in both orders', () => {
    const groups = new Set(promptsOf(ioi, { prompts: 1000 }).map(({ group }) => group))

    expect(groups.size).toBe(2 * templates.length)
    expect(templates).toHaveLength(15)
  })

  test.each([['ABBA', -1], ['BABA', 1]])('in order %s the receiver comes on that side of the giver', (order, side) => {
    expect(promptsOf(ioi, { order }).every(({ marks }) => Math.sign(marks['IO']![0] - marks['S1']![0]) === side)).toBe(true)
  })

  test('ABC puts three other names into the same sentence', () => {
    for (const { clean, corrupted, marks } of promptsOf(ioi, { corruption: 'ABC' })) {
      const names = ['IO', 'S1', 'S2'].map((label) => clean.slice(...marks[label]!))
      const inOrder = ['IO', 'S1', 'S2'].sort((x, y) => marks[x]![0] - marks[y]![0])
      const pattern = inOrder.reduceRight((text, label) => {
        const [start, end] = marks[label]!
        return `${text.slice(0, start)} (\\w+)${text.slice(end)}`
      }, clean.replaceAll('.', '\u0000'))
      const [, ...others] = new RegExp(`^${pattern.replaceAll('\u0000', '\\.')}$`).exec(corrupted!) ?? []

      expect(others).toHaveLength(3)
      expect(new Set([...others.map((name) => ` ${name}`), ...names]).size).toBe(5)
    }
  })

  test('S2-IO changes the second giver into the receiver and nothing else', () => {
    for (const prompt of promptsOf(ioi, { corruption: 'S2-IO' })) {
      const [start, end] = prompt.marks['S2']!

      expect(prompt.corrupted).toBe(prompt.clean.slice(0, start) + wordsOf(prompt)['IO'] + prompt.clean.slice(end))
    }
  })
})

describe('colored objects', () => {
  test('the answer is the capitalized colour before the object that is asked about, here and in the solved example', () => {
    for (const prompt of promptsOf(coloredObjects)) {
      const { C, O, Oq } = wordsOf(prompt)
      const solved = /What color is the (\w+)\?\nA: (\w+)\n/.exec(prompt.clean)!
      const [first] = prompt.clean.split('\n')

      expect(O).toBe(Oq)
      expect(prompt.answers).toEqual([` ${C![1]!.toUpperCase()}${C!.slice(2)}`])
      expect(first!.toLowerCase()).toContain(` ${solved[2]!.toLowerCase()} ${solved[1]!}`)
      expect(prompt.clean.endsWith(`What color is the${Oq}?\nA:`)).toBe(true)
    }
  })

  test('corrupted, only the question differs, and its answer is the wrong one', () => {
    for (const prompt of promptsOf(coloredObjects)) {
      const [start, end] = prompt.marks['Oq']!
      const other = prompt.corrupted!.slice(start).replace(/\?\nA:$/, '')
      const wrong = wordsOf(prompt)['wrong C']!

      expect(prompt.corrupted).toBe(prompt.clean.slice(0, start) + other + prompt.clean.slice(end))
      expect(prompt.clean).toContain(`${wrong}${other}`)
      expect(prompt.wrong.map((answer) => answer.toLowerCase())).toEqual([wrong])
    }
  })

  test('articles fit their colours; two things need no comma; examples are as many as asked for', () => {
    const texts = promptsOf(coloredObjects, { things: 2, solved: 0 }).map(({ clean }) => clean)

    expect(texts.every((text) => /^Q: On the (table|desk|floor), (there is|you see|I see) an? \w+ \w+ and an? \w+ \w+\. What/.test(text))).toBe(true)
    expect(texts.some((text) => /\ba orange|\ban [^o]/.test(text))).toBe(false)
    expect(promptsOf(coloredObjects, { solved: 3 }).every(({ clean }) => clean.split('Q:').length === 5)).toBe(true)
  })
})

describe('greater than', () => {
  test('every later year of the century is right, every other one wrong, and 01 is the corrupted year', () => {
    for (const { clean, corrupted, answers, wrong } of promptsOf(greaterThan)) {
      const [, century, year, again] = /^The \w+ lasted from the year (\d\d)(\d\d) to the year (\d\d)$/.exec(clean)!

      expect(again).toBe(century)
      expect(answers.map(Number)).toEqual(Array.from({ length: 99 - Number(year) }, (_, i) => Number(year) + 1 + i))
      expect([...wrong, ...answers].map(Number)).toEqual(Array.from({ length: 100 }, (_, i) => i))
      expect(corrupted).toBe(clean.replace(century! + year!, `${century}01`))
    }
  })
})

describe('induction', () => {
  test('the answer followed the last token the first time, and is what the corruption replaces', () => {
    for (const prompt of promptsOf(induction)) {
      const { before, copied } = wordsOf(prompt)
      const [start, end] = prompt.marks['copied']!

      expect(prompt.clean.endsWith(before!)).toBe(true)
      expect(prompt.clean).toContain(before! + copied!)
      expect(prompt.answers).toEqual([copied])
      expect(prompt.corrupted).toBe(prompt.clean.slice(0, start) + prompt.wrong[0]! + prompt.clean.slice(end))
    }
  })

  test('numbers have the ids they are, the start word the last', () => {
    const set = induction.create({ ...defaultsOf(induction.fields), written: 'numbers', vocabulary: 20 } as never, createRng(1))

    expect(set.vocabulary).toEqual({ words: [...Array.from({ length: 20 }, (_, i) => String(i)), 'start'], startWord: 'start' })
  })

  test('settings that cannot be are refused', () => {
    const check = (change: SettingValues): unknown => induction.check!({ ...defaultsOf(induction.fields), ...change } as never)

    expect(check({ shown: 12 })).toEqual([{ key: 'shown', message: 'shown is 12; expected less than the length, 12' }])
    expect(check({ written: 'numbers', vocabulary: 12 })).toEqual([
      { key: 'length', message: 'length is 12; expected less than the 12 different tokens' },
    ])
  })
})

describe('modular arithmetic', () => {
  test.each(['+', '*'])('the right and the wrong answer of %s are those of the clean and the corrupted pair', (operation) => {
    const answer = (text: string): string => {
      const [a, b] = text.split(' ').map(Number) as [number, number]
      return ` ${(operation === '+' ? a + b : a * b) % 7}`
    }
    for (const { clean, corrupted, answers, wrong } of promptsOf(modularArithmetic, { p: 7, operation, equalsToken: true })) {
      expect([clean.endsWith(' ='), answers, wrong]).toEqual([true, [answer(clean)], [answer(corrupted!)]])
      expect(answers).not.toEqual(wrong)
    }
  })
})
