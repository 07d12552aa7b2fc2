import type { SettingValues } from '../../base/settings'

/** A declaration and the settings chosen for it. */
export interface Chosen {
  readonly id: string
  readonly settings: SettingValues
}

/** What a run is made of. Equal specifications train equally on one backend. Same shape as contract/runs.ts RunSpec. */
export interface RunSpec {
  readonly task: Chosen
  readonly model: Chosen
  readonly optimizer: Chosen
  readonly loss: Chosen
  /** Values of lab/train/schedule.ts. */
  readonly schedule: SettingValues
  readonly seed: number
  /** Absent for a run that starts from weights drawn from its seed. */
  readonly start?: Start | undefined
}

/** A run from weights drawn from its seed, from which others may start. */
export type DenseSpec = Omit<RunSpec, 'start'>

/** The declarations of lab/interpret/tickets, and `given` for a mask picked by hand. A test holds the lists together. */
export const scoreIds = [
  'magnitude',
  'magnitude-per-layer',
  'movement',
  'gradient-weight',
  'random',
  'snip',
  'grasp',
  'synflow',
  'synflow-on-examples',
  'given',
] as const
export type ScoreId = (typeof scoreIds)[number]

/**
 * How a run's weights begin where another run has been: everything needed to make them again. Source: arXiv:2310.19470.
 *
 *   1. Train `parent`; take its weights at step `step`, score them, prune the lowest share `sparsity`. That is the mask.
 *   2. Take the parent's weights at step `rewindStep`. That is the beginning.
 *   3. use `mask`: zero the masked weights and keep them so. use `l1-norm`, `l2-norm`: keep every weight, and scale all of
 *      those that can be pruned by one factor, so that their norm together is that of the survivors.
 *
 * Optimizer state and generators start afresh, and steps count from 0.
 */
export interface Start {
  readonly parent: DenseSpec
  readonly use: 'mask' | 'l1-norm' | 'l2-norm'
  readonly score: ScoreId
  readonly step: number
  /** Share of zeros among the weights that can be pruned, 0-1. */
  readonly sparsity: number
  readonly rewindStep: number
  /** Of score `given`: hash over the mask's arrays, which no specification can make again. */
  readonly maskHash?: string | undefined
}
