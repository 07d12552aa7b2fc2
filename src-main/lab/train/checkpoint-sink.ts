import type { TrainingState } from './training-state'

/**
 * Where training puts what it makes. A promise returned holds the loop back until it resolves, so a slow store never
 * lets results pile up in memory.
 */
export interface TrainingSink {
  /** Values by series id at a step; steps ascend. */
  measured(step: number, values: Readonly<Record<string, number>>): void | Promise<void>
  /** `isExtra` marks one that only `isExtraDue` asked for. */
  checkpoint(state: TrainingState, isExtra: boolean): void | Promise<void>
  /** Asked after each step that the schedule does not checkpoint: whether to checkpoint it all the same. */
  isExtraDue?(): boolean
  /** After every step. */
  progress(step: number): void
}
