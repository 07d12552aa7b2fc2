/**
 * Prompt sets in the compute process, and what tokenizers make of them.
 */
import { namedArray, type NamedArray } from '../../base/array'
import { err, ok, unwrap, type Result } from '../../base/result'
import { createRng } from '../../base/rng'
import { checkSettings, type SettingValues } from '../../base/settings'
import type { PromptPreview, PromptSet as WireSet, ReadPrompt } from '../../contract/prompts'
import type { ServiceOf } from '../../contract/rpc'
import { promptTasks } from '../../lab/tasks/prompts'
import { pairPrompts, readPromptFile } from '../../lab/tasks/prompts/components/prompt-files'
import { surveyPrompts, tokenizePrompts, type TokenizeOptions } from '../../lab/tasks/prompts/components/tokenize-prompts'
import type { PromptSet } from '../../lab/tasks/prompts/prompt-set'
import type { Tokenizer } from '../../lab/tokenizers/tokenizer'
import type { computeContract } from '../compute/contract'
import { partsOf } from './catalog'
import type { Tokenizers } from './tokenizers'

type Service = ServiceOf<typeof computeContract.prompts>

export function createPrompts(tokenizers: Tokenizers): Service {
  return {
    generators: () => partsOf(promptTasks).map((part) => ({ ...part, trainedAs: promptTasks.find(part.id)?.trainedAs ?? {} })),
    attachTokenizer({ key, files }) {
      unwrap(tokenizers.attach(key, files))
      return {}
    },
    draw: ({ generatorId, settings, seed }) => unwrap(drawn(generatorId, settings, seed)),
    read: ({ name, bytes }) => unwrap(readPromptFile(name, bytes)),
    pair: ({ clean, corrupted }) => unwrap(pairPrompts(clean, corrupted)),
    preview({ set, tokenizer, first, ...options }) {
      const fit = tokenizer && fitOf(set, tokenizers.require(tokenizer), { first, ...options })
      return { ...previewOf(set, first), ...(fit && { fit }) }
    },
    tokenize({ set, tokenizer: wanted, ...options }) {
      const tokenizer = tokenizers.require(wanted)
      const tokenized = unwrap(tokenizePrompts(set, tokenizer, options))
      const { clean, corrupted, answers, wrong } = tokenized.tokens
      return { ...tokenized, texts: textsOf([clean, corrupted, answers, wrong], tokenizer) }
    },
    encode({ tokenizer: wanted, text, startToken }) {
      const tokenizer = tokenizers.require(wanted)
      const start = startToken && tokenizer.startToken !== undefined ? [tokenizer.startToken] : []
      const tokens = Int32Array.from([...start, ...unwrap(tokenizer.encode(text))])
      return { tokens: namedArray(['pos'], [tokens.length], tokens), texts: Array.from(tokens, tokenizer.tokenText) }
    },
    texts: ({ tokenizer, ids }) => ({ texts: Array.from(ids.data, tokenizers.require(tokenizer).tokenText) }),
  }
}

function drawn(generatorId: string, settings: SettingValues, seed: number): Result<PromptSet, 'SETTING_INVALID'> {
  const task = promptTasks.find(generatorId)
  if (!task) return err('SETTING_INVALID', `unknown generator '${generatorId}'; nearest: ${promptTasks.nearest(generatorId)}`)
  const checked = checkSettings(task.fields, settings)
  if (!checked.ok) return checked
  const [complaint] = task.check?.(checked.value) ?? []
  if (complaint) return err('SETTING_INVALID', complaint.message, { key: complaint.key })
  return ok(task.create(checked.value, createRng(seed)))
}

function previewOf(set: WireSet, first: number): Omit<PromptPreview, 'fit'> {
  const counts = new Map<string, number>()
  for (const { group } of set.prompts) counts.set(group, (counts.get(group) ?? 0) + 1)
  return {
    title: set.title,
    source: set.source,
    count: set.prompts.length,
    isPaired: set.prompts.every(({ corrupted }) => corrupted !== undefined),
    groups: [...counts].map(([name, count]) => ({ name, count })).sort((x, y) => (x.name < y.name ? -1 : 1)),
    prompts: set.prompts.slice(0, first),
    ...(set.vocabulary && { vocabulary: set.vocabulary }),
    ...(set.drawn && { drawn: set.drawn }),
  }
}

const shownDropped = 100
const shownSplit = 200
/** A longer prompt is shown as its text. */
const shownTokens = 512

function fitOf(
  set: PromptSet,
  tokenizer: Tokenizer,
  { first, ...options }: TokenizeOptions & { readonly first: number },
): NonNullable<PromptPreview['fit']> {
  const { examples, dropped, splitWords, problem } = surveyPrompts(set, tokenizer, options)
  const read: (ReadPrompt | null)[] = set.prompts.slice(0, first).map(() => null)
  for (const { prompt, clean, corrupted } of examples) {
    if (prompt >= first) break // in the set's order
    if (clean.length > shownTokens) continue
    read[prompt] = { clean: clean.map(tokenizer.tokenText), ...(corrupted && { corrupted: corrupted.map(tokenizer.tokenText) }) }
  }
  return {
    read,
    keptCount: examples.length,
    droppedCount: dropped.length,
    dropped: dropped.slice(0, shownDropped),
    splitCount: splitWords.length,
    splitWords: splitWords.slice(0, shownSplit),
    ...(problem !== undefined && { problem }),
  }
}

/** The distinct tokens among some arrays, ascending, with what each reads as. */
function textsOf(arrays: readonly (NamedArray<Int32Array> | undefined)[], tokenizer: Tokenizer): { ids: NamedArray; texts: string[] } {
  const distinct = new Set<number>()
  for (const array of arrays) for (const id of array?.data ?? []) if (id >= 0) distinct.add(id)
  const ids = Int32Array.from([...distinct].sort((x, y) => x - y))
  return { ids: namedArray(['token'], [ids.length], ids), texts: Array.from(ids, tokenizer.tokenText) }
}
