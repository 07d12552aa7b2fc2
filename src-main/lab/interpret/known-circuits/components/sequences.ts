/** Domains of known circuits, and which positions they answer at. */

/** Every sequence of so many tokens below `d_vocab`, in order. */
export function everySequence(length: number, d_vocab: number): readonly (readonly number[])[] {
  return Array.from({ length: d_vocab ** length }, (_, code) => {
    return Array.from({ length }, (_, pos) => Math.floor(code / d_vocab ** (length - 1 - pos)) % d_vocab)
  })
}

/** Every sequence of so many different tokens. */
export function everyArrangement(length: number, d_vocab: number): readonly (readonly number[])[] {
  return everySequence(length, d_vocab).filter((tokens) => new Set(tokens).size === length)
}

/** The same sequences after a token that begins them all. */
export function after(start: number, sequences: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return sequences.map((tokens) => [start, ...tokens])
}

export const everywhere = (tokens: readonly number[]): readonly number[] => tokens.map((_, pos) => pos)
export const afterFirst = (tokens: readonly number[]): readonly number[] => everywhere(tokens).slice(1)
export const atLast = (tokens: readonly number[]): readonly number[] => [tokens.length - 1]
