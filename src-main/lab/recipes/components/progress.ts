/** What claims about the course of a run look at: its series, and the progress measures of its last network. */
import progressMeasures, { type ProgressMeasures } from '../../interpret/progress-measures'
import type { ArmEvidence, MeasuredSeries } from '../claim'

// A pure function's answers by identity of its argument; entries go with the evidence.
const measured = new WeakMap<ArmEvidence, ProgressMeasures>()

/** Of the last network, with its own key frequencies. */
export function progressOf(arm: ArmEvidence): ProgressMeasures {
  const known = measured.get(arm)
  if (known) return known
  const found = progressMeasures.measure(arm.final, { dataset: arm.dataset })
  measured.set(arm, found)
  return found
}

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
