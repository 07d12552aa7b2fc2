/**
 * Random sequences that come twice, for any network: (start) x_1 … x_L x_1 … x_L, the probe of induction.
 *
 * With a shortest length each sequence has a length of its own and is repeated until the tokens are full: with one length
 * for all, a head that looks a fixed distance back, whatever stands there, would be taken for one that matches tokens.
 *
 * Tokens are drawn from those that the network reads and answers with alike, without putting back within a sequence where
 * there are enough, so that what followed a token before is determined. Both halves fit the context.
 * Source: Olsson et al. 2022, arXiv:2209.11895, per-token test on repeated random tokens.
 */
import { createRng } from '../../../base/rng'
import { err, ok, type Result } from '../../../base/result'
import type { Dimensions } from '../../models/model'
import type { Sequences } from '../../models/network'
import type { Dataset } from '../../tasks/task'

export interface Repeated {
  readonly count: number
  readonly seed: number
  /** Tokens before the copy; as many as the context allows if absent, at most 256. */
  readonly length?: number | undefined
  /** Least length where each sequence has its own; all have `length` if absent. */
  readonly shortest?: number | undefined
  /** Put before every sequence. */
  readonly start?: number | undefined
}

export function repeatedTokens(dims: Dimensions, { count, seed, length, shortest, start }: Repeated): Result<Sequences, 'MODEL_UNSUITABLE'> {
  const first = start === undefined ? 0 : 1
  const most = Math.floor((dims.n_ctx - first) / 2)
  const half = length ?? Math.min(most, 256)
  if (most < 2 || half > most) {
    return err('MODEL_UNSUITABLE', `the network has ${dims.n_ctx} positions; a sequence that comes twice needs ${2 * Math.max(2, length ?? 2) + first}`)
  }
  const vocabulary = Math.min(dims.d_vocab, dims.d_vocab_out)
  const choices = Array.from({ length: vocabulary }, (_, token) => token).filter((token) => token !== start)
  const rng = createRng(seed).fork('repeated')
  const isDistinct = choices.length >= half
  const width = first + 2 * half
  const tokens = new Int32Array(count * width)
  for (let row = 0; row < count; row++) {
    const order = isDistinct ? rng.permutation(choices.length) : undefined
    const own = shortest === undefined || shortest >= half ? half : shortest + rng.below(half - shortest + 1)
    const drawn = Array.from({ length: own }, (_, i) => choices[order ? order[i]! : rng.below(choices.length)]!)
    if (start !== undefined) tokens[row * width] = start
    for (let i = 0; i < 2 * half; i++) tokens[row * width + first + i] = drawn[i % own]!
  }
  return ok({ tokens, length: width })
}

/** The token that every example of a task begins with, when it is the same in all. */
export function commonStart({ tokens, n_ctx, exampleCount }: Dataset): number | undefined {
  if (exampleCount < 2) return undefined
  const first = tokens[0]
  for (let example = 1; example < exampleCount; example++) if (tokens[example * n_ctx] !== first) return undefined
  return first
}
