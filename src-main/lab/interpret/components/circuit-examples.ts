/** Scores of single pairs, kept beside their mean: [pair, edge or node]. */

/** Numbers that a finding may hold of them; beyond it only the mean is kept. 128 MiB. */
export const exampleLimit = 2 ** 25

/** Mean over pairs of [pair, edge], in float64. */
export function meanOverPairs(examples: ArrayLike<number>, pairCount: number): Float64Array {
  const means = new Float64Array(examples.length / pairCount)
  for (let i = 0; i < examples.length; i++) means[i % means.length]! += examples[i]! / pairCount
  return means
}

/** The finding of a method that has the score of every pair. */
export function findingOf(examples: Float32Array, pairCount: number): { scores: Float64Array; examples?: Float32Array } {
  return { scores: meanOverPairs(examples, pairCount), ...(examples.length <= exampleLimit && { examples }) }
}
