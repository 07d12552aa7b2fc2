/**
 * One paper as data: the setting it used, the arms it compares, the scales this program runs it at, what differs from
 * the paper, and its claims. A recipe holds no algorithm; those live in lab/train, lab/models and lab/interpret.
 */
import type { SettingValues } from '../../base/settings'
import type { Moment } from '../train/moments'
import type { DenseSpec, RunSpec, Start } from '../train/run-spec'
import type { Claim } from './claim'

/** Changes to the recipe's base specification, part by part; a named setting replaces the base's. */
export interface SpecChange {
  readonly task?: SettingValues
  readonly model?: SettingValues
  readonly optimizer?: SettingValues
  readonly loss?: SettingValues
  readonly schedule?: SettingValues
}

/** How an arm begins where another arm of the same seed has been, at a moment known only when that one was trained. */
export interface ArmStart extends Pick<Start, 'use' | 'score' | 'sparsity' | 'rewindStep'> {
  /** Id of an arm without a start, listed before this one. */
  readonly from: string
  /** When the mask is taken; the last checkpoint of an arm whose moment never came. */
  readonly at: Moment
}

export interface Arm {
  readonly id: string
  readonly title: string
  readonly note: string
  readonly change: SpecChange
  /** Absent for an arm that starts from weights drawn from its seed. */
  readonly start?: ArmStart
  /** Scales it is part of; every one when absent. */
  readonly scales?: readonly string[]
  /** Changes that hold at one scale only, applied after `change`. */
  readonly atScale?: Readonly<Record<string, SpecChange>>
}

export interface Scale {
  readonly id: string
  readonly title: string
  /** Size and expected duration. */
  readonly note: string
  readonly change: SpecChange
}

export interface Recipe {
  readonly id: string
  readonly paper: {
    readonly title: string
    readonly authors: readonly string[]
    readonly year: number
    readonly arxiv: string
  }
  readonly summary: string
  /** What every arm and scale share; partial settings, completed by defaults. */
  readonly base: Omit<DenseSpec, 'seed'>
  /** At least `smoke` (fits in CI) and `paper` (the paper's own size). */
  readonly scales: readonly Scale[]
  readonly arms: readonly Arm[]
  /** Where this recipe departs from the paper; an empty list says it does not. */
  readonly differences: readonly string[]
  readonly claims: readonly Claim[]
}

export function defineRecipe(recipe: Recipe): Recipe {
  return Object.freeze(recipe)
}

/** The arms of a scale, in their order. */
export function armsAt(recipe: Recipe, scaleId: string): readonly Arm[] {
  return recipe.arms.filter(({ scales }) => scales?.includes(scaleId) ?? true)
}

/**
 * The specification of one arm at one scale: base, then scale, then arm, then the arm's change at that scale. That of an
 * arm with a start lacks it: the step is known only when the other arm was trained.
 */
export function specOf(recipe: Recipe, { scaleId, armId, seed }: { scaleId: string; armId: string; seed: number }): RunSpec {
  const scale = recipe.scales.find(({ id }) => id === scaleId)
  const arm = recipe.arms.find(({ id }) => id === armId)
  const changes = [scale?.change, arm?.change, arm?.atScale?.[scaleId]].filter((change) => change !== undefined)
  const { base } = recipe
  const merged = (part: keyof SpecChange, start: SettingValues): SettingValues =>
    Object.assign({}, start, ...changes.map((change) => change[part] ?? {})) as SettingValues // all are SettingValues
  return {
    task: { id: base.task.id, settings: merged('task', base.task.settings) },
    model: { id: base.model.id, settings: merged('model', base.model.settings) },
    optimizer: { id: base.optimizer.id, settings: merged('optimizer', base.optimizer.settings) },
    loss: { id: base.loss.id, settings: merged('loss', base.loss.settings) },
    schedule: merged('schedule', base.schedule),
    seed,
  }
}
