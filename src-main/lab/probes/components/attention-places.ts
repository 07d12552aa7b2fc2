/** Where in attention patterns a score of heads looks: places (row, query, key), three entries each. */

export interface AttentionPlaces {
  readonly places: readonly number[]
  /** Queries for which the score has a meaning; it is a mean over them. */
  readonly queries: number
}

/** From every token to the one before it. `tokens` are rows of `length`. */
export function previousTokens(tokens: Int32Array, length: number): AttentionPlaces {
  const places: number[] = []
  for (let row = 0; row < tokens.length / length; row++) {
    for (let query = 1; query < length; query++) places.push(row, query, query - 1)
  }
  return { places, queries: places.length / 3 }
}

/**
 * From every token that came before to all tokens that followed its earlier occurrences. A token that followed itself is
 * no target: that is how padding looks.
 */
export function prefixMatches(tokens: Int32Array, length: number): AttentionPlaces {
  const places: number[] = []
  let queries = 0
  for (let row = 0; row < tokens.length / length; row++) {
    const start = row * length
    for (let query = 2; query < length; query++) {
      const before = places.length
      for (let key = 1; key < query; key++) {
        const present = tokens[start + query]
        if (tokens[start + key - 1] === present && tokens[start + key] !== present) places.push(row, query, key)
      }
      if (places.length > before) queries++
    }
  }
  return { places, queries }
}

/** Mean over queries of the attention at the places, by head: `values` are [row, head, query, key]. */
export function meanAttention(values: Float32Array, heads: number, length: number, { places, queries }: AttentionPlaces): number[] {
  return Array.from({ length: heads }, (_, head) => {
    let sum = 0
    for (let i = 0; i < places.length; i += 3) {
      sum += values[((places[i]! * heads + head) * length + places[i + 1]!) * length + places[i + 2]!]!
    }
    return sum / queries
  })
}
