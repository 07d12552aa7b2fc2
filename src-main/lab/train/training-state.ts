import type { RngState } from '../../base/rng'
import type { ArraysByName } from '../models/model'

/** Everything training needs to go on as if it had not stopped; the content of a full checkpoint. */
export interface TrainingState {
  readonly step: number
  readonly params: ArraysByName
  readonly buffers: ArraysByName
  /** Optimizer state by `slot/parameter`: `m/W_in`. Empty in a checkpoint kept for inspection only. */
  readonly slots: ArraysByName
  /** Generator of dropout masks and batch orders. */
  readonly rng: RngState
  /** Passes completed and examples consumed of the current one; `order` is the current pass's permutation seed. */
  readonly cursor: { readonly epoch: number; readonly offset: number; readonly orderRng: RngState }
}
