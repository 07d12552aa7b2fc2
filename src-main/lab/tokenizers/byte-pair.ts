/**
 * Byte-pair encoding over bytes, as GPT-2 and its descendants use it.
 *
 *   1. Added tokens such as `<|endoftext|>` are cut out of the text; the rest is split into words by GPT-2's pattern,
 *      a word keeping the space before it.
 *   2. A word's UTF-8 bytes are written as 256 printable characters, so that vocabulary and merges are plain text.
 *   3. The pair of neighbours that stands first in the list of merges is joined, again and again, until none is left.
 *
 * Decoding is exact: tokens are byte strings, and the bytes of a text are those of its tokens. A token may therefore
 * hold part of a character only; `tokenText` then shows its bytes.
 *
 * Splitting and merging are @huggingface/tokenizers'; decision 0006 says why.
 * Source: Radford et al., "Language models are unsupervised multitask learners", 2019, §2.2; the byte alphabet is that
 * of encoder.py of the released code.
 */
import { Tokenizer as Encoder } from '@huggingface/tokenizers'
import { err, ok, type Result } from '../../base/result'
import { isOneToken, unknownTokenText, type Tokenizer } from './tokenizer'

export interface BytePairDefinition {
  /** Id of every token, written in the byte alphabet. */
  readonly vocabulary: ReadonlyMap<string, number>
  /** Pairs in order of priority. */
  readonly merges: readonly (readonly [string, string])[]
  /** Tokens that stand for themselves and are never split. */
  readonly added: readonly { readonly content: string; readonly id: number }[]
  /** Unicode normalization before anything else, as some descendants want it. Default none. */
  readonly normalization?: 'NFC' | undefined
}

/** GPT-2's own start, end and padding token, which its files leave unmarked. */
export const endOfText = '<|endoftext|>'

export function createBytePairTokenizer(definition: BytePairDefinition): Result<Tokenizer, 'FILE_MALFORMED'> {
  const missing = byteAlphabet.find((character) => !definition.vocabulary.has(character))
  if (missing !== undefined) {
    return err('FILE_MALFORMED', `the vocabulary has no token for byte ${byteOf.get(missing)}; expected one for each of the 256`)
  }
  const encoder = new Encoder(asTokenizerFile(definition), { clean_up_tokenization_spaces: false })
  const contentOf = contentsById(definition)
  const addedIds = new Set(definition.added.map(({ id }) => id))

  function bytesOf(id: number): Uint8Array {
    const content = contentOf[id]
    if (content === undefined) return utf8(unknownTokenText(id))
    return addedIds.has(id) ? utf8(content) : Uint8Array.from(content, (character) => byteOf.get(character)!)
  }

  // A token the vocabulary has no bytes for cannot come out: every byte is a token, and merges only join tokens.
  const encode = (text: string): Result<Int32Array, never> => ok(Int32Array.from(encoder.encode(text, { add_special_tokens: false }).ids))

  return ok(Object.freeze({
    kind: 'byte-pair',
    size: contentOf.length,
    startToken: definition.added.find(({ content }) => content === endOfText)?.id,
    encode,
    decode: (ids) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(concatenated(Array.from(ids, bytesOf))),
    tokenText: (id) => textOf(bytesOf(id)),
    isSingleToken: (text) => isOneToken(encode(text)),
  } satisfies Tokenizer))
}

/** The definition as the library reads it: what a tokenizer.json would say. */
function asTokenizerFile({ vocabulary, merges, added, normalization }: BytePairDefinition): ConstructorParameters<typeof Encoder>[0] {
  return {
    added_tokens: added.map((token) => ({ ...token, special: true, single_word: false, lstrip: false, rstrip: false, normalized: false })),
    normalizer: normalization ? { type: normalization } : null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(vocabulary),
      merges: merges.map(([left, right]): [string, string] => [left, right]),
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
    },
  } as unknown as ConstructorParameters<typeof Encoder>[0] // its type omits fields that its reader takes
}

function contentsById({ vocabulary, added }: BytePairDefinition): readonly (string | undefined)[] {
  const contents: (string | undefined)[] = []
  for (const [content, id] of vocabulary) contents[id] = content
  for (const { content, id } of added) contents[id] = content
  return contents
}

/** Printable characters stand for themselves, the other bytes for characters from U+0100 on, in order. */
const byteAlphabet: readonly string[] = (() => {
  const isPrintable = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
  let others = 0
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : 256 + others++))
})()

const byteOf = new Map(byteAlphabet.map((character, byte) => [character, byte]))

/** Whether every character of a token is one of the byte alphabet's. */
export const isByteText = (content: string): boolean => [...content].every((character) => byteOf.has(character))

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** The text, or the bytes where they are no whole text: `⟨e3 81⟩`. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    // Not UTF-8 by itself: part of a character.
    return `⟨${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')}⟩`
  }
}
