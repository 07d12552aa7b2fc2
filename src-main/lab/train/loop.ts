/**
 * The training loop.
 *
 *   state 0 -> measure, checkpoint -> (step -> measure? -> checkpoint?)* -> measure, checkpoint
 *
 * 1. Everything that decides the result is in the setup and the state: resuming from a checkpoint at step k computes the
 *    same bits as not stopping, on one backend.
 * 2. Measuring draws no random numbers and changes no state, so how often one measures does not change the result.
 * 3. Between steps the loop passes the gate (pause), looks at the signal (cancel) and from time to time lets other work
 *    of the process run. A cancelled run writes a checkpoint of where it stopped.
 * 4. A run that starts from weights made elsewhere (under a mask, rewound, scaled) is given them as its state at step 0;
 *    it is measured there like any other.
 * 5. A loss that is not finite ends the run with the step, the batch and the first activation that is not finite; the
 *    state before that step is checkpointed.
 */
import { err, ok, type Result } from '../../base/result'
import { createRng } from '../../base/rng'
import type { ArraysByName } from '../models/model'
import { seriesId, type ProbeContext } from '../probes/probe'
import { createBatches, type Batches } from './batches'
import type { TrainingSink } from './checkpoint-sink'
import { allLogits, evaluate, lossOfArrays, type Evaluation, type Evaluator } from './evaluation'
import { createLearner, type Learner } from './learner'
import { eventAccuracies, scheduleOf, timetableOf } from './schedule'
import type { Setup } from './setup'
import type { TrainingState } from './training-state'

export interface TrainOptions {
  /** Where to go on; a fresh state at step 0 if absent. */
  readonly from?: TrainingState
  /** Weights that are trained, 1, and those that stay zero, 0; parameters it does not name are trained whole. */
  readonly mask?: ArraysByName
  /** Overrides the schedule's number of steps, to stop sooner or to lengthen a run. */
  readonly lastStep?: number
  readonly sink: TrainingSink
  readonly signal: AbortSignal
  /** Awaited before each step; pending while the run is paused. An abort ends the wait. */
  readonly gate?: () => Promise<void>
  /** Longest time the loop keeps other work of this process waiting, beyond one step. Default 20. */
  readonly yieldEveryMs?: number
}

export type TrainFailure = 'CANCELLED' | 'LOSS_NOT_FINITE'

/** The state that a run with this setup starts from: step 0, weights drawn from the seed. */
export function initialState({ model, modelSettings, dataset, seed }: Setup): TrainingState {
  const rng = createRng(seed)
  // The settings in a setup were checked against the model's fields.
  const { params, buffers } = model.init(modelSettings as never, dataset, rng.fork('init'))
  return {
    step: 0,
    params,
    buffers,
    slots: {},
    rng: rng.fork('dropout').state(),
    cursor: { epoch: 0, offset: 0, orderRng: rng.fork('order').state() },
  }
}

export async function train(setup: Setup, options: TrainOptions): Promise<Result<TrainingState, TrainFailure>> {
  const state = options.from ?? initialState(setup)
  const learner = createLearner(setup, state, options.mask)
  const batches = createBatches(setup.dataset, scheduleOf(setup.schedule).batchSize, state.cursor)
  try {
    return await runSteps(setup, options, { learner, batches, startStep: state.step })
  } finally {
    learner.dispose()
    batches.dispose()
  }
}

interface Machine {
  readonly learner: Learner
  readonly batches: Batches
  readonly startStep: number
}

async function runSteps(
  setup: Setup,
  { from, lastStep, sink, signal, gate, yieldEveryMs = 20 }: TrainOptions,
  { learner, batches, startStep }: Machine,
): Promise<Result<TrainingState, TrainFailure>> {
  const schedule = scheduleOf(setup.schedule)
  const timetable = timetableOf(schedule, lastStep)
  const breathe = createBreather(yieldEveryMs)
  const pass = createPassage(gate, signal)
  const measurer = createMeasurer(setup, learner)
  let step = startStep
  let checkpointed = from?.step

  const snapshot = (): TrainingState => ({ step, ...learner.snapshot(), cursor: batches.cursor() })
  async function checkpoint(isExtra = false): Promise<void> {
    if (checkpointed === step) return
    await sink.checkpoint(snapshot(), isExtra)
    checkpointed = step
  }
  async function record(gradientNorm?: number): Promise<{ readonly isEnd: boolean }> {
    const isMeasured = timetable.isMeasured(step)
    const measured = isMeasured ? measurer.measure(step, gradientNorm) : undefined
    if (measured) await sink.measured(step, measured.values)
    const isEvent = measured !== undefined && measurer.crosses(measured.accuracies)
    const isEnd = schedule.stopWhen === 'testAccuracy' && measured !== undefined && measured.accuracies.test >= schedule.stopThreshold
    if (isEvent || isEnd || timetable.isCheckpointed(step)) await checkpoint()
    else if (sink.isExtraDue?.()) await checkpoint(true)
    return { isEnd }
  }

  if (startStep === 0) await record()
  else if (schedule.checkpointOnEvent !== 'never') measurer.crosses(measurer.accuracies())
  while (step < timetable.lastStep) {
    await pass()
    await breathe()
    if (signal.aborted) {
      await checkpoint()
      return err('CANCELLED', `training was cancelled at step ${step}`, { step })
    }
    const batch = batches.current()
    const outcome = learner.learn(batch, step + 1, { wantsGradientNorm: timetable.isMeasured(step + 1) })
    if (!Number.isFinite(outcome.loss)) {
      const where = learner.firstNonFinite(batch)
      await checkpoint()
      return lossNotFinite({ loss: outcome.loss, step: step + 1, batch: batch.name, where })
    }
    step++
    batches.advance()
    const { isEnd } = await record(outcome.gradientNorm)
    sink.progress(step)
    if (isEnd) break
  }
  return ok(snapshot())
}

