/**
 * Four heads with known patterns on a sequence that comes twice, for fixtures and tests: previous token, duplicate token,
 * induction, and one that looks everywhere alike.
 */
export const tokens = ['start', '7', '2', '5', '9', '7', '2', '5', '9'] as const
export const layers = 2
export const heads = 2

type Look = (query: number, key: number) => boolean

const looks: readonly Look[] = [
  (query, key) => key === query - 1,
  (query, key) => key < query && tokens[key] === tokens[query],
  (query, key) => key < query && key > 0 && tokens[key - 1] === tokens[query],
  () => true,
]

/** [query_pos, key_pos] of a head, rows summing to one; with nothing to look for, a query looks at the first token. */
export function patternOf(head: number): Float32Array {
  const length = tokens.length
  const cells = new Float32Array(length * length)
  for (let query = 0; query < length; query++) {
    const keys = Array.from({ length: query + 1 }, (_, key) => key).filter((key) => looks[head]!(query, key))
    const found = keys.length > 0 ? keys : [0]
    for (const key of found) cells[query * length + key] = 1 / found.length
  }
  return cells
}

/** Scores in the order of the contract, by hand from the patterns above. */
export const scores: readonly (readonly number[])[] = [
  [1, 0, 1 / 8, meanOf((query) => 1 / (query + 1), 1, 8)],
  [0, 1, 0, meanOf((query) => 1 / (query + 1), 5, 8)],
  [0, 0, 1, meanOf((query) => 1 / (query + 1), 5, 8)],
  [0, 0, 1, meanOf((query) => 1 / (query + 1), 5, 8)],
  [0, 0.12, 0.94, -0.31],
  [0, 0, 0, meanOf((query) => Math.log(query + 1), 0, 8)],
]

function meanOf(value: (query: number) => number, first: number, last: number): number {
  let sum = 0
  for (let query = first; query <= last; query++) sum += value(query)
  return sum / (last - first + 1)
}
