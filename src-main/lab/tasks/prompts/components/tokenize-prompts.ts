/**
 * A prompt set as one tokenizer reads it, and what of it that tokenizer splits.
 *
 *   1. Clean and corrupted prompt, answers and wrong answers are encoded.
 *   2. A mark's tokens are those from the end of what stands before it to the end of what stands up to its end. It is one
 *      token when the text up to either end has the tokens of the whole prompt so far; otherwise a token crosses its
 *      border, and its position is that of this token.
 *   3. Prompts are left out, each with its reason, when a text has no tokens; when clean and corrupted differ in length;
 *      when a right and a wrong answer begin with the same token; and, unless split words are kept, when a marked word or
 *      an answer is not one token.
 *   4. What is left is padded on the right to the longest.
 */
import { assert } from '../../../../base/assert'
import { namedArray, type NamedArray } from '../../../../base/array'
import { err, ok, type Result } from '../../../../base/result'
import type { Tokenizer } from '../../../tokenizers/tokenizer'
import { endMark, type Prompt, type PromptSet, type SplitWord, type TokenizedSet } from '../prompt-set'

export interface TokenizeOptions {
  /** Whether the tokenizer's start token is put before every prompt; as the network was trained. Default false. */
  readonly startToken?: boolean
  /** Whether prompts stay whose marked words or answers are not one token. Default false. */
  readonly keepsSplit?: boolean
}

export interface Survey {
  /** What was kept. */
  readonly examples: readonly Example[]
  readonly splitWords: readonly SplitWord[]
  readonly dropped: TokenizedSet['dropped']
  /** Why the set cannot be used with this tokenizer at all; undefined when it can. */
  readonly problem: string | undefined
}

/** Fails when no prompt is left, or when a start token is wanted that the vocabulary does not have. */
export function tokenizePrompts(
  set: PromptSet,
  tokenizer: Tokenizer,
  options: TokenizeOptions = {},
): Result<TokenizedSet, 'PROMPTS_UNSUITABLE'> {
  const { examples, splitWords, dropped, problem } = surveyPrompts(set, tokenizer, options)
  if (problem !== undefined) return err('PROMPTS_UNSUITABLE', problem)
  const start = options.startToken ? [tokenizer.startToken!] : [] // there is one, or there were a problem
  return ok({ tokens: arraysOf(set, examples, start), splitWords, dropped })
}

/** What a tokenizer makes of a set, whether it can be used or not. */
export function surveyPrompts(set: PromptSet, tokenizer: Tokenizer, options: TokenizeOptions = {}): Survey {
  const encode = remembering(tokenizer)
  const splitWords = createSplitWords(tokenizer)
  const examples: Example[] = []
  const dropped: { prompt: number; why: string }[] = []
  for (const [i, prompt] of set.prompts.entries()) {
    const example = tokenizePrompt(prompt, encode)
    if (typeof example === 'string') {
      dropped.push({ prompt: i, why: example })
      continue
    }
    const split = example.words.filter(({ isSingle }) => !isSingle)
    splitWords.add(split)
    const [first] = split
    if (first && !options.keepsSplit) dropped.push({ prompt: i, why: `${JSON.stringify(first.text)} is not one token` })
    else examples.push({ ...example, prompt: i })
  }
  return { examples, splitWords: splitWords.list(), dropped, problem: problem() }

  function problem(): string | undefined {
    if (options.startToken && tokenizer.startToken === undefined) {
      return 'the vocabulary has no start token; turn it off for these prompts'
    }
    if (examples.length > 0) return undefined
    const why = dropped[0] ? `; the first was left out because ${dropped[0].why}` : ''
    return `none of ${set.prompts.length} prompts fits this tokenizer${why}`
  }
}

interface Word {
  readonly text: string
  readonly tokens: readonly number[]
  readonly isSingle: boolean
}

interface Tokenized {
  readonly clean: readonly number[]
  readonly corrupted: readonly number[] | undefined
  readonly answers: readonly number[]
  readonly wrong: readonly number[]
  readonly positions: ReadonlyMap<string, number>
  readonly words: readonly Word[]
}

export interface Example extends Tokenized {
  readonly prompt: number
}

type Encode = (text: string) => readonly number[] | string

/** The tokens of a text, or why there are none. The same words come again and again. */
function remembering(tokenizer: Tokenizer): Encode {
  const known = new Map<string, readonly number[] | string>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    const encoded = tokenizer.encode(text)
    const tokens = encoded.ok ? [...encoded.value] : encoded.error.message
    known.set(text, tokens)
    return tokens
  }
}

/** The prompt's tokens, or why it has to be left out. */
function tokenizePrompt({ clean, corrupted, answers, wrong, marks }: Prompt, encode: Encode): Tokenized | string {
  const cleanTokens = encode(clean)
  if (typeof cleanTokens === 'string') return cleanTokens
  if (cleanTokens.length === 0) return 'the clean prompt is empty'
  const corruptedTokens = corrupted === undefined ? undefined : encode(corrupted)
  if (typeof corruptedTokens === 'string') return corruptedTokens
  if (corruptedTokens && corruptedTokens.length !== cleanTokens.length) {
    return `the clean prompt has ${cleanTokens.length} tokens, the corrupted one ${corruptedTokens.length}`
  }
  const answerWords: Word[] = []
  for (const text of [...answers, ...wrong]) {
    const tokens = encode(text)
    if (typeof tokens === 'string') return tokens
    if (tokens.length === 0) return `the answer ${JSON.stringify(text)} is empty`
    answerWords.push({ text, tokens, isSingle: tokens.length === 1 })
  }
  const firsts = answerWords.map(({ tokens }) => tokens[0]!)
  const [right, others] = [firsts.slice(0, answers.length), firsts.slice(answers.length)]
  const shared = others.find((id) => right.includes(id))
  if (shared !== undefined) return `a right and a wrong answer begin with the same token, ${shared}`
  const positions = new Map<string, number>()
  const markWords: Word[] = []
  for (const [label, [start, end]] of Object.entries(marks)) {
    const word = wordAt(clean, cleanTokens, { start, end, encode })
    positions.set(label, word.position)
    markWords.push(word)
  }
  return { clean: cleanTokens, corrupted: corruptedTokens, answers: right, wrong: others, positions, words: [...markWords, ...answerWords] }
}