function lossNotFinite(at: {
  readonly loss: number
  readonly step: number
  readonly batch: string
  readonly where: string
}): Result<never, 'LOSS_NOT_FINITE'> {
  const message = `loss is ${at.loss} at step ${at.step} on ${at.batch}; first non-finite: ${at.where}`
  return err('LOSS_NOT_FINITE', message, { step: at.step, batch: at.batch, first: at.where })
}

/** Waits at the gate, but not beyond an abort: a cancelled run must end though nobody opens its gate. */
function createPassage(gate: TrainOptions['gate'], signal: AbortSignal): () => Promise<void> {
  if (!gate) return () => Promise.resolve()
  let wake = (): void => {}
  signal.addEventListener('abort', () => wake(), { once: true })
  return () =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return resolve()
      wake = resolve
      gate().then(resolve, reject)
    })
}

/** Lets other work of the process run once every `everyMs`. */
function createBreather(everyMs: number): () => Promise<void> {
  let last = performance.now()
  return async () => {
    if (performance.now() - last < everyMs) return
    await new Promise((resolve) => setImmediate(resolve))
    last = performance.now()
  }
}

interface Measured {
  readonly values: Readonly<Record<string, number>>
  readonly accuracies: FittedShares
}

interface FittedShares {
  readonly train: number
  readonly test: number
}

interface Measurer {
  measure(step: number, gradientNorm: number | undefined): Measured
  accuracies(): FittedShares
  /** Whether one of them passes a threshold of the schedule's events that none before it reached. */
  crosses(accuracies: FittedShares): boolean
}

function createMeasurer({ dataset, loss, lossSettings, probes, schedule }: Setup, learner: Learner): Measurer {
  const events = eventAccuracies[scheduleOf(schedule).checkpointOnEvent]
  const reached = { train: 0, test: 0 }
  const evaluator: Evaluator = {
    logitsOf: (tokens) => learner.logitsOf(tokens),
    // The settings in a setup were checked against the loss's fields.
    lossOf: (logits, labels) => loss.measure(lossSettings as never, logits, labels),
  }
  const evaluation = (): Evaluation => evaluate(dataset, evaluator)

  return {
    measure(step, gradientNorm) {
      const evaluated = once(evaluation)
      const ctx: ProbeContext = {
        step,
        dataset,
        params: once(() => learner.params()),
        evaluation: () => evaluated().splits,
        logitScale: () => evaluated().logitScale,
        logits: once(() => allLogits(dataset, evaluator)),
        lossOf: (logits, labels) => lossOfArrays(evaluator, logits, labels),
        record: (tokens, names) => learner.record(tokens, names),
        gradientNorm: () => gradientNorm,
      }
      const values: Record<string, number> = {}
      for (const probe of probes) {
        for (const [part, value] of Object.entries(probe.measure(ctx))) values[seriesId(probe, part)] = value
      }
      return { values, accuracies: fittedShares(evaluated()) }
    },
    accuracies: () => fittedShares(evaluation()),
    crosses(accuracies) {
      let isNew = false
      for (const set of ['train', 'test'] as const) {
        const passed = events[set].filter((threshold) => accuracies[set] >= threshold).length
        isNew ||= passed > reached[set]
        reached[set] = Math.max(reached[set], passed)
      }
      return isNew
    },
  }
}

function fittedShares({ splits: { train, test } }: Evaluation): FittedShares {
  return { train: train.accuracy, test: test.accuracy }
}

function once<T>(compute: () => T): () => T {
  let kept: { readonly value: T } | undefined
  return () => (kept ??= { value: compute() }).value
}
