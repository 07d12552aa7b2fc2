/** What can be done to the weights of a checkpoint as a whole: rewriting them in equal form, and handing them on. */
import { z } from 'zod'
import { At } from './interpret'
import { call } from './rpc'
import { RunId } from './runs'

const StepId = z.string().max(40)

export const WeightStep = z.object({
  id: StepId,
  title: z.string(),
  help: z.string(),
  /** Why it cannot be done to these weights; absent when it can. */
  refusal: z.string().optional(),
})
export type WeightStep = z.infer<typeof WeightStep>

export const copies = {
  /** The steps of lab/models/components/weight-processing.ts, in the order in which they are usually done. */
  steps: call(At, z.array(WeightStep)),
  /** A run made of this checkpoint with the steps done in the order given. */
  saveProcessed: call(
    At.extend({ steps: z.array(StepId).min(1).max(8), name: z.string().min(1).max(120) }),
    z.object({
      runId: RunId,
      /** By how much log-probabilities on random tokens differ at most, in nats. */
      largestDifference: z.number(),
    }),
  ),
  /**
   * Writes model.safetensors, config.json and the Python that loads them into a folder: one that a person chooses where the
   * shell has dialogs, else one in the workspace. Undefined when the dialog was dismissed.
   */
  export: call(At, z.object({ folder: z.string().optional() })),
} as const
