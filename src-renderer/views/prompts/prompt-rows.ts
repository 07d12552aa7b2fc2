/**
 * Prompts as rows of a table, in pieces, with those marked that differ between clean and corrupted.
 *
 * Pieces are the tokens of the chosen tokenizer, compared position by position: a prompt that fits has as many in both.
 * Where there are no tokens, pieces are words with the space before them; as many are compared one by one, otherwise
 * everything between the common beginning and the common end differs.
 */
import type { Prompt, PromptPreview } from '@contract/prompts'

export interface Piece {
  readonly text: string
  readonly isDifferent: boolean
}

export interface PromptRow {
  /** From 1, as files and messages count. */
  readonly place: number
  readonly isTokens: boolean
  readonly clean: readonly Piece[]
  readonly corrupted: readonly Piece[] | undefined
  readonly answers: readonly string[]
  readonly wrong: readonly string[]
  /** Why it was left out. */
  readonly why: string | undefined
}

export function promptRows({ prompts, fit }: PromptPreview): readonly PromptRow[] {
  const reasons = new Map(fit?.dropped.map(({ prompt, why }) => [prompt, why]))
  return prompts.map((prompt, i) => {
    const read = fit?.read[i]
    const clean = read ? read.clean : wordsOf(prompt.clean)
    const corrupted = read ? read.corrupted : prompt.corrupted !== undefined ? wordsOf(prompt.corrupted) : undefined
    const { answers, wrong } = prompt
    return { place: i + 1, isTokens: Boolean(read), ...compared(clean, corrupted), answers, wrong, why: reasons.get(i) }
  })
}

/** Words, each with the white space before it. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/g) ?? []
}

function compared(clean: readonly string[], corrupted: readonly string[] | undefined): Pick<PromptRow, 'clean' | 'corrupted'> {
  if (!corrupted) return { clean: clean.map((text) => ({ text, isDifferent: false })), corrupted: undefined }
  if (clean.length === corrupted.length) {
    const against = (other: readonly string[]) => (text: string, i: number) => ({ text, isDifferent: text !== other[i] })
    return { clean: clean.map(against(corrupted)), corrupted: corrupted.map(against(clean)) }
  }
  const least = Math.min(clean.length, corrupted.length)
  let start = 0
  while (start < least && clean[start] === corrupted[start]) start++
  let end = 0
  while (end < least - start && clean.at(-1 - end) === corrupted.at(-1 - end)) end++
  const middle = (pieces: readonly string[]): readonly Piece[] =>
    pieces.map((text, i) => ({ text, isDifferent: i >= start && i < pieces.length - end }))
  return { clean: middle(clean), corrupted: middle(corrupted) }
}

/** Where a left-out prompt stands and how it begins, as far as it is shown. */
export function droppedRows({ prompts, fit }: PromptPreview): readonly { readonly place: number; readonly text: string; readonly why: string }[] {
  const textOf = (prompt: Prompt | undefined): string => prompt?.clean ?? ''
  return (fit?.dropped ?? []).map(({ prompt, why }) => ({ place: prompt + 1, text: textOf(prompts[prompt]), why }))
}
