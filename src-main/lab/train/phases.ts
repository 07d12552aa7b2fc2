/**
 * The phases of a training run, from what every run measures: accuracy on the training and test sets and weight norm.
 *
 *   memorization       train accuracy reaches 0.9 while test accuracy is still below 0.2; lasts until test reaches 0.2
 *   circuit-formation  from there (or from step 0, if test rises before train is fitted) until test reaches 0.9
 *   cleanup            from there until the weight norm has made 95 % of its further fall; absent if that is under 5 %
 *
 * The names are those of arXiv:2301.05217 §5, which tells the phases apart by restricted and excluded loss. Accuracies
 * see less: a circuit that forms below the memorizing solution shows here only when it begins to win. A run that ends
 * inside a phase ends that phase; a run that never fits its training set and never generalizes has none.
 */
export interface PhaseSeries {
  readonly steps: ArrayLike<number>
  readonly values: ArrayLike<number>
}

export interface RunSeries {
  readonly train: PhaseSeries
  readonly test: PhaseSeries
  readonly weightNorm?: PhaseSeries | undefined
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
} as const

export function findPhases({ train, test, weightNorm }: RunSeries): readonly FoundPhase[] {
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

function firstReaching({ steps, values }: PhaseSeries, threshold: number): number | undefined {
  for (let i = 0; i < steps.length; i++) if (values[i]! >= threshold) return steps[i]
  return undefined
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
