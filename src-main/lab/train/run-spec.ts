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
}
