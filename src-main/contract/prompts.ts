/**
 * Prompt sets: pairs of clean and corrupted prompts with answers, drawn by a generator or read from a file, and what a
 * tokenizer makes of them. Their tokens are what `TokenInputs` of inputs.ts and `GivenPairs` of patching.ts take.
 *
 * A set is kept in the project, or named by how it is drawn: the same generator, settings and seed give the same set, so
 * that a dialogue can preview a set before anybody keeps it.
 */
import { z } from 'zod'
import { Frame } from './frames'
import { Part } from './recipes'
import { call } from './rpc'
import { RunId, SettingValues } from './runs'

export const PromptSetId = z.string().min(1).max(64)
const Text = z.string().max(32_768)
const Count = z.number().int().nonnegative()

/** lab/tasks/prompts/prompt-set.ts, on the wire. */
export const Prompt = z.object({
  clean: Text,
  corrupted: Text.optional(),
  answers: z.array(z.string()).readonly(),
  wrong: z.array(z.string()).readonly(),
  /** Where in the clean prompt its parts are: [start, end] in characters. */
  marks: z.record(z.string(), z.tuple([Count, Count]).readonly()),
  group: z.string(),
})
export type Prompt = z.infer<typeof Prompt>

export const Vocabulary = z.object({ words: z.array(z.string().max(200)).max(65_536).readonly(), startWord: z.string().optional() })

/** How a set is drawn: the same again gives the same set. */
const DrawnSet = z.object({
  kind: z.literal('drawn'),
  generatorId: z.string().max(100),
  settings: SettingValues,
  seed: z.number().int().min(0).max(2 ** 32 - 1),
})

export const PromptSet = z.object({
  title: z.string(),
  source: z.string(),
  prompts: z.array(Prompt).readonly(),
  /** The words of networks trained here on the same task, in the order of their ids. */
  vocabulary: Vocabulary.optional(),
  /** Absent for a set that came from files. */
  drawn: DrawnSet.optional(),
})
export type PromptSet = z.infer<typeof PromptSet>

/** A set of the open project. */
export const PromptSetCard = z.object({
  id: PromptSetId,
  name: z.string(),
  source: z.string(),
  /** What drew it; absent for a set that came from files. */
  generatorId: z.string().optional(),
  count: Count,
  /** Whether every prompt has a corrupted partner. */
  isPaired: z.boolean(),
  hasVocabulary: z.boolean(),
  madeAtMs: z.number(),
})
export type PromptSetCard = z.infer<typeof PromptSetCard>

const SetName = z.string().min(1).max(120)

export const PromptSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('stored'), promptSetId: PromptSetId }),
  DrawnSet,
])
export type PromptSource = z.infer<typeof PromptSource>

/** `run`: the files that came with an imported checkpoint, or the vocabulary of the task a network was trained on here. */
export const TokenizerChoice = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('run'), runId: RunId }),
  z.object({ kind: z.literal('integers'), size: z.number().int().min(1).max(2 ** 20) }),
  Vocabulary.extend({ kind: z.literal('words') }),
])
export type TokenizerChoice = z.infer<typeof TokenizerChoice>

const Tokenization = {
  tokenizer: TokenizerChoice,
  /** Whether the start token is put before every prompt, as the network was trained. */
  startToken: z.boolean(),
  /** Whether prompts stay whose marked words or answers are not one token. */
  keepsSplit: z.boolean(),
}

/** A marked word or an answer that is several tokens, or part of one. */
export const SplitWord = z.object({ text: z.string(), tokens: z.array(z.string()).readonly(), prompts: Count })
export const DroppedPrompt = z.object({ prompt: Count, why: z.string() })

export const TokenizedPrompts = z.object({
  /** Place in the set of every example: [example]. */
  prompts: Frame,
  /** [example, pos], padded on the right. */
  clean: Frame,
  /** Absent unless every example has a corrupted prompt. */
  corrupted: Frame.optional(),
  padToken: Count,
  /** [example] */
  lengths: Frame,
  /** 1 at tokens, 0 at padding: [example, pos]. */
  mask: Frame,
  /** The last token's position, where the answer is read: [example]. */
  answerPos: Frame,
  /** First tokens of right and wrong answers, -1 where an example has fewer: [example, answer]. */
  answers: Frame,
  wrong: Frame,
  /** Names of the marks, `end` last. */
  labels: z.array(z.string()).readonly(),
  /** Position of every mark, -1 where an example lacks it: [label, example]. */
  positions: Frame,
  /** Index into `groups`: [example]. */
  group: Frame,
  groups: z.array(z.string()).readonly(),
})
export type TokenizedPrompts = z.infer<typeof TokenizedPrompts>

