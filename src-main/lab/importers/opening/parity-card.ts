/**
 * What every import ends in: which tensors went where, which were left, what is missing, and, where somebody gives
 * reference logits, by how much ours differ.
 *
 * A reference is an .npz with `tokens` [batch, pos], whole numbers, and `logits` [batch, pos, d_vocab], or
 * [batch, d_vocab] for the last position alone.
 */
import type { NamedReason } from '../layouts/layout'

export interface AccountedParameter {
  readonly name: string
  readonly shape: readonly number[]
  /** Tensors of the file that it was made of; empty where it is a constant. */
  readonly from: readonly string[]
}

export interface LogitParity {
  /** Largest absolute difference of any logit. */
  readonly largestError: number
  /** Largest absolute reference logit, against which the error is judged. */
  readonly largestLogit: number
  /** Where the largest error lies. */
  readonly at: { readonly sequence: number; readonly pos: number; readonly token: number }
  readonly comparedCount: number
  /** True where the error is at most 1e-4 of the largest logit: what float32 sums of another order come to. */
  readonly isWithin: boolean
}

export interface ParityCard {
  readonly accounted: readonly AccountedParameter[]
  readonly parameterCount: number
  readonly unused: readonly NamedReason[]
  readonly missing: readonly NamedReason[]
  readonly logits?: LogitParity
}
