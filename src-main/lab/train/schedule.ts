/**
 * When a run ends, measures and checkpoints.
 *
 * Steps are optimizer steps; step 0 is the untrained network. Step 0 and the last step are always measured and
 * checkpointed, and every checkpoint is also measured, so that a checkpoint has values to show.
 */
import { choice, integer, number, type SettingValues, type ValuesOf } from '../../base/settings'
import { fittedAccuracy } from './moments'

export const scheduleFields = {
  steps: integer({
    title: 'Steps',
    help: 'Optimizer steps until the run ends. A finished run can be lengthened.',
    default: 600,
    min: 0,
    max: 10_000_000,
  }),
  batchSize: integer({
    title: 'Batch size',
    help: 'Examples per step, drawn without repetition until the training set is used up; 0 takes all of them each step.',
    default: 0,
    min: 0,
    max: 1_000_000,
    unit: 'examples',
  }),
  measureEvery: integer({
    title: 'Measure every',
    help: 'Steps between measurements. Each one evaluates every example; small values slow training down.',
    default: 10,
    min: 1,
    max: 1_000_000,
    unit: 'steps',
  }),
  checkpointSpacing: choice({
    title: 'Checkpoint spacing',
    help: 'Even: every so many steps. Log: ever rarer, which shows early and late training equally well.',
    choices: ['even', 'log'],
    default: 'even',
  }),
  checkpointEvery: integer({
    title: 'Checkpoint every',
    help: 'Steps between checkpoints with even spacing; 0 keeps the first and the last only.',
    default: 50,
    min: 0,
    max: 10_000_000,
    unit: 'steps',
  }),
  checkpointCount: integer({
    title: 'Checkpoint count',
    help: 'Checkpoints with log spacing, from step 1 to the last; early ones that fall on the same step count once.',
    default: 30,
    min: 1,
    max: 10_000,
  }),
  checkpointOnEvent: choice({
    title: 'Checkpoint on event',
    help:
      'One more checkpoint when measured test accuracy first reaches 50, 90 and 99 %. Moments: when train and test accuracy ' +
      'reach 95 %, and test accuracy half of that and 99 %, which is where tickets are taken.',
    choices: ['never', 'testAccuracy', 'moments'],
    default: 'never',
  }),
  keepOptimizerState: choice({
    title: 'Keep optimizer state',
    help: 'Last: training can go on from the newest checkpoint only. All: from any, at about three times the size.',
    choices: ['last', 'all'],
    default: 'last',
  }),
  stopWhen: choice({
    title: 'Stop early',
    help: 'Ends the run before its last step when measured test accuracy reaches the threshold.',
    choices: ['never', 'testAccuracy'],
    default: 'never',
  }),
  stopThreshold: number({
    title: 'Stop threshold',
    help: 'Test accuracy at which the run ends, from 0 to 1.',
    default: 0.99,
    min: 0,
    max: 1,
  }),
} as const

export type Schedule = ValuesOf<typeof scheduleFields>

/** Accuracies whose first crossing makes a checkpoint, by setting; moments.ts names those of `moments`. */
export const eventAccuracies: Readonly<Record<Schedule['checkpointOnEvent'], { readonly train: readonly number[]; readonly test: readonly number[] }>> = {
  never: { train: [], test: [] },
  testAccuracy: { train: [], test: [0.5, 0.9, 0.99] },
  moments: { train: [fittedAccuracy], test: [fittedAccuracy / 2, fittedAccuracy, 0.99] },
}

/** A schedule laid out for a run that ends at `lastStep`. */
export interface Timetable {
  readonly lastStep: number
  isMeasured(step: number): boolean
  isCheckpointed(step: number): boolean
}

export function timetableOf(schedule: Schedule, lastStep = schedule.steps): Timetable {
  const { checkpointSpacing, checkpointEvery, checkpointCount, measureEvery } = schedule
  const logSteps = new Set(checkpointSpacing === 'log' ? logSpaced(lastStep, checkpointCount) : [])

  function isCheckpointed(step: number): boolean {
    if (step === 0 || step === lastStep) return true
    if (checkpointSpacing === 'log') return logSteps.has(step)
    return checkpointEvery > 0 && step % checkpointEvery === 0
  }

  return {
    lastStep,
    isCheckpointed,
    isMeasured: (step) => step % measureEvery === 0 || isCheckpointed(step),
  }
}

/** Up to `count` distinct steps from 1 to `last`, each about the same factor beyond the one before. */
export function logSpaced(last: number, count: number): readonly number[] {
  if (last < 1) return []
  if (count === 1) return [last]
  const steps = Array.from({ length: count }, (_, i) => Math.round(last ** (i / (count - 1))))
  return [...new Set(steps)]
}

/** The schedule inside a setup, whose values were checked against the fields. */
export function scheduleOf(values: SettingValues): Schedule {
  return values as Schedule // resolve-setup checked them
}
