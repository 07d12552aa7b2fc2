/** What claims about the course of a run look at: its series, and the progress measures of its last network. */
import progressMeasures from '../../interpret/progress-measures'
import type { ArmEvidence, MeasuredSeries } from '../claim'
import { oncePerArm } from './once-per-arm'

/** Of the last network, with its own key frequencies. */
export const progressOf = oncePerArm(({ final, dataset }) => progressMeasures.measure(final, { dataset }))

const unmeasured: MeasuredSeries = { steps: [], values: [] }

/** Empty where the arm has no such series. */
export function seriesOf(arm: ArmEvidence, id: string): MeasuredSeries {
  return arm.series[id] ?? unmeasured
}

/** First measured step whose value passes the test; undefined if none does. */
export function firstStep({ steps, values }: MeasuredSeries, passes: (value: number) => boolean): number | undefined {
  for (let i = 0; i < steps.length; i++) if (passes(values[i]!)) return steps[i]!
  return undefined
}

/** Values measured from one step to another, both included. */
export function valuesWithin({ steps, values }: MeasuredSeries, from: number, to: number): readonly number[] {
  const within: number[] = []
  for (let i = 0; i < steps.length; i++) if (steps[i]! >= from && steps[i]! <= to) within.push(values[i]!)
  return within
}

/** Last value, or 0 where nothing was measured. */
export function lastOf({ values }: MeasuredSeries): number {
  return values[values.length - 1] ?? 0
}

/** Loss of answering every class alike, in nats. */
export function chanceLoss({ dataset }: ArmEvidence): number {
  return Math.log(dataset.d_vocab_out)
}

export interface SteepestPart {
  /** Share of the change from the first value to the last that happens in it; 0 where there is none in that direction. */
  readonly share: number
  /** Its middle as a share of the run, from 0 to 1. */
  readonly middle: number
}

/** The fifth of a run's steps in which a series falls or rises most. */
export function steepest({ steps, values }: MeasuredSeries, way: 'fall' | 'rise'): SteepestPart {
  const sign = way === 'fall' ? -1 : 1
  const last = steps.length - 1
  const whole = last < 1 ? 0 : sign * (values[last]! - values[0]!)
  if (whole <= 0) return { share: 0, middle: 0 }
  const span = steps[last]! - steps[0]!
  let top = { change: 0, middle: 0 }
  for (let start = 0, end = 0; start < last; start++) {
    while (end < last && steps[end + 1]! - steps[start]! <= span / 5) end++
    const change = sign * (values[end]! - values[start]!)
    const middle = ((steps[start]! + steps[end]!) / 2 - steps[0]!) / span
    if (change > top.change) top = { change, middle }
  }
  return { share: top.change / whole, middle: top.middle }
}
