/** A vocabulary of one's own: the id of a word is its place in the list, and words stand between white space. */
import { err, ok, type Result } from '../../base/result'
import { isOneToken, unknownTokenText, type Tokenizer } from './tokenizer'

/** More words than any network trained here could embed. */
const mostWords = 2 ** 20

export function createWordListTokenizer(
  words: readonly string[],
  options: { readonly startWord?: string } = {},
): Result<Tokenizer, 'SETTING_INVALID'> {
  const complaint = complaintAbout(words)
  if (complaint) return err('SETTING_INVALID', complaint)
  const idOf = new Map(words.map((word, id) => [word, id]))
  const startToken = options.startWord === undefined ? undefined : idOf.get(options.startWord)
  if (options.startWord !== undefined && startToken === undefined) {
    return err('SETTING_INVALID', `the start word '${options.startWord}' is not in the list`)
  }
  const tokenText = (id: number): string => words[id] ?? unknownTokenText(id)

  function encode(text: string): Result<Int32Array, 'TOKEN_UNKNOWN'> {
    const pieces = text.split(/\s+/).filter((piece) => piece !== '')
    const unknown = pieces.find((piece) => !idOf.has(piece))
    if (unknown !== undefined) {
      return err('TOKEN_UNKNOWN', `the vocabulary has no word '${unknown}'; it has ${sampleOf(words)}`, { word: unknown })
    }
    return ok(Int32Array.from(pieces, (piece) => idOf.get(piece)!))
  }

  return ok(Object.freeze({
    kind: 'words',
    size: words.length,
    startToken,
    encode,
    decode: (ids) => Array.from(ids, tokenText).join(' '),
    tokenText,
    isSingleToken: (text) => isOneToken(encode(text)),
  } satisfies Tokenizer))
}

function complaintAbout(words: readonly string[]): string | undefined {
  if (words.length === 0) return 'the list of words is empty; expected at least one'
  if (words.length > mostWords) return `the list has ${words.length} words; expected at most ${mostWords}`
  const seen = new Set<string>()
  for (const word of words) {
    if (word === '' || /\s/.test(word)) return `${JSON.stringify(word)} is not a word; expected text without white space`
    if (seen.has(word)) return `the word '${word}' is in the list twice`
    seen.add(word)
  }
  return undefined
}

const shownWords = 8

function sampleOf(words: readonly string[]): string {
  const shown = words.slice(0, shownWords).join(', ')
  return words.length > shownWords ? `${words.length} words: ${shown} …` : shown
}