export const TokenizedSet = z.object({
  tokens: TokenizedPrompts,
  splitWords: z.array(SplitWord).readonly(),
  dropped: z.array(DroppedPrompt).readonly(),
})
export type TokenizedSet = z.infer<typeof TokenizedSet>

/** One prompt's tokens as a person reads them, without a start token. */
export const ReadPrompt = z.object({ clean: z.array(z.string()).readonly(), corrupted: z.array(z.string()).readonly().optional() })
export type ReadPrompt = z.infer<typeof ReadPrompt>

/** The distinct tokens of some arrays, ascending: [token], and what a person reads for each. */
export const TokenTexts = z.object({ ids: Frame, texts: z.array(z.string()).readonly() })

export const PromptPreview = z.object({
  title: z.string(),
  source: z.string(),
  count: Count,
  isPaired: z.boolean(),
  groups: z.array(z.object({ name: z.string(), count: Count })),
  /** The first of them. */
  prompts: z.array(Prompt).readonly(),
  vocabulary: Vocabulary.optional(),
  drawn: DrawnSet.optional(),
  /** What the chosen tokenizer makes of the whole set. */
  fit: z
    .object({
      /** Of each of `prompts`; null where one was left out or has more than 512 tokens. */
      read: z.array(ReadPrompt.nullable()).readonly(),
      keptCount: Count,
      droppedCount: Count,
      /** The first hundred. */
      dropped: z.array(DroppedPrompt).readonly(),
      splitCount: Count,
      /** The two hundred that most prompts have. */
      splitWords: z.array(SplitWord).readonly(),
      /** Why the set cannot be used with it at all. */
      problem: z.string().optional(),
    })
    .optional(),
})
export type PromptPreview = z.infer<typeof PromptPreview>

/** `trainedAs`: the tasks whose tokens it writes, each with the settings that it asks for. */
export const Generator = Part.extend({ trainedAs: z.record(z.string(), SettingValues) })
export type Generator = z.infer<typeof Generator>

/** A file name as it is shown; it names no place on this machine. */
const FileName = z.string().min(1).max(255).regex(/^[^\u0000-\u001f/\\]+$/)

export const prompts = {
  /** What can draw prompts, with its settings. */
  generators: call(z.object({}), z.array(Generator)),
  list: call(z.object({}), z.array(PromptSetCard)),
  preview: call(
    z.object({ source: PromptSource, first: z.number().int().min(0).max(200), ...Tokenization, tokenizer: TokenizerChoice.optional() }),
    PromptPreview,
  ),
  /** Puts a drawn set into the project. */
  keep: call(z.object({ source: DrawnSet, name: SetName }), PromptSetCard),
  /** Takes in a JSON or CSV file, dropped or pasted, in pieces of at most 1 MB; the last piece reads and keeps it. */
  adopt: call(
    z.object({
      name: FileName,
      offset: Count,
      totalBytes: z.number().int().positive().max(32 * 2 ** 20),
      bytes: z.instanceof(Uint8Array).refine((bytes) => bytes.length <= 2 ** 20, 'at most 1 MB a piece'),
    }),
    z.object({ set: PromptSetCard.optional() }),
  ),
  /** A new set: the prompts of one with those of another, prompt by prompt, as their corruptions. */
  pair: call(z.object({ cleanId: PromptSetId, corruptedId: PromptSetId, name: SetName }), PromptSetCard),
  remove: call(z.object({ promptSetId: PromptSetId }), z.object({})),
  /** PROMPTS_UNSUITABLE when the tokenizer fits none of them. */
  tokenize: call(z.object({ source: PromptSource, ...Tokenization }), TokenizedSet.extend({ texts: TokenTexts })),
  /** One text of a person's own: its tokens [pos] and what each reads as. */
  encode: call(
    z.object({ tokenizer: TokenizerChoice, text: Text, startToken: z.boolean() }),
    z.object({ tokens: Frame, texts: z.array(z.string()).readonly() }),
  ),
  /** What a person reads for each of some tokens. */
  texts: call(z.object({ tokenizer: TokenizerChoice, ids: Frame }), z.object({ texts: z.array(z.string()).readonly() })),
} as const
