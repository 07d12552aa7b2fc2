/**
 * How well typed letters fit a text, for the palette. Letters have to occur in order; a match scores higher where it
 * begins words, runs on without a gap, and leaves little of the text over. Spaces separate parts that may occur in any
 * order, so that `run new` finds `New run`.
 */
export function fuzzyScore(typed: string, text: string): number | undefined {
  const lower = text.toLowerCase()
  let total = 0
  for (const part of typed.toLowerCase().split(/\s+/).filter(Boolean)) {
    const score = partScore(part, lower)
    if (score === undefined) return undefined
    total += score
  }
  return total - lower.length * 0.01
}

function partScore(part: string, text: string): number | undefined {
  // A whole occurrence counts most, and more where it begins a word.
  const at = text.indexOf(part)
  if (at >= 0) return part.length * 3 + (beginsWord(text, at) ? 6 : 0) + (at === 0 ? 2 : 0)
  let score = 0
  let from = 0
  for (const letter of part) {
    const found = text.indexOf(letter, from)
    if (found < 0) return undefined
    score += beginsWord(text, found) ? 2 : found === from ? 1 : 0
    from = found + 1
  }
  return score
}

const beginsWord = (text: string, at: number): boolean => at === 0 || /[\s.\-_:›]/.test(text[at - 1]!)

/** The texts that fit, best first; all of them in their order when nothing was typed. */
export function fuzzyFilter<T>(items: readonly T[], typed: string, textOf: (item: T) => string): readonly T[] {
  if (typed.trim() === '') return items
  return items
    .map((item) => ({ item, score: fuzzyScore(typed, textOf(item)) }))
    .filter((ranked): ranked is { item: T; score: number } => ranked.score !== undefined)
    .sort((x, y) => y.score - x.score)
    .map(({ item }) => item)
}
