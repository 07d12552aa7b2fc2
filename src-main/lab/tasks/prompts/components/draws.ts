/** Draws from lists. */
import { assert } from '../../../../base/assert'
import type { Rng } from '../../../../base/rng'

export function pick<T>(rng: Rng, list: readonly T[]): T {
  return list[rng.below(list.length)]!
}

/** Some members of a list in random order, each at most once. */
export function pickDistinct<T>(rng: Rng, list: readonly T[], count: number): readonly T[] {
  assert(count <= list.length, `${count} distinct members of a list of ${list.length}`)
  return [...rng.permutation(list.length).subarray(0, count)].map((i) => list[i]!)
}

/** The results of `draw` for a number of prompts, each from a generator of its own. */
export function drawMany<T>(rng: Rng, count: number, draw: (rng: Rng, i: number) => T): readonly T[] {
  // Forks by number: a set of 200 begins with the set of 100.
  return Array.from({ length: count }, (_, i) => draw(rng.fork(String(i)), i))
}
