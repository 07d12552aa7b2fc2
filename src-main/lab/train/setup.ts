/** A run specification with its declarations found and its settings checked: what the loop and analyses work with. */
import type { SettingValues } from '../../base/settings'
import type { Loss } from '../losses/loss'
import type { Model } from '../models/model'
import type { Optimizer } from '../optimizers/optimizer'
import type { Probe } from '../probes/probe'
import type { Dataset } from '../tasks/task'

export interface Setup {
  readonly seed: number
  readonly dataset: Dataset
  /** What a person reads for a token. */
  readonly tokenText: (token: number) => string
  readonly model: Model
  readonly modelSettings: SettingValues
  readonly optimizer: Optimizer
  readonly optimizerSettings: SettingValues
  readonly loss: Loss
  readonly lossSettings: SettingValues
  readonly schedule: SettingValues
  readonly probes: readonly Probe[]
}
