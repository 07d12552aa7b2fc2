/**
 * A task turns settings and a seed into a dataset: every example there is, the label each carries, and how the
 * examples divide. Examples are integer tokens; what they mean is the task's own affair.
 *
 * The dataset keeps both labels of every example. `labels` is what training sees; `trueLabels` is what the rule says.
 * They differ on corrupted examples only, so that any later evaluation can ask how many corrupted examples a network
 * memorized and how many it sees through.
 *
 * Axes: tokens [example, pos], labels and trueLabels [example].
 */
import type { Fields, ValuesOf } from '../../base/settings'
import type { Rng } from '../../base/rng'

/** Every example belongs to exactly one. `trainCorrupted` holds the training examples whose label was redrawn. */
export const splitNames = ['trainClean', 'trainCorrupted', 'test'] as const
export type SplitName = (typeof splitNames)[number]

export interface Dataset {
  readonly exampleCount: number
  /** Number of token positions of an example. */
  readonly n_ctx: number
  /** Number of distinct input tokens. */
  readonly d_vocab: number
  /** Number of classes a label can take. */
  readonly d_vocab_out: number
  readonly tokens: Int32Array
  readonly labels: Int32Array
  readonly trueLabels: Int32Array
  /** Indices of examples, in the order of the shuffled list. */
  readonly splits: Readonly<Record<SplitName, Int32Array>>
  /** Training examples in the order of the shuffled list: corrupted ones first. */
  readonly train: Int32Array
}

export interface SettingComplaint {
  readonly key: string
  readonly message: string
}

export interface Task<F extends Fields = Fields> {
  readonly id: string
  readonly title: string
  readonly help: string
  readonly source: string
  readonly fields: F
  /** What is wrong with settings that each fit their field but not each other; by key of the setting to change. */
  check?(settings: ValuesOf<F>): readonly SettingComplaint[]
  /** Deterministic in settings and rng. Settings were checked against `fields`. */
  create(settings: ValuesOf<F>, rng: Rng): Dataset
}

export function defineTask<const F extends Fields>(task: Task<F>): Task {
  return Object.freeze(task) as unknown as Task // settings are checked against the same fields before create
}