interface At {
  readonly start: number
  readonly end: number
  readonly encode: Encode
}

function wordAt(text: string, whole: readonly number[], { start, end, encode }: At): Word & { readonly position: number } {
  const [before, through] = [text.slice(0, start), text.slice(0, end)].map((part) => sharedStart(encode(part), whole)) as [Shared, Shared]
  const position = Math.min(through.isWhole ? through.length - 1 : through.length, whole.length - 1)
  const tokens = whole.slice(Math.min(before.length, position), position + 1)
  return { text: text.slice(start, end), tokens, isSingle: before.isWhole && through.isWhole && tokens.length === 1, position }
}

interface Shared {
  readonly length: number
  /** Whether the shorter text's tokens are all of them tokens of the whole. */
  readonly isWhole: boolean
}

function sharedStart(part: readonly number[] | string, whole: readonly number[]): Shared {
  // Words at a border that the vocabulary does not have: as if nothing were shared.
  if (typeof part === 'string') return { length: 0, isWhole: false }
  let length = 0
  while (length < part.length && part[length] === whole[length]) length++
  return { length, isWhole: length === part.length }
}

function createSplitWords(tokenizer: Tokenizer): { add(words: readonly Word[]): void; list(): readonly SplitWord[] } {
  const counts = new Map<string, { readonly word: Word; prompts: number }>()
  return {
    add(words) {
      const distinct = new Map(words.map((word) => [word.text, word]))
      for (const word of distinct.values()) {
        const entry = counts.get(word.text) ?? { word, prompts: 0 }
        counts.set(word.text, { ...entry, prompts: entry.prompts + 1 })
      }
    },
    list: () =>
      [...counts.values()]
        .map(({ word: { text, tokens }, prompts }) => ({ text, tokens: tokens.map(tokenizer.tokenText), prompts }))
        .sort((x, y) => y.prompts - x.prompts || (x.text < y.text ? -1 : 1)),
  }
}

/** An id that is never looked at: a causal network's real positions do not see what follows them. */
const padToken = 0
const none = -1

function arraysOf(set: PromptSet, examples: readonly Example[], start: readonly number[]): TokenizedSet['tokens'] {
  const lengths = examples.map(({ clean }) => start.length + clean.length)
  const n_ctx = Math.max(...lengths)
  const rows = (of: (example: Example) => readonly number[]): NamedArray<Int32Array> =>
    table(examples.map((example) => [...start, ...of(example)]), 'pos', { width: n_ctx, filler: padToken })
  const ids = (of: (example: Example) => readonly number[]): NamedArray<Int32Array> => {
    const lists = examples.map(of)
    return table(lists, 'answer', { width: lists.reduce((most, { length }) => Math.max(most, length), 0), filler: none })
  }
  const marks = new Set(examples.flatMap(({ positions }) => [...positions.keys()]))
  marks.delete(endMark)
  const labels = [...marks, endMark]
  const groups = [...new Set(examples.map(({ prompt }) => set.prompts[prompt]!.group))].sort()
  const hasCorrupted = examples.every(({ corrupted }) => corrupted !== undefined)
  const mask = Uint8Array.from({ length: examples.length * n_ctx }, (_, i) => (i % n_ctx < lengths[Math.floor(i / n_ctx)]! ? 1 : 0))
  const positionOf = (label: string, { positions }: Example, i: number): number => {
    const position = positions.get(label)
    return label === endMark ? lengths[i]! - 1 : position === undefined ? none : start.length + position
  }
  return {
    prompts: column(examples.map(({ prompt }) => prompt)),
    clean: rows(({ clean }) => clean),
    corrupted: hasCorrupted ? rows(({ corrupted }) => corrupted!) : undefined,
    padToken,
    lengths: column(lengths),
    mask: namedArray(['example', 'pos'], [examples.length, n_ctx], mask),
    answerPos: column(lengths.map((length) => length - 1)),
    answers: ids(({ answers }) => answers),
    wrong: ids(({ wrong }) => wrong),
    labels,
    positions: namedArray(
      ['label', 'example'],
      [labels.length, examples.length],
      Int32Array.from(labels.flatMap((label) => examples.map((example, i) => positionOf(label, example, i)))),
    ),
    group: column(examples.map(({ prompt }) => groups.indexOf(set.prompts[prompt]!.group))),
    groups,
  }
}

function column(values: readonly number[]): NamedArray<Int32Array> {
  return namedArray(['example'], [values.length], Int32Array.from(values))
}

function table(
  lists: readonly (readonly number[])[],
  axis: string,
  { width, filler }: { readonly width: number; readonly filler: number },
): NamedArray<Int32Array> {
  const cells = new Int32Array(lists.length * width).fill(filler)
  for (const [i, list] of lists.entries()) {
    assert(list.length <= width, `a row of ${list.length} in a table of ${width}`)
    cells.set(list, i * width)
  }
  return namedArray(['example', axis], [lists.length, width], cells)
}
