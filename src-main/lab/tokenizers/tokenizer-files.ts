/**
 * Reads the tokenizer that lies beside a checkpoint. Three layouts are known, looked for in this order:
 *
 *   `tokenizer.json`                 one file; its model has to be byte-level BPE with GPT-2's way of splitting words
 *   `vocab.json` + `merges.txt`      Hugging Face's names for the two files of the released model
 *   `encoder.json` + `vocab.bpe`     the released model's own
 *
 * Files come from outside. Sizes are limited before anything is parsed, every id and merge is checked, and what is not
 * understood is refused with what was found. In particular a pattern of the file's own is never run: a regular
 * expression can be made that never ends.
 */
import { err, ok, type Result } from '../../base/result'
import { createBytePairTokenizer, endOfText, isByteText, type BytePairDefinition } from './byte-pair'
import { tokenizerFileNames, type TokenizerFileName } from './file-names'
import type { Tokenizer } from './tokenizer'

export type TokenizerFiles = Readonly<Partial<Record<TokenizerFileName, Uint8Array>>>

/** GPT-2's tokenizer.json has 1.4 MB, the largest in use about 17 MB. */
const mostBytes = 32 * 2 ** 20
const mostTokens = 2 ** 19

type Malformed = Result<never, 'FILE_MALFORMED'>
const malformed = (message: string): Malformed => err('FILE_MALFORMED', message)

export function readTokenizer(files: TokenizerFiles): Result<Tokenizer, 'FILE_MALFORMED'> {
  const definition = readDefinition(files)
  return definition.ok ? createBytePairTokenizer(definition.value) : definition
}

function readDefinition(files: TokenizerFiles): Result<BytePairDefinition, 'FILE_MALFORMED'> {
  for (const name of tokenizerFileNames) {
    const sizeBytes = files[name]?.length ?? 0
    if (sizeBytes > mostBytes) return malformed(`${name} has ${sizeBytes} bytes; expected at most ${mostBytes}`)
  }
  if (files['tokenizer.json']) return readWhole(files['tokenizer.json'])
  for (const [vocabularyName, mergesName] of [['vocab.json', 'merges.txt'], ['encoder.json', 'vocab.bpe']] as const) {
    const [vocabulary, merges] = [files[vocabularyName], files[mergesName]]
    if (vocabulary && merges) return readPair({ vocabularyName, mergesName, vocabulary, merges })
  }
  const found = tokenizerFileNames.filter((name) => files[name]).join(', ') || 'no tokenizer file'
  return malformed(`found ${found}; expected tokenizer.json, vocab.json with merges.txt, or encoder.json with vocab.bpe`)
}

interface PairFiles {
  readonly vocabularyName: string
  readonly mergesName: string
  readonly vocabulary: Uint8Array
  readonly merges: Uint8Array
}

function readPair({ vocabularyName, mergesName, vocabulary, merges }: PairFiles): Result<BytePairDefinition, 'FILE_MALFORMED'> {
  const json = parse(vocabularyName, vocabulary)
  if (!json.ok) return json
  const text = decodeText(mergesName, merges)
  if (!text.ok) return text
  const lines = text.value.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#version'))
  return definitionOf({ name: vocabularyName, vocabulary: json.value, mergesName, merges: lines, added: [] })
}

/** What of a tokenizer.json has to be as expected, and the sentence when it is not. */
function readWhole(bytes: Uint8Array): Result<BytePairDefinition, 'FILE_MALFORMED'> {
  const name = 'tokenizer.json'
  const json = parse(name, bytes)
  if (!json.ok) return json
  const { model, pre_tokenizer: split, normalizer, added_tokens: added } = recordOf(json.value)
  const { type, vocab, merges, continuing_subword_prefix: prefix, end_of_word_suffix: suffix } = recordOf(model)
  if (type !== 'BPE') return malformed(`${name} holds a model of type ${quoted(type)}; expected BPE`)
  if (prefix || suffix) return malformed(`${name} marks parts of words by '${String(prefix || suffix)}'; expected byte-level BPE`)
  const { type: splitType, use_regex: ownPattern, add_prefix_space: addsSpace } = recordOf(split)
  if (splitType !== 'ByteLevel' || ownPattern === false) {
    return malformed(`${name} splits words by ${quoted(splitType)}; expected ByteLevel with GPT-2's pattern`)
  }
  if (addsSpace === true) return malformed(`${name} puts a space before each text; expected add_prefix_space to be false`)
  const { type: normalization } = recordOf(normalizer)
  if (normalization !== undefined && normalization !== 'NFC') {
    return malformed(`${name} normalizes text by ${quoted(normalization)}; expected NFC or nothing`)
  }
  const addedTokens = readAdded(name, added)
  if (!addedTokens.ok) return addedTokens
  if (!Array.isArray(merges)) return malformed(`${name} has no list of merges`)
  const definition = definitionOf({ name, vocabulary: vocab, mergesName: name, merges, added: addedTokens.value })
  return definition.ok ? ok({ ...definition.value, normalization }) : definition
}

