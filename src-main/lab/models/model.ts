/**
 * A model is an architecture: which parameters it has, how they start, and one forward pass written against tf with a
 * named hook point at every activation. It holds no weights; a Network (network.ts) binds a model to some.
 *
 * The forward pass reads parameters by name, passes every activation through `hook`, and returns the logits: of a model
 * that answers once a sequence [batch, d_vocab_out], of one that answers at every position [batch, pos, d_vocab_out], or
 * [batch, scored, d_vocab_out] where only some positions are wanted. What differs between training and evaluation
 * (dropout, batch statistics) it takes from `mode`.
 * Statistics that are kept but not learned (BatchNorm's running mean) are buffers: read through `param`, renewed
 * through `setBuffer` in training only.
 *
 * Constraint: a forward pass is deterministic given parameters, tokens and `rng`, whatever the backend does with threads.
 */
import type { Fields, SettingComplaint, ValuesOf } from '../../base/settings'
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

/** A dataset as a model must fit it: its dimensions and the positions whose logits are scored. */
export interface Demands extends Dimensions {
  readonly scoredPositions: readonly number[]
}

/** Positions whose logits are wanted: `count` positions for all sequences alike, or `count` for each, row-major. */
export interface Scored {
  readonly positions: Int32Array
  readonly count: number
}

/** A residual stream that takes the place of everything up to a hook point: `blocks.1.hook_resid_pre` (mid, post). */
export interface Entry {
  readonly hook: string
  /** [batch, pos, d_model]: what arrives at the hook point. It stays the caller's. */
  readonly resid: Tensor
}

/** Arrays by name: parameters, buffers or optimizer slots. Names are the field's: `W_in`, `W_out`, `b_in`. */
export type ArraysByName = Readonly<Record<string, FloatArray>>

/** A parameter without values. */
export interface ParameterForm {
  readonly name: string
  readonly axes: readonly string[]
  readonly shape: readonly number[]
}

export interface Forward {
  /** [batch, pos], int32. */
  readonly tokens: Tensor
  readonly mode: 'train' | 'eval'
  /** Draws for dropout; only read in `train` mode. */
  readonly rng: Rng
  /** [batch, pos], float32: 1 for a token, 0 for padding, which no query attends to. Absent where nothing is padded. */
  readonly mask?: Tensor
  /** Absent when every position is wanted. */
  readonly scored?: Scored
  /** Where the pass begins, if not with the tokens; only models that name such hook points are asked. */
  readonly from?: Entry
  /** Nobody looks at any activation: the pass may take a shorter way and need not call `hook`. */
  readonly isPlain: boolean
  /** Whether somebody looks at this hook point; an activation that costs much and feeds nothing is skipped if not. */
  wants(name: string): boolean
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
  /** Names, axes and shapes of its parameters, where they can be told without drawing them. */
  parameterForms?(settings: ValuesOf<F>, dims: Dimensions): readonly ParameterForm[]
  /** Every hook point, in the order the forward pass reaches them. */
  hookPoints(settings: ValuesOf<F>, dims: Dimensions): readonly HookPoint[]
  /** What is wrong with settings that fit their fields but not each other or the dataset. */
  check?(settings: ValuesOf<F>, demands: Demands): readonly SettingComplaint[]
  /** Logits, with the axes the header names. */
  forward(settings: ValuesOf<F>, ctx: Forward): Tensor
}

export function defineModel<const F extends Fields>(model: Model<F>): Model {
  return Object.freeze(model) as unknown as Model // settings are checked against the same fields before any call
}
