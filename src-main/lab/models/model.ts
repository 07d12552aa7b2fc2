/**
 * A model is an architecture: which parameters it has, how they start, and one forward pass written against tf with a
 * named hook point at every activation. It holds no weights; a Network (network.ts) binds a model to some.
 *
 * The forward pass reads parameters by name, passes every activation through `hook`, and returns the logits
 * [batch, d_vocab_out]. What differs between training and evaluation (dropout, batch statistics) it takes from `mode`.
 * Statistics that are kept but not learned (BatchNorm's running mean) are buffers: read through `param`, renewed
 * through `setBuffer` in training only.
 *
 * Constraint: a forward pass is deterministic given parameters, tokens and `rng`, whatever the backend does with threads.
 */
import type { Fields, ValuesOf } from '../../base/settings'
import type { Rng } from '../../base/rng'
import type { FloatArray } from '../../base/array'
import type { Tensor } from '../../engine/tf'
import type { HookPoint } from './hook-point'

/** What a model must know of a dataset. */
export interface Dimensions {
  readonly n_ctx: number
  readonly d_vocab: number
  readonly d_vocab_out: number
}

/** Arrays by name: parameters, buffers or optimizer slots. Names are the field's: `W_in`, `W_out`, `b_in`. */
export type ArraysByName = Readonly<Record<string, FloatArray>>

export interface Forward {
  /** [batch, pos], int32. */
  readonly tokens: Tensor
  readonly mode: 'train' | 'eval'
  /** Draws for dropout; only read in `train` mode. */
  readonly rng: Rng
  /** A parameter or buffer. */
  param(name: string): Tensor
  /** Passes an activation through the hook point of that name and returns what takes its place. */
  hook(name: string, activation: Tensor): Tensor
  /** Renews a buffer; ignored in `eval` mode. */
  setBuffer(name: string, value: Tensor): void
}

export interface Model<F extends Fields = Fields> {
  readonly id: string
  readonly title: string
  readonly help: string
  readonly source: string
  readonly fields: F
  /** Initial parameters and buffers, drawn from `rng`. */
  init(settings: ValuesOf<F>, dims: Dimensions, rng: Rng): { params: ArraysByName; buffers: ArraysByName }
  /** Every hook point, in the order the forward pass reaches them. */
  hookPoints(settings: ValuesOf<F>, dims: Dimensions): readonly HookPoint[]
  /** Logits [batch, d_vocab_out]. */
  forward(settings: ValuesOf<F>, ctx: Forward): Tensor
}

export function defineModel<const F extends Fields>(model: Model<F>): Model {
  return Object.freeze(model) as unknown as Model // settings are checked against the same fields before any call
}
