/**
 * A task turns settings and a seed into a dataset: every example there is, the label each carries, and how the
 * examples divide. Examples are integer tokens; what they mean is the task's own affair.
 *
 * The dataset keeps both labels of every example. `labels` is what training sees; `trueLabels` is what the rule says.
 * They differ on corrupted examples only, so that any later evaluation can ask how many corrupted examples a network
 * memorized and how many it sees through.
 *
 * A network is asked at one or several positions of an example; a pair of an example and such a position is a place.
 *
 * Axes: tokens [example, pos], labels and trueLabels [example, scored].
 */
import type { Fields, SettingComplaint, ValuesOf } from '../../base/settings'
import type { Rng } from '../../base/rng'
import type { ImageSet } from './components/image-set'

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
  /** Positions whose answers are scored, ascending; a model that answers once an example fits a task with one. */
  readonly scoredPositions: readonly number[]
  readonly tokens: Int32Array
  readonly labels: Int32Array
  readonly trueLabels: Int32Array
  /** Indices of examples, in the order of the shuffled list. */
  readonly splits: Readonly<Record<SplitName, Int32Array>>
  /** Training examples in the order of the shuffled list: corrupted ones first. */
  readonly train: Int32Array
}

/** What a task may draw from beside its settings: things of the project, by the id that a setting names. */
export interface Resources {
  images(id: string): ImageSet | undefined
}

export interface Task<F extends Fields = Fields> {
  readonly id: string
  readonly title: string
  readonly help: string
  readonly source: string
  readonly fields: F
  /** What a person reads for an input token or class; the number itself when absent. */
  tokenText?(settings: ValuesOf<F>, token: number): string
  /** What is wrong with settings that each fit their field but not each other; by key of the setting to change. */
  check?(settings: ValuesOf<F>, resources?: Resources): readonly SettingComplaint[]
  /** Deterministic in settings, rng and resources. Settings were checked against `fields`. */
  create(settings: ValuesOf<F>, rng: Rng, resources?: Resources): Dataset
}

export function defineTask<const F extends Fields>(task: Task<F>): Task {
  return Object.freeze(task) as unknown as Task // settings are checked against the same fields before create
}

/** Places of some examples, row-major: example · count + 0 .. count - 1 for each. */
export function placesOf(examples: Int32Array, { scoredPositions: { length: count } }: Dataset): Int32Array {
  if (count === 1) return examples
  const places = new Int32Array(examples.length * count)
  for (let i = 0; i < places.length; i++) places[i] = examples[Math.floor(i / count)]! * count + (i % count)
  return places
}
