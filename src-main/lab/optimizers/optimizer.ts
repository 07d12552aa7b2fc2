/**
 * An optimizer as a pure step on one tensor: parameter, gradient and slots in, parameter and slots out. The loop keeps
 * the slots by name, so that a checkpoint holds them and a resumed run continues exactly.
 */
import type { Fields, ValuesOf } from '../../base/settings'
import type { Tensor } from '../../engine/tf'

export interface OptimizerStep {
  readonly param: Tensor
  readonly grad: Tensor
  /** State tensors of this parameter, of its shape, zero before the first step. */
  readonly slots: Readonly<Record<string, Tensor>>
  /** 1 at the first step. */
  readonly step: number
}

export interface OptimizerOutcome {
  readonly param: Tensor
  readonly slots: Readonly<Record<string, Tensor>>
}

export interface Optimizer<F extends Fields = Fields> {
  readonly id: string
  readonly title: string
  readonly help: string
  readonly source: string
  readonly fields: F
  /** Names of the state tensors kept per parameter. */
  readonly slots: readonly string[]
  /** Called inside tf.tidy; returns new tensors and leaves its inputs alone. */
  update(settings: ValuesOf<F>, at: OptimizerStep): OptimizerOutcome
  /** The same for all parameters of one step, where that is faster than one by one. */
  updateAll?(settings: ValuesOf<F>, all: readonly OptimizerStep[]): readonly OptimizerOutcome[]
}

/** The step of all parameters, in one pass where the optimizer has one. */
export function updateAll(optimizer: Optimizer, settings: ValuesOf<Fields>, all: readonly OptimizerStep[]): readonly OptimizerOutcome[] {
  return optimizer.updateAll?.(settings, all) ?? all.map((at) => optimizer.update(settings, at))
}

export function defineOptimizer<const F extends Fields>(optimizer: Optimizer<F>): Optimizer {
  return Object.freeze(optimizer) as unknown as Optimizer // settings are checked against the same fields before update
}
