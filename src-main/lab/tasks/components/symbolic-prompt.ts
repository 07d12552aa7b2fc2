/** Symbolic prompts that begin at position 0: how networks read them that learn several families together. */
import { padding, type SymbolicPair } from './symbols'

/** The words of a prompt without the padding before them. */
export const unpadded = (words: readonly string[]): readonly string[] => words.filter((word) => word !== padding)

/** Both prompts without padding, the marked positions moved with their words. */
export function unpaddedPair({ clean, corrupted, marks, ...answers }: SymbolicPair): SymbolicPair {
  const missing = clean.length - unpadded(clean).length
  const moved = Object.entries(marks).map(([label, position]) => [label, position - missing])
  return { ...answers, clean: unpadded(clean), corrupted: unpadded(corrupted), marks: Object.fromEntries(moved) as Record<string, number> }
}
