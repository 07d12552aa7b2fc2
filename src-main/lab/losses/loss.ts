/** A loss maps logits [batch, d_vocab_out] and integer labels [batch] to a scalar mean over the batch. */
import type { Fields, ValuesOf } from '../../base/settings'
import type { Scalar, Tensor } from '../../engine/tf'

export interface Loss<F extends Fields = Fields> {
  readonly id: string
  readonly title: string
  readonly help: string
  readonly source: string
  readonly fields: F
  /** `nats` for a log likelihood, `1` otherwise. */
  readonly unit: string
  /** Differentiable in `logits`. */
  measure(settings: ValuesOf<F>, logits: Tensor, labels: Tensor): Scalar
}

export function defineLoss<const F extends Fields>(loss: Loss<F>): Loss {
  return Object.freeze(loss) as unknown as Loss // settings are checked against the same fields before measure
}
