/** Tokens that are what they are called: residues, list elements. Text is their numbers between white space. */
import { assert } from '../../base/assert'
import { err, ok, type Result } from '../../base/result'
import { isOneToken, unknownTokenText, type Tokenizer } from './tokenizer'

export function createIntegerTokenizer(size: number): Tokenizer {
  assert(Number.isInteger(size) && size > 0, `${size} is not a number of tokens`)
  const tokenText = (id: number): string => (Number.isInteger(id) && id >= 0 && id < size ? String(id) : unknownTokenText(id))

  function encode(text: string): Result<Int32Array, 'TOKEN_UNKNOWN'> {
    const pieces = text.split(/\s+/).filter((piece) => piece !== '')
    const unknown = pieces.find((piece) => !/^\d{1,9}$/.test(piece) || Number(piece) >= size)
    if (unknown === undefined) return ok(Int32Array.from(pieces, Number))
    return err('TOKEN_UNKNOWN', `'${unknown}' is no token; tokens are 0 to ${size - 1}`, { word: unknown })
  }

  return Object.freeze({
    kind: 'integers',
    size,
    startToken: undefined,
    encode,
    decode: (ids) => Array.from(ids, tokenText).join(' '),
    tokenText,
    isSingleToken: (text) => isOneToken(encode(text)),
  } satisfies Tokenizer)
}
