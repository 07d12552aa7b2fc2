/**
 * Grokking tickets as an experiment on a run: masks taken from its checkpoints are put back onto its earlier weights and
 * trained again, beside every control, over several seeds.
 *
 * An experiment is a list of arms; each arm is trained once a seed. Its dense run is the experiment's run itself for that
 * run's seed, and its specification with another seed otherwise. t_mem and t_gen are the first measured steps at which
 * train and test accuracy reach the threshold, counted from the arm's own step 0; tau is t_gen / t_mem.
 * Source: arXiv:2310.19470.
 */
import { z } from 'zod'
import { Frame } from './frames'
import { Provenance } from './interpret'
import { call, stream } from './rpc'
import { RunId, RunState, Step } from './runs'
import { maskScores, startUses, ticketControls, ticketDecays, ticketEvents } from './words'

export { maskScores, startUses, ticketControls, ticketDecays, ticketEvents }
export const MaskScore = z.enum(maskScores)
export type MaskScore = z.infer<typeof MaskScore>
export const StartUse = z.enum(startUses)
export type StartUse = z.infer<typeof StartUse>
export const TicketControl = z.enum(ticketControls)
export type TicketControl = z.infer<typeof TicketControl>
export const TicketDecay = z.enum(ticketDecays)
export type TicketDecay = z.infer<typeof TicketDecay>

export const ExperimentId = z.string().min(1).max(64)
export const MaskId = z.string().min(1).max(64)
/** Share of zeros, 0 to 1. The paper's code counts the share kept. */
export const Sparsity = z.number().min(0).lt(1)

/**
 * When in the dense run a mask is taken. Each is resolved in every seed's own dense run, to its nearest checkpoint at or
 * after that moment; a share is of t_gen.
 */
export const TicketMoment = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('event'), event: z.enum(ticketEvents) }),
  z.object({ kind: z.literal('share'), share: z.number().positive().max(10) }),
  z.object({ kind: z.literal('step'), step: Step }),
])
export type TicketMoment = z.infer<typeof TicketMoment>

/** What an experiment is asked for. Every combination of moment, score and sparsity is an arm, and so is every control. */
export const TicketPlan = z.object({
  /** The dense run whose tickets are wanted; one that was trained here from a specification of its own. */
  runId: RunId,
  name: z.string().min(1).max(120),
  moments: z.array(TicketMoment).max(12),
  /** Scores of tickets taken at the moments; `given` is not among them. */
  scores: z.array(MaskScore).max(8),
  /** The first is the one that controls have. */
  sparsities: z.array(Sparsity).min(1).max(12),
  /** Stored masks of this run, each an arm. */
  maskIds: z.array(MaskId).max(12),
  controls: z.array(TicketControl).max(ticketControls.length),
  /** Whose weights the survivors go back to; 0 is initialization. Stored steps only. */
  rewindStep: Step,
  seeds: z.array(z.number().int().min(0).max(2 ** 32 - 1)).min(1).max(10),
  /** Every arm is trained with each. */
  decays: z.array(z.enum(ticketDecays)).min(1).max(2),
  /** Accuracy that counts as fitted, 0 to 1. */
  threshold: z.number().min(0.01).max(1),
  /** Steps after which an arm that has not generalized is given up; dense arms get those of the run. */
  steps: z.number().int().min(1).max(10_000_000),
})
export type TicketPlan = z.infer<typeof TicketPlan>

export const TicketArm = z.object({
  /** `magnitude at generalized, 60 %, no decay`: unique within the experiment. */
  id: z.string(),
  title: z.string(),
  kind: z.enum(['dense', 'ticket', 'control']),
  decay: z.enum(ticketDecays),
  /** Absent for a dense run from its own initialization. */
  start: z
    .object({
      use: StartUse,
      score: MaskScore,
      at: TicketMoment,
      sparsity: Sparsity,
      rewindStep: Step,
      maskId: MaskId.optional(),
    })
    .optional(),
})
export type TicketArm = z.infer<typeof TicketArm>

