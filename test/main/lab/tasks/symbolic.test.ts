import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { defaultsOf, type SettingValues } from '@main/base/settings'
import circuitReuse from '@main/lab/tasks/circuit-reuse'
import { symbols } from '@main/lab/tasks/components/symbols'
import maxOfTwo from '@main/lab/tasks/max-of-two'
import symbolicPrompts from '@main/lab/tasks/prompts/symbolic'
import symbolicColoredObjects from '@main/lab/tasks/symbolic-colored-objects'
import symbolicIoi from '@main/lab/tasks/symbolic-ioi'
import type { Dataset, Task } from '@main/lab/tasks/task'

const create = (task: Task, change: SettingValues = {}): Dataset =>
  task.create({ ...defaultsOf(task.fields), ...change } as never, createRng(1))

/** Examples as words, each with the words that are right. */
function wordsOf({ tokens, labels, n_ctx, scoredPositions: { length }, exampleCount }: Dataset): { text: string; answers: string[] }[] {
  const words = (ids: Int32Array): string[] => Array.from(ids, (id) => symbols[id]!)
  return Array.from({ length: exampleCount }, (_, i) => ({
    text: words(tokens.subarray(i * n_ctx, (i + 1) * n_ctx)).join(' '),
    answers: words(labels.subarray(i * length, (i + 1) * length)),
  }))
}

const number = (word: string): number => Number(word.slice(1))

/** The right answer of a text by its own rule, from the words alone; undefined when it is of no family. */
function answerOf(text: string): string | undefined {
  const ioi = /^(?:PAD PAD )?IOI (n\d+) (n\d+) GAVE (n\d+) A\b/.exec(text)
  if (ioi) return ioi[3] === ioi[1] ? ioi[2] : ioi[1]
  const coloured = /^COLOUR (o\d) (c\d) (o\d) (c\d) ASK (o\d) A\b/.exec(text)
  if (coloured) return coloured[5] === coloured[1] ? coloured[2] : coloured[4]
  const reversed = /^COLOUR (c\d) (o\d) (c\d) (o\d) ASK (o\d) A\b/.exec(text)
  if (reversed) return reversed[5] === reversed[2] ? reversed[1] : reversed[3]
  const max = /^(?:PAD PAD PAD PAD )?MAX (x\d+) (x\d+) A\b/.exec(text)
  return max ? (number(max[1]!) > number(max[2]!) ? max[1] : max[2]) : undefined
}

describe('one family', () => {
  test.each([
    [symbolicIoi, {}, 760],
    [maxOfTwo, {}, 144],
    [symbolicColoredObjects, { examples: 65536 }, 6272],
    [symbolicColoredObjects, { examples: 65536, order: 'colour object' }, 6272],
  ] as const)('%# has every example there is once, answered by its rule', (task, change, count) => {
    const examples = wordsOf(create(task, change))

    expect(new Set(examples.map(({ text }) => text)).size).toBe(count)
    expect(examples).toHaveLength(count)
    expect(examples.map(({ text }) => [answerOf(text)])).toEqual(examples.map(({ answers }) => answers))
  })
})

describe('four families', () => {
  const dataset = create(circuitReuse, { examples: 1000 })
  const examples = wordsOf(dataset)
  const train = [...dataset.train].map((i) => examples[i]!)
  const held = [...dataset.splits.test].map((i) => examples[i]!)
  // No copied sequence holds padding, and every question ends in it.
  const isQuestion = (text: string): boolean => text.endsWith('PAD')
  const familyOf = (text: string): string => (isQuestion(text) ? /IOI|COLOUR|MAX/.exec(text)![0] : 'copy')

  test('each has as many training examples', () => {
    const families = train.map(({ text }) => familyOf(text))
    const counts = ['IOI', 'COLOUR', 'MAX', 'copy'].map((family) => families.filter((each) => each === family).length)

    expect(counts).toEqual([800, 800, 800, 800])
  })

  test('ask the three questions where they end and padding elsewhere, and copy the fourth', () => {
    for (const { text, answers } of examples) {
      const words = text.split(' ')
      if (isQuestion(text)) {
        expect(answers).toEqual(words.slice(3, 15).map((word) => (word === 'A' ? answerOf(text) : 'PAD')))
      } else {
        expect(words.slice(8)).toEqual(words.slice(0, 7))
        expect(answers).toEqual([...new Array<string>(4).fill('PAD'), ...words.slice(0, 8)])
      }
    }
  })

  test('no test example is trained on', () => {
    const seen = new Set(train.map(({ text }) => text))

    expect(held.filter(({ text }) => seen.has(text))).toEqual([])
  })
})

describe('the families as prompts', () => {
  test.each(['indirect object', 'colored objects', 'max of two'])('%s: right answers to the clean, wrong ones to the corrupted prompt', (family) => {
    const { prompts } = symbolicPrompts.create({ ...defaultsOf(symbolicPrompts.fields), family } as never, createRng(1))

    for (const { clean, corrupted, answers, wrong } of prompts) {
      expect([[answerOf(clean)], [answerOf(corrupted!)]]).toEqual([answers, wrong])
      expect(answers).not.toEqual(wrong)
      expect(clean.split(' ')).toHaveLength(8)
    }
  })

  test('marks name the words they say', () => {
    const { prompts } = symbolicPrompts.create({ ...defaultsOf(symbolicPrompts.fields), family: 'colored objects' } as never, createRng(1))

    for (const { clean, answers, wrong, marks } of prompts) {
      const [O, C, other, Oq] = ['O', 'C', 'wrong C', 'Oq'].map((label) => clean.slice(...marks[label]!))
      expect([O, [C], [other]]).toEqual([Oq, answers, wrong])
    }
  })
})
