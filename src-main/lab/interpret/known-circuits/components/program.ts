/**
 * Programs over sequences, small enough that the transformer computing one can be written down: the language the known
 * circuits are stated in, after RASP.
 *
 * A variable holds at every position either one of `size` names (categorical, a direction each in the residual stream) or
 * a number (one direction). A program starts from tokens and positions and adds variables in two ways:
 *
 *   attend   one head: each position looks at those its query selects by their key, and takes the mean of their value
 *   map      neurons of one MLP: a function of one position's variables, by lookup
 *
 * Each variable is written by one component; compile-program.ts places them. A program has no loops and no lengths of its
 * own: it is written for one number of positions.
 *
 * Source: arXiv:2106.06981 (RASP: select, aggregate, elementwise), arXiv:2301.05062 §3 (Tracr: its compilation).
 */
import { assert } from '../../../../base/assert'

export interface Categorical {
  readonly kind: 'categorical'
  readonly id: number
  readonly size: number
}

export interface Numeric {
  readonly kind: 'numeric'
  readonly id: number
  /** Every number it can be, ascending: where a map of it may change its mind. */
  readonly values: readonly number[]
}

export type Variable = Categorical | Numeric

/** Which positions a query selects: true, false, or a score where more is stronger. */
export type Selects = (query: number, key: number) => boolean | number

export interface Looking {
  /** Absent where every position asks alike; `selects` then gets 0. */
  readonly query?: Categorical
  /** Absent where every position that may be seen is looked at alike. */
  readonly key?: Categorical
  readonly selects?: Selects
}

export interface AttendStep extends Looking {
  readonly kind: 'attend'
  readonly value: Categorical
  /** What a value counts for, where numbers are averaged. */
  readonly as?: (value: number) => number
  readonly writes: Variable
}

export interface MapStep {
  readonly kind: 'map'
  /** At most one of them numeric. */
  readonly inputs: readonly Variable[]
  readonly fn: (...values: number[]) => number
  readonly writes: Categorical
}

export type Step = AttendStep | MapStep

export interface Rasp {
  readonly tokens: Categorical
  readonly positions: Categorical
  /** The value of the selected position; of several, each in equal parts. */
  attend(looking: Looking, value: Categorical): Categorical
  /** The mean over selected positions of what their values count for; `values` lists every mean there can be. */
  average(looking: Looking, value: Categorical, mean: Mean): Numeric
  /** fn of the inputs' values, a name below `size`. */
  map(inputs: readonly Variable[], size: number, fn: (...values: number[]) => number): Categorical
}

export interface Mean {
  readonly as: (value: number) => number
  readonly values: readonly number[]
}

export interface Program {
  readonly tokens: Categorical
  readonly positions: Categorical
  readonly steps: readonly Step[]
  /** Its names are the classes answered with. */
  readonly output: Categorical
}

export interface ProgramSizes {
  readonly n_ctx: number
  readonly d_vocab: number
}

export function writeProgram({ n_ctx, d_vocab }: ProgramSizes, write: (rasp: Rasp) => Categorical): Program {
  const steps: Step[] = []
  let count = 0
  const categorical = (size: number): Categorical => ({ kind: 'categorical', id: count++, size })
  const tokens = categorical(d_vocab)
  const positions = categorical(n_ctx)
  const output = write({
    tokens,
    positions,
    attend(looking, value) {
      const writes = categorical(value.size)
      steps.push({ kind: 'attend', ...looking, value, writes })
      return writes
    },
    average(looking, value, { as, values }) {
      const writes: Numeric = { kind: 'numeric', id: count++, values: [...new Set(values)].sort((x, y) => x - y) }
      steps.push({ kind: 'attend', ...looking, value, as, writes })
      return writes
    },
    map(inputs, size, fn) {
      assert(inputs.filter(({ kind }) => kind === 'numeric').length <= 1, 'a map reads at most one number')
      const writes = categorical(size)
      steps.push({ kind: 'map', inputs, fn, writes })
      return writes
    },
  })
  return { tokens, positions, steps, output }
}

/** k / m for every m up to `most` and k from `from` to m: the means of m ones and zeros. */
export function fractionsUpTo(most: number, from = 0): readonly number[] {
  const values: number[] = []
  for (let m = 1; m <= most; m++) for (let k = from * m; k <= m; k++) values.push(k / m)
  return values
}
