/**
 * Between text and the integers a network reads.
 *
 * Three kinds, one interface: byte-pair encoding from the files that come with a checkpoint, a list of words split at
 * white space, and the integers themselves. What works with text (prompt sets, tables of tokens, axes of heat maps)
 * asks this interface only, so that it works with any network.
 *
 * A text may hold what a vocabulary cannot say; encoding is therefore a Result. Ids come from outside as well (a
 * network's vocabulary may be larger than its tokenizer's), so that decoding names an unknown id instead of throwing.
 */
import type { Result } from '../../base/result'

export type TokenizerKind = 'byte-pair' | 'words' | 'integers'

export interface Tokenizer {
  readonly kind: TokenizerKind
  /** One more than the largest id: the least d_vocab of a network that reads it. */
  readonly size: number
  /** Id of the token that stands before a text in training; undefined where the vocabulary has none. */
  readonly startToken: number | undefined
  /** No start token is put before it. Fails with the first piece of the text that no token stands for. */
  encode(text: string): Result<Int32Array, 'TOKEN_UNKNOWN'>
  decode(ids: ArrayLike<number>): string
  /** One token as a person reads it, its leading space kept; of a token that is part of a character, its bytes. */
  tokenText(id: number): string
  /** Whether a text is exactly one token. Of byte-pair encodings, `' Mary'` and `'Mary'` are different texts. */
  isSingleToken(text: string): boolean
}

/** What is shown for an id that the vocabulary does not have. */
export const unknownTokenText = (id: number): string => `[${id}]`

/** Whether every character of a text is covered by one token. For tokenizers to build `isSingleToken` from. */
export function isOneToken(encoded: Result<Int32Array>): boolean {
  return encoded.ok && encoded.value.length === 1
}
