import type { TrainingState } from './training-state'

/**
 * Where training puts what it makes. A promise returned holds the loop back until it resolves, so a slow store never
 * lets results pile up in memory.
 */
export interface TrainingSink {
  /** Values by series id at a step; steps ascend. */
  measured(step: number, values: Readonly<Record<string, number>>): void | Promise<void>
  checkpoint(state: TrainingState): void | Promise<void>
  /** After every step. */
  progress(step: number): void
}