type AddedTokens = BytePairDefinition['added']

function readAdded(name: string, listed: unknown): Result<AddedTokens, 'FILE_MALFORMED'> {
  if (listed === undefined || listed === null) return ok([])
  if (!Array.isArray(listed)) return malformed(`${name} has added tokens that are no list`)
  const added: { content: string; id: number }[] = []
  for (const each of listed) {
    const { content, id } = recordOf(each)
    if (typeof content !== 'string' || content === '' || !isTokenId(id)) {
      return malformed(`${name} has the added token ${quoted(each)}; expected content and an id below ${mostTokens}`)
    }
    added.push({ content, id })
  }
  return ok(added)
}

interface Parts {
  readonly name: string
  readonly vocabulary: unknown
  readonly mergesName: string
  readonly merges: readonly unknown[]
  readonly added: AddedTokens
}

/** Checks every id and every merge. */
function definitionOf({ name, vocabulary, mergesName, merges, added }: Parts): Result<BytePairDefinition, 'FILE_MALFORMED'> {
  const entries = Object.entries(recordOf(vocabulary))
  if (entries.length === 0 || entries.length > mostTokens) {
    return malformed(`${name} has a vocabulary of ${entries.length} tokens; expected 256 to ${mostTokens}`)
  }
  const known = new Map(added.map(({ content, id }) => [content, id]))
  const usedIds = new Map(added.map(({ content, id }) => [id, content]))
  const words = new Map<string, number>()
  for (const [content, id] of entries) {
    if (!isTokenId(id)) return malformed(`${name} gives ${quoted(content)} the id ${quoted(id)}; expected an integer below ${mostTokens}`)
    if ((usedIds.get(id) ?? content) !== content) {
      return malformed(`${name} gives the id ${id} to two tokens, ${quoted(content)} and ${quoted(usedIds.get(id))}`)
    }
    usedIds.set(id, content)
    // The released vocabulary lists its one added token among the others.
    if (known.has(content) || content === endOfText) known.set(content, known.get(content) ?? id)
    else if (isByteText(content)) words.set(content, id)
    else return malformed(`${name} has the token ${quoted(content)}; expected text in GPT-2's alphabet for bytes`)
  }
  const pairs: [string, string][] = []
  for (const merge of merges) {
    const pair = pairOf(merge)
    if (!pair) return malformed(`${mergesName} has the merge ${quoted(merge)} at place ${pairs.length}; expected two tokens`)
    const outside = [...pair, pair.join('')].find((content) => !words.has(content))
    if (outside !== undefined) {
      return malformed(`${mergesName} merges ${quoted(pair.join(' '))}, but ${quoted(outside)} is not in the vocabulary of ${name}`)
    }
    pairs.push(pair)
  }
  return ok({ vocabulary: words, merges: pairs, added: [...known].map(([content, id]) => ({ content, id })) })
}

/** A merge is written `left right` or, in newer files, `["left", "right"]`. */
function pairOf(merge: unknown): [string, string] | undefined {
  const parts: readonly unknown[] = typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : []
  const [left, right] = parts
  const isPair = parts.length === 2 && typeof left === 'string' && typeof right === 'string' && left !== '' && right !== ''
  return isPair ? [left, right] : undefined
}

const isTokenId = (id: unknown): id is number => typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < mostTokens

function parse(name: string, bytes: Uint8Array): Result<unknown, 'FILE_MALFORMED'> {
  const text = decodeText(name, bytes)
  if (!text.ok) return text
  try {
    return ok(JSON.parse(text.value) as unknown)
  } catch (thrown) {
    return malformed(`${name} is not JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
}

function decodeText(name: string, bytes: Uint8Array): Result<string, 'FILE_MALFORMED'> {
  try {
    return ok(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return malformed(`${name} is not text in UTF-8`)
  }
}

/** A record's entries; none for anything else, so that what is missing is reported where it is looked for. */
function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

const shownCharacters = 60

function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text
}
