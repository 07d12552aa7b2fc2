/**
 * When things happen in a run, by its accuracies. P is the accuracy that counts as fitted, 0.95 unless told otherwise.
 *
 *   memorized    first measured step with train accuracy of at least P: t_mem
 *   transition   first one with test accuracy of at least P / 2
 *   generalized  first one with test accuracy of at least P: t_gen
 *
 * What is taken from a run at a moment is taken at its first checkpoint there or after it. Source: arXiv:2310.19470 §3.
 */
import type { PhaseSeries } from './phases'

export type Moment =
  | { readonly kind: 'event'; readonly event: 'memorized' | 'transition' | 'generalized' }
  /** A share of t_gen. */
  | { readonly kind: 'share'; readonly share: number }
  | { readonly kind: 'step'; readonly step: number }

/** Accuracies by measured step. */
export interface Accuracies {
  readonly train: PhaseSeries
  readonly test: PhaseSeries
}

export const fittedAccuracy = 0.95

/** The first measured step with a value of at least this; undefined when there is none. */
export function firstReaching({ steps, values }: PhaseSeries, threshold: number): number | undefined {
  for (let i = 0; i < steps.length; i++) if (values[i]! >= threshold) return steps[i]
  return undefined
}

/** The step of a moment; undefined when it never came. */
export function momentStep(moment: Moment, { train, test }: Accuracies, threshold: number = fittedAccuracy): number | undefined {
  if (moment.kind === 'step') return moment.step
  if (moment.kind === 'share') {
    const generalized = firstReaching(test, threshold)
    return generalized === undefined ? undefined : Math.round(moment.share * generalized)
  }
  if (moment.event === 'memorized') return firstReaching(train, threshold)
  return firstReaching(test, moment.event === 'transition' ? threshold / 2 : threshold)
}

/** The first of some ascending steps that is not before a moment's; undefined when all are. */
export function checkpointAt(step: number, checkpoints: readonly number[]): number | undefined {
  return checkpoints.find((stored) => stored >= step)
}

/** `at t_gen`, `at 25 % of t_gen`, `at step 400`: for names. */
export function momentText(moment: Moment): string {
  if (moment.kind === 'step') return `at step ${moment.step}`
  if (moment.kind === 'share') return `at ${Math.round(100 * moment.share)} % of t_gen`
  return { memorized: 'at t_mem', transition: 'in the transition', generalized: 'at t_gen' }[moment.event]
}
