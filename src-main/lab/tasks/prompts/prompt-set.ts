/**
 * Tasks in text: pairs of a clean and a corrupted prompt with the answers that a network should and should not give.
 *
 * A prompt task turns settings and a seed into a prompt set, as a task turns them into a dataset. It knows no tokenizer;
 * a set meets one in `tokenizePrompts`, which says what came of it:
 *
 *   1. An answer is the text that follows the prompt directly, with its leading space where there is one. It should be
 *      one token, since what is compared is the next token's logit.
 *   2. A mark names a piece of the clean prompt (`S1`, `IO`), with the space before it, whose position a figure or an
 *      intervention wants. It should be one token too; the position of a longer piece is that of its last token.
 *   3. A clean and its corrupted prompt have to have equally many tokens, for position i to mean the same in both.
 *
 * Prompts are padded on the right: a causal network's activations at real positions do not see it.
 */
import type { NamedArray } from '../../../base/array'
import type { Rng } from '../../../base/rng'
import type { Fields, SettingComplaint, SettingValues, ValuesOf } from '../../../base/settings'

/** Characters from `start` up to, not including, `end`. */
export type Span = readonly [start: number, end: number]

export interface Prompt {
  readonly clean: string
  /** Absent in a set without corruptions. */
  readonly corrupted?: string | undefined
  /** At least one. Where several are right (every later year), each counts. */
  readonly answers: readonly string[]
  readonly wrong: readonly string[]
  /** Where in the clean prompt its parts are. */
  readonly marks: Readonly<Record<string, Span>>
  /** What the prompt shares with others, such as its template: means over a group compare like with like. */
  readonly group: string
}

export interface PromptSet {
  readonly title: string
  readonly source: string
  readonly prompts: readonly Prompt[]
  /** The words of networks trained here on the same task, in the order of their ids; absent for ordinary text. */
  readonly vocabulary?: Vocabulary | undefined
}

export interface Vocabulary {
  readonly words: readonly string[]
  readonly startWord?: string | undefined
}

export interface PromptTask<F extends Fields = Fields> {
  readonly id: string
  readonly title: string
  readonly help: string
  readonly source: string
  readonly fields: F
  /** Tasks of networks trained here whose tokens the prompts are written in, each with settings it asks for; others have its names. */
  readonly trainedAs?: Readonly<Record<string, SettingValues>>
  check?(settings: ValuesOf<F>): readonly SettingComplaint[]
  /** Deterministic in settings and rng. Settings were checked against `fields`. */
  create(settings: ValuesOf<F>, rng: Rng): PromptSet
}

export function definePromptTask<const F extends Fields>(task: PromptTask<F>): PromptTask {
  return Object.freeze(task) as unknown as PromptTask // settings are checked against the same fields before create
}

/** The mark that every prompt has: its last token, where the answer is read. */
export const endMark = 'end'

type Integers = NamedArray<Int32Array>

/** A prompt set as one tokenizer reads it. An example is a prompt that was kept; -1 stands for "none". */
export interface TokenizedPrompts {
  /** Place in the set of every example: [example]. */
  readonly prompts: Integers
  /** [example, pos], padded on the right with `padToken`. */
  readonly clean: Integers
  /** Of the same shape; absent unless every example has a corrupted prompt. */
  readonly corrupted: Integers | undefined
  readonly padToken: number
  /** Number of tokens of every example, the start token included: [example]. */
  readonly lengths: Integers
  /** 1 at tokens, 0 at padding: [example, pos]. */
  readonly mask: NamedArray<Uint8Array>
  /** The last token's position, where the answer is read: [example]. */
  readonly answerPos: Integers
  /** First tokens of the answers: [example, answer]. */
  readonly answers: Integers
  readonly wrong: Integers
  /** Names of the marks, `end` last, in the order of `positions`. */
  readonly labels: readonly string[]
  /** Position of every mark in every example: [label, example]. */
  readonly positions: Integers
  /** Index into `groups`: [example]. */
  readonly group: Integers
  readonly groups: readonly string[]
}

/** A marked word or an answer that the tokenizer writes as several tokens, or as part of one. */
export interface SplitWord {
  readonly text: string
  readonly tokens: readonly string[]
  /** Number of prompts that have it. */
  readonly prompts: number
}

export interface TokenizedSet {
  readonly tokens: TokenizedPrompts
  readonly splitWords: readonly SplitWord[]
  /** Prompts that were left out, by place in the set. */
  readonly dropped: readonly { readonly prompt: number; readonly why: string }[]
}
