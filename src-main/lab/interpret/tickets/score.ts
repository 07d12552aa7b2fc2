/**
 * A score says which weights to keep. Those that score highest stay; how many of which parameter is its `share`:
 *
 *   all          the ranking runs over all parameters together
 *   layers       each parameter loses the same share of its weights
 *   magnitude    each parameter loses as many as global magnitude pruning takes from it
 *
 * Scores draw nothing but from the generator they are given, and equal inputs give equal scores on one backend.
 * components/weight-mask.ts turns scores into a mask, components/loss-gradient.ts is where gradients come from.
 * Source: arXiv:2310.19470 §3 and app. D compares them.
 */
import type { Rng } from '../../../base/rng'
import type { ArraysByName } from '../../models/model'
import type { LossGradient } from '../components/loss-gradient'

/** What a score may look at. All arrays have the parameters' names, those that are never pruned left out. */
export interface ScoreContext {
  /** At the step the mask is taken. */
  readonly weights: ArraysByName
  /** The same run's at step 0. */
  readonly initial: ArraysByName
  /** Of the training loss, and of what SynFlow has in place of one; at any weights. */
  readonly gradient: LossGradient
  readonly rng: Rng
}

export interface Score {
  readonly id: string
  readonly title: string
  readonly help: string
  /** The formula in symbols. */
  readonly definition: string
  readonly source: string
  readonly share: 'all' | 'layers' | 'magnitude'
  /** Whether it looks at the weights before training only, whatever step it is asked for. */
  readonly isBeforeTraining: boolean
  /** Higher is kept; an array for each of `weights`. */
  measure(ctx: ScoreContext): ArraysByName
}

export function defineScore(score: Score): Score {
  return Object.freeze(score)
}

/** One value for each weight, from those at the same place in several records of arrays. */
export function eachWeight(compute: (...values: number[]) => number, first: ArraysByName, ...others: readonly ArraysByName[]): ArraysByName {
  const entries = Object.entries(first).map(([name, array]) => {
    const rest = others.map((other) => other[name]!.data) // the same parameters throughout
    return [name, { ...array, data: array.data.map((value, i) => compute(value, ...rest.map((data) => data[i]!))) }] as const
  })
  return Object.fromEntries(entries)
}
