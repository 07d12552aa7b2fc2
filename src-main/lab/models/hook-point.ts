import type { Axis } from '../axes'

/** A named place in a forward pass, by the name TransformerLens gives it: `blocks.0.mlp.hook_post`. */
export interface HookPoint {
  readonly name: string
  readonly axes: readonly Axis[]
  /** Lengths of the axes after `batch`. */
  readonly shape: readonly number[]
}
