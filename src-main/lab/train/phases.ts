/**
 * The phases of a training run, under the names of arXiv:2301.05217 §5.
 *
 * From what every run measures, accuracy on the training and test sets and weight norm:
 *
 *   memorization       train accuracy reaches 0.9 while test accuracy is still below 0.2; lasts until test reaches 0.2
 *   circuit-formation  from there (or from step 0, if test rises before train is fitted) until test reaches 0.9
 *   cleanup            from there until the weight norm has made 95 % of its further fall; absent if that is under 5 %
 *
 * Accuracies see less than there is: a circuit that forms below the memorizing solution shows only when it begins to win.
 * Where excluded loss is measured, it shows the circuit while it forms, as in the paper:
 *
 *   memorization       until excluded loss is lowest, before test accuracy reaches 0.5; to the end where neither that nor
 *                      a rise of excluded loss by 0.5 nats comes
 *   circuit-formation  from there until test accuracy reaches 0.5, while excluded loss rises
 *   cleanup            from there until test accuracy reached 0.9 and the weight norm has made 95 % of its further fall
 *
 * The lower line of 0.2 would be crossed too soon: a network that treats a and b alike answers every unseen pair whose
 * mirror image it was trained on.
 *
 * A run that ends inside a phase ends that phase; a run that never fits its training set and never generalizes has none.
 */
import { firstReaching } from './moments'

export interface PhaseSeries {
  readonly steps: ArrayLike<number>
  readonly values: ArrayLike<number>
}

export interface RunSeries {
  readonly train: PhaseSeries
  readonly test: PhaseSeries
  readonly weightNorm?: PhaseSeries | undefined
  readonly excludedLoss?: PhaseSeries | undefined
}

export interface FoundPhase {
  readonly name: 'memorization' | 'circuit-formation' | 'cleanup'
  readonly fromStep: number
  readonly toStep: number
}

export const phaseThresholds = {
  /** Accuracy from which a set counts as fitted. */
  fitted: 0.9,
  /** Test accuracy from which generalization counts as begun. */
  risen: 0.2,
  /** Share of the weight norm that has to go for a cleanup. */
  fall: 0.05,
  /** Share of that fall after which the cleanup counts as over. */
  fallen: 0.95,
  /** Test accuracy at which a circuit that excluded loss showed forming begins to win. */
  halfway: 0.5,
  /** Nats by which excluded loss has to rise for a circuit that forms. */
  excludedRise: 0.5,
} as const

export function findPhases(series: RunSeries): readonly FoundPhase[] {
  const { train, excludedLoss } = series
  const isFitted = firstReaching(train, phaseThresholds.fitted) !== undefined
  return (isFitted && excludedLoss && phasesByExcludedLoss(series, excludedLoss)) || phasesByAccuracy(series)
}

/** Undefined of a run that generalizes without a rise of excluded loss: nothing was memorized first. */
function phasesByExcludedLoss({ test, weightNorm }: RunSeries, excludedLoss: PhaseSeries): readonly FoundPhase[] | undefined {
  const lastStep = test.steps[test.steps.length - 1]
  if (lastStep === undefined) return undefined
  const halfway = firstReaching(test, phaseThresholds.halfway)
  const { lowestAt, rise } = riseUntil(excludedLoss, halfway ?? lastStep)
  const forms = rise >= phaseThresholds.excludedRise
  if (!forms) return halfway === undefined ? [{ name: 'memorization', fromStep: 0, toStep: lastStep }] : undefined
  const phases: FoundPhase[] = [
    { name: 'memorization', fromStep: 0, toStep: lowestAt },
    { name: 'circuit-formation', fromStep: lowestAt, toStep: halfway ?? lastStep },
  ]
  if (halfway === undefined) return phases
  const generalized = firstReaching(test, phaseThresholds.fitted)
  const cleaned = generalized === undefined ? lastStep : ((weightNorm && endOfFall(weightNorm, generalized)) ?? generalized)
  return [...phases, { name: 'cleanup', fromStep: halfway, toStep: cleaned }]
}

/** Where a series is lowest up to a step, and how far it rises from there to it. */
function riseUntil({ steps, values }: PhaseSeries, end: number): { readonly lowestAt: number; readonly rise: number } {
  let lowest = 0
  let last = 0
  for (let i = 0; i < steps.length && steps[i]! <= end; i++) {
    if (values[i]! < values[lowest]!) lowest = i
    last = i
  }
  return { lowestAt: steps[lowest] ?? 0, rise: (values[last] ?? 0) - (values[lowest] ?? 0) }
}

function phasesByAccuracy({ train, test, weightNorm }: RunSeries): readonly FoundPhase[] {
  const lastStep = test.steps[test.steps.length - 1]
  if (lastStep === undefined) return []
  const fitted = firstReaching(train, phaseThresholds.fitted)
  const risen = firstReaching(test, phaseThresholds.risen)
  const generalized = firstReaching(test, phaseThresholds.fitted)
  const phases: FoundPhase[] = []

  const memorizes = fitted !== undefined && (risen === undefined || fitted < risen)
  if (memorizes) phases.push({ name: 'memorization', fromStep: 0, toStep: risen ?? lastStep })
  if (risen !== undefined) {
    phases.push({ name: 'circuit-formation', fromStep: memorizes ? risen : 0, toStep: generalized ?? lastStep })
  }
  if (generalized !== undefined && weightNorm) {
    const cleaned = endOfFall(weightNorm, generalized)
    if (cleaned !== undefined) phases.push({ name: 'cleanup', fromStep: generalized, toStep: cleaned })
  }
  return phases
}

/** The step by which the series has made most of its fall after `from`; undefined if it hardly falls. */
function endOfFall({ steps, values }: PhaseSeries, from: number): number | undefined {
  let start = 0
  while (start < steps.length && steps[start]! < from) start++
  let lowest = Infinity
  for (let i = start; i < steps.length; i++) lowest = Math.min(lowest, values[i]!)
  const fall = values[start]! - lowest
  if (!(fall >= phaseThresholds.fall * values[start]!)) return undefined
  for (let i = start; i < steps.length; i++) {
    if (values[start]! - values[i]! >= phaseThresholds.fallen * fall) return steps[i]
  }
  return undefined
}
