/** Text put together from pieces, some of which are marked. */
import type { Span } from '../prompt-set'

/** A plain piece, or one that is found again by its label. */
export type Piece = string | { readonly label: string; readonly text: string }

export interface MarkedText {
  readonly text: string
  readonly marks: Readonly<Record<string, Span>>
}

export const marked = (label: string, text: string): Piece => ({ label, text })

export function markedText(pieces: readonly Piece[]): MarkedText {
  const marks: Record<string, Span> = {}
  let text = ''
  for (const piece of pieces) {
    const added = typeof piece === 'string' ? piece : piece.text
    if (typeof piece !== 'string') marks[piece.label] = [text.length, text.length + added.length]
    text += added
  }
  return { text, marks }
}

/**
 * A template's pieces: `The {noun} lasted` with { noun: 'war' } is 'The', a mark `noun` of ' war', and ' lasted'.
 * A marked word takes the space before it along, as byte-pair tokens do.
 */
export function filled(template: string, words: Readonly<Record<string, string>>): readonly Piece[] {
  return template.split(/( ?\{\w+\})/).map((part) => {
    const slot = /^( ?)\{(\w+)\}$/.exec(part)
    return slot ? marked(slot[2]!, slot[1]! + words[slot[2]!]!) : part
  })
}
