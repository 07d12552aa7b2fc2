/**
 * Pairs of prompts: a clean one, whose answer the network is to give, and a corrupted one of the same length, whose
 * answer is another. Patching carries activations from one run to the other and asks what that does to the answer.
 *
 * Pairs of a task's own examples, where nobody has written better ones: example i of a split is clean; its partner is the
 * first of the split's other examples, in an order drawn once by the seed and entered at a place of its own, that has
 * another label at the answer position. Right and wrong are the labels of the two.
 */
import { createRng } from '../../../base/rng'
import { err, ok, type Result } from '../../../base/result'
import type { Sequences } from '../../models/network'
import type { Dataset } from '../../tasks/task'

export interface Pairs {
  readonly count: number
  /** Number of positions, padding included. */
  readonly length: number
  /** [pair, pos] */
  readonly clean: Int32Array
  readonly corrupted: Int32Array
  /** [pair, pos]: 0 for padding. All are tokens when absent. */
  readonly cleanMask?: Uint8Array
  readonly corruptedMask?: Uint8Array
  /** Position at which the answer is read: [pair]. */
  readonly answerPos: Int32Array
  /** Classes that count as right, of each pair; at least one. */
  readonly answers: readonly ArrayLike<number>[]
  /** Classes that count as wrong; at least one. */
  readonly wrong: readonly ArrayLike<number>[]
}

export type Side = 'clean' | 'corrupted'

export interface PairSlice {
  readonly first: number
  readonly count: number
}

export const wholeOf = ({ count }: Pairs): PairSlice => ({ first: 0, count })

/** Some pairs of one side as the network takes them, `times` over, asked at their answer positions. */
export function sequencesOf(pairs: Pairs, side: Side, { first, count }: PairSlice, times = 1): Sequences {
  const { length, answerPos } = pairs
  const padding = side === 'clean' ? pairs.cleanMask : pairs.corruptedMask
  const rows = <T extends Int32Array | Uint8Array>(values: T, width: number): T =>
    repeated(values.subarray(first * width, (first + count) * width) as T, times)
  const isAlike = answerPos.every((pos) => pos === answerPos[0])
  const positions = isAlike ? answerPos.slice(0, 1) : rows(answerPos, 1)
  return {
    tokens: rows(pairs[side], length),
    length,
    ...(padding && { mask: rows(padding, length) }),
    scored: { positions, count: 1 },
  }
}

function repeated<T extends Int32Array | Uint8Array>(values: T, times: number): T {
  if (times === 1) return values
  const copies = new (values.constructor as new (length: number) => T)(values.length * times)
  for (let i = 0; i < times; i++) copies.set(values, i * values.length)
  return copies
}

export interface TaskPairsOptions {
  /** Indices of the examples to draw from. */
  readonly members: Int32Array
  /** At most so many pairs. */
  readonly count: number
  readonly seed: number
}

/** The failure says why the examples make no pair. */
export function taskPairs(
  { n_ctx, tokens, labels, scoredPositions }: Dataset,
  { members, count, seed }: TaskPairsOptions,
): Result<Pairs, 'ARGUMENTS_INVALID'> {
  const scored = scoredPositions.length
  const labelOf = (example: number): number => labels[example * scored + scored - 1]!
  const order = createRng(seed).fork('partners').permutation(members.length)
  const chosen = members.subarray(0, count)
  const partners = Array.from(chosen, (example, i) => {
    for (let step = 0; step < order.length; step++) {
      const other = members[order[(i + step) % order.length]!]!
      if (labelOf(other) !== labelOf(example)) return other
    }
    return undefined
  })
  const found = [...chosen].flatMap((example, i) => (partners[i] === undefined ? [] : [[example, partners[i]] as const]))
  if (found.length === 0) {
    const message = `${members.length} examples make no pair; two with different labels are needed`
    return err('ARGUMENTS_INVALID', message)
  }
  const rowsOf = (examples: readonly number[]): Int32Array => {
    const rows = new Int32Array(examples.length * n_ctx)
    examples.forEach((example, i) => rows.set(tokens.subarray(example * n_ctx, (example + 1) * n_ctx), i * n_ctx))
    return rows
  }
  return ok({
    count: found.length,
    length: n_ctx,
    clean: rowsOf(found.map(([clean]) => clean)),
    corrupted: rowsOf(found.map(([, corrupted]) => corrupted)),
    answerPos: new Int32Array(found.length).fill(scoredPositions.at(-1)!),
    answers: found.map(([clean]) => Int32Array.of(labelOf(clean))),
    wrong: found.map(([, corrupted]) => Int32Array.of(labelOf(corrupted))),
  })
}
