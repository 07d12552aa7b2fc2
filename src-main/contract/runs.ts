/**
 * Runs, their checkpoints and their measurements: what the library, the scrubber and the Training view show.
 */
import { z } from 'zod'
import { call, stream } from './rpc'
import { Frame } from './frames'
import { maskScores, runStates, splits, startUses } from './words'

export const RunId = z.string().min(1).max(64)
export const Step = z.number().int().nonnegative()
export const SettingValue = z.union([z.number(), z.string(), z.boolean()])
export const SettingValues = z.record(z.string(), SettingValue)

export { runStates, splits }
export type Split = (typeof splits)[number]

export const RunState = z.enum(runStates)
export type RunState = z.infer<typeof RunState>

/** A run that starts from weights drawn from its seed. */
export const DenseSpec = z.object({
  task: z.object({ id: z.string(), settings: SettingValues }),
  model: z.object({ id: z.string(), settings: SettingValues }),
  optimizer: z.object({ id: z.string(), settings: SettingValues }),
  loss: z.object({ id: z.string(), settings: SettingValues }),
  /** Steps, batch size, checkpoint and measurement schedule, early stop (fields: lab/train/schedule.ts). */
  schedule: SettingValues,
  seed: z.number().int().nonnegative(),
})
export type DenseSpec = z.infer<typeof DenseSpec>

/** How a run begins where another has been: a mask made from its weights, and the weights the survivors go back to. */
export const RunStart = z.object({
  parent: DenseSpec,
  use: z.enum(startUses),
  score: z.enum(maskScores),
  /** Step of the parent at which the mask is taken. */
  step: Step,
  /** Share of zeros among the weights that can be pruned, 0-1. */
  sparsity: z.number().min(0).lt(1),
  /** Step of the parent whose weights it begins with. */
  rewindStep: Step,
  /** Of a `given` mask, which no specification can make again: hash over its arrays. */
  maskHash: z.string().optional(),
})
export type RunStart = z.infer<typeof RunStart>

/** What a run is made of: ids of declarations and their complete settings. Equal specifications train equally. */
export const RunSpec = DenseSpec.extend({ start: RunStart.optional() })
export type RunSpec = z.infer<typeof RunSpec>

export const Phase = z.object({
  /** memorization, circuit-formation, cleanup, … as the probe that found it names it. */
  name: z.string(),
  fromStep: Step,
  toStep: Step,
})
export type Phase = z.infer<typeof Phase>

export const Run = z.object({
  id: RunId,
  name: z.string(),
  state: RunState,
  /** Where the settings came from; absent for a run set up by hand. */
  recipe: z.object({ id: z.string(), arm: z.string(), scale: z.string() }).optional(),
  /** For a run that starts from another's weights (pruned checkpoint, ticket): which, and what was done. */
  parent: z
    .object({
      runId: RunId,
      step: Step,
      how: z.string(),
      /** The mask it is trained under, or was scaled by. */
      maskId: z.string().optional(),
    })
    .optional(),
  spec: RunSpec,
  tags: z.array(z.string()),
  createdMs: z.number(),
  /** Last step trained and stored, and the step the schedule ends at. */
  step: Step,
  lastStep: Step,
  checkpointCount: z.number().int(),
  sizeBytes: z.number(),
  /** Backend and versions that trained it. */
  madeWith: z.string(),
  /** Why it stopped, when it did not finish. */
  failure: z.object({ code: z.string(), message: z.string() }).optional(),
  /** Train and test accuracy, down-sampled to at most 60 points, for the library's sparkline. */
  spark: z.object({ train: Frame, test: Frame }).optional(),
})
export type Run = z.infer<typeof Run>

export const Checkpoint = z.object({
  step: Step,
  sizeBytes: z.number(),
  /** Hash over the names and contents of the parameters: equal weights, equal hash. */
  hash: z.string(),
  hasOptimizerState: z.boolean(),
  /** Probe values measured at this step, by probe series id (`accuracy.test`, …); absent where not measured. */
  values: z.record(z.string(), z.number()),
})
export type Checkpoint = z.infer<typeof Checkpoint>

/** One measured series; `steps` and `values` have equal length and ascending steps. */
export const Series = z.object({
  /** `probe` or `probe.part`: `loss.train`, `accuracy.trainCorrupted`, `weight-norm`. */
  id: z.string(),
  title: z.string(),
  unit: z.string(),
  steps: Frame,
  values: Frame,
})
export type Series = z.infer<typeof Series>

export const runs = {
  list: call(z.object({}), z.array(Run)),
  show: call(z.object({ runId: RunId }), Run),
  /** A new run from complete or partial settings; missing ones take their defaults. Starts a training job. */
  start: call(
    z.object({
      name: z.string().min(1).max(120),
      spec: RunSpec,
      recipe: z.object({ id: z.string(), arm: z.string(), scale: z.string() }).optional(),
      tags: z.array(z.string()).optional(),
    }),
    z.object({ runId: RunId, jobId: z.string() }),
  ),
  /** Continues an interrupted, paused, cancelled or failed run from its last checkpoint, or lengthens a finished one. */
  resume: call(z.object({ runId: RunId, lastStep: Step.optional() }), z.object({ jobId: z.string() })),
  rename: call(z.object({ runId: RunId, name: z.string().min(1).max(120) }), Run),
  tag: call(z.object({ runId: RunId, tags: z.array(z.string().min(1).max(40)).max(20) }), Run),
  /** Hides the run; `restore` brings it back until the project is closed, when hidden runs are deleted. */
  remove: call(z.object({ runId: RunId }), z.object({})),
  restore: call(z.object({ runId: RunId }), Run),
  checkpoints: call(z.object({ runId: RunId }), z.array(Checkpoint)),
  /** All series of a run, or those named. */
  measurements: call(z.object({ runId: RunId, series: z.array(z.string()).optional() }), z.array(Series)),
  phases: call(z.object({ runId: RunId }), z.array(Phase)),
  /** One event now and one after each change of any run: states, steps, new checkpoints and measurements. */
  follow: stream(z.object({}), z.object({ changed: z.array(RunId), removed: z.array(RunId) }), 'every'),
} as const