/** One arm with one seed. What is not known yet, or never came, is absent. */
export const TicketRun = z.object({
  seed: z.number().int(),
  /** `waiting` until the dense run it departs from has come far enough. */
  state: z.enum(['waiting', ...RunState.options]),
  runId: RunId.optional(),
  maskId: MaskId.optional(),
  /** Step of the dense run at which its mask was taken. */
  maskStep: Step.optional(),
  step: Step,
  lastStep: Step,
  tMem: Step.optional(),
  tGen: Step.optional(),
  /** First measured step with test accuracy of at least 95 and 99 %. */
  to95: Step.optional(),
  to99: Step.optional(),
  tau: z.number().optional(),
  /** Dense t_gen over this run's, of the same seed and decay. */
  speedUp: z.number().optional(),
  trainAccuracy: z.number().optional(),
  testAccuracy: z.number().optional(),
  /** Why it has no result, in words. */
  failure: z.object({ code: z.string(), message: z.string() }).optional(),
})
export type TicketRun = z.infer<typeof TicketRun>

/**
 * A positive quantity over seeds: geometric mean, and the 95 % interval of Student's t over its logarithms. Seeds that
 * never got there are counted in `of` only.
 */
export const TicketEstimate = z.object({
  mean: z.number().optional(),
  /** Ends of the interval; absent with fewer than two seeds. */
  low: z.number().optional(),
  high: z.number().optional(),
  count: z.number().int(),
  of: z.number().int(),
})
export type TicketEstimate = z.infer<typeof TicketEstimate>

export const TicketArmState = z.object({
  arm: TicketArm,
  runs: z.array(TicketRun),
  tMem: TicketEstimate,
  tGen: TicketEstimate,
  to95: TicketEstimate,
  to99: TicketEstimate,
  tau: TicketEstimate,
  speedUp: TicketEstimate,
})
export type TicketArmState = z.infer<typeof TicketArmState>

/** `interrupted`: the program was closed meanwhile; `resume` goes on with it. */
export const ExperimentState = z.enum(['running', 'finished', 'cancelled', 'failed', 'interrupted'])

export const TicketCard = z.object({
  id: ExperimentId,
  name: z.string(),
  runId: RunId,
  createdMs: z.number(),
  state: ExperimentState,
  armCount: z.number().int(),
  seedCount: z.number().int(),
})
export type TicketCard = z.infer<typeof TicketCard>

export const TicketExperiment = TicketCard.extend({
  plan: TicketPlan,
  arms: z.array(TicketArmState),
  /** While it is running. */
  jobId: z.string().optional(),
  failure: z.object({ code: z.string(), message: z.string() }).optional(),
  how: Provenance,
})
export type TicketExperiment = z.infer<typeof TicketExperiment>

/** One measured series of an arm over its seeds: all frames are [step]. */
export const TicketCurve = z.object({
  armId: z.string(),
  steps: Frame,
  mean: Frame,
  /** Lowest and highest over the seeds that were measured at the step. */
  low: Frame,
  high: Frame,
  /** Number of those seeds. */
  count: Frame,
})
export type TicketCurve = z.infer<typeof TicketCurve>

export const tickets = {
  /** The arms a plan comes to and what they cost at most; says what is wrong with it instead of failing. */
  plan: call(
    TicketPlan,
    z.object({
      arms: z.array(TicketArm),
      /** Trainings still to do, and their steps together at most. */
      runCount: z.number().int(),
      steps: z.number().int(),
      complaints: z.array(z.object({ path: z.string(), message: z.string() })),
    }),
  ),
  /** Starts all arms over all seeds as one job. SETTING_INVALID with the first complaint. */
  start: call(TicketPlan, z.object({ experimentId: ExperimentId, jobId: z.string() })),
  /** Goes on with an experiment that was interrupted, cancelled or failed; finished arms stay as they are. */
  resume: call(z.object({ experimentId: ExperimentId }), z.object({ jobId: z.string() })),
  /** Newest first; of one run, or of all. */
  list: call(z.object({ runId: RunId.optional() }), z.array(TicketCard)),
  /** The experiment now and after each change, at most four times a second; ends when the reader leaves. */
  follow: stream(z.object({ experimentId: ExperimentId }), TicketExperiment, 'latest'),
  /** A series of every arm that has measured it: `accuracy.test`, `weight-norm`. */
  curves: call(z.object({ experimentId: ExperimentId, series: z.string().max(100) }), z.array(TicketCurve)),
  /** Forgets the experiment; its runs and masks stay. */
  remove: call(z.object({ experimentId: ExperimentId }), z.object({})),
} as const
