/**
 * Patching activations between a clean and a corrupted run: sweeps over a grid of sites, exact and estimated, chosen
 * sites together, and paths from heads to receivers. lab/interpret/activation-patching.ts and its neighbours define them.
 */
import { z } from 'zod'
import { Frame } from './frames'
import { inputSplits } from './inputs'
import { At, Provenance } from './interpret'
import { call, stream } from './rpc'
import { patchDirections, patchGrids, patchMetrics, siteKinds } from './words'

export { patchDirections, patchGrids, patchMetrics, siteKinds }
export const PatchDirection = z.enum(patchDirections)
export type PatchDirection = z.infer<typeof PatchDirection>
export const PatchMetric = z.enum(patchMetrics)
export type PatchMetric = z.infer<typeof PatchMetric>
export const SiteKind = z.enum(siteKinds)
export type SiteKind = z.infer<typeof SiteKind>
export const PatchGrid = z.enum(patchGrids)
export type PatchGrid = z.infer<typeof PatchGrid>

export const Index = z.number().int().nonnegative()

/** Examples of the run's own task, each with a partner drawn from the same split by the seed. */
export const TaskPairs = z.object({
  kind: z.literal('task'),
  split: z.enum(inputSplits),
  count: z.number().int().min(1).max(1024),
  seed: z.number().int().min(0).max(2 ** 32 - 1),
})

/** Prompts from elsewhere, as tokens; contract/prompts.ts answers in this form. */
export const GivenPairs = z.object({
  kind: z.literal('given'),
  /** What a person calls them; goes into the provenance. */
  title: z.string().max(200),
  /** [pair, pos], int32. */
  clean: Frame,
  corrupted: Frame,
  /** [pair, pos], uint8: 0 for padding, in both prompts of a pair. */
  mask: Frame.optional(),
  /** Position at which the answer is read: [pair], int32. */
  answerPos: Frame,
  /** Right and wrong classes, -1 where a pair has fewer: [pair, answer], int32. */
  answers: Frame,
  wrong: Frame,
})

export const PairSource = z.discriminatedUnion('kind', [TaskPairs, GivenPairs])
export type PairSource = z.infer<typeof PairSource>

/** Classes that count as right and as wrong in every pair, in place of the pairs' own. */
export const AnswerSet = z.object({ right: z.array(Index).min(1).max(4096), wrong: z.array(Index).min(1).max(4096) })
export type AnswerSet = z.infer<typeof AnswerSet>

/** What every patching is told. */
export const patchTerms = {
  source: PairSource,
  direction: PatchDirection,
  metric: PatchMetric,
  answerSet: AnswerSet.optional(),
}

export const PatchSite = z.object({ hook: z.string().max(100), head: Index.optional(), pos: Index.optional() })
export type PatchSite = z.infer<typeof PatchSite>

export const sweepTerms = {
  ...patchTerms,
  kind: SiteKind,
  grid: PatchGrid,
  /** Whether attribution patching of the same cells is wanted beside it; without, it is not. */
  estimates: z.boolean().optional(),
}

export const Receiver = z.object({ kind: z.enum(['q', 'k', 'v', 'mlp']), layer: Index, head: Index.optional() })
export type Receiver = z.infer<typeof Receiver>

export const pathTerms = {
  ...patchTerms,
  receivers: z.union([z.literal('logits'), z.array(Receiver).min(1).max(256)]),
  /** Whether MLPs between sender and receivers are held at the base run; the paper computes them anew. */
  freezesMlps: z.boolean(),
  /** Position at which the sender is patched; every one when absent. */
  senderPos: Index.optional(),
}

/** The pairs themselves and the network they are for. */
export const PatchPairs = z.object({
  count: Index,
  /** [pair, pos] */
  clean: Frame,
  corrupted: Frame,
  mask: Frame.optional(),
  answerPos: Frame,
  /** [pair, answer], -1 where a pair has fewer. */
  answers: Frame,
  wrong: Frame,
  /** The distinct tokens and classes among them, ascending: [token], and what a person reads for each. */
  ids: Frame,
  texts: z.array(z.string()),
  layers: Index,
  heads: Index,
  /** Kinds of sites this network has. */
  kinds: z.array(SiteKind),
})
export type PatchPairs = z.infer<typeof PatchPairs>

/** First-order estimates of a sweep's cells by attribution patching, and how well they agree with it. */
export const PatchEstimate = z.object({
  /** On the sweep's axes. */
  values: Frame,
  /** Absent until the sweep is whole. */
  agreement: z
    .object({
      /** Rank correlation of the effects, -1 to 1; absent where nothing varies. */
      spearman: z.number().optional(),
      /** Share, 0-1, of the `topCount` largest effects that are among as many largest estimates. */
      topOverlap: z.number(),
      topCount: Index,
    })
    .optional(),
  how: Provenance,
})
export type PatchEstimate = z.infer<typeof PatchEstimate>

/** A sweep as far as it is known: whole when `done` is `total`. */
export const PatchSweep = z.object({
  axes: z.array(z.enum(['layer', 'head', 'pos'])).readonly(),
  /** Mean over pairs of the metric with each cell patched, on `axes`; NaN where it is not known yet. */
  values: Frame,
  done: Index,
  total: Index,
  /** Mean metric of the clean and of the corrupted run. */
  clean: z.number(),
  corrupted: z.number(),
  estimate: PatchEstimate.optional(),
  /** Why there is no estimate though one was asked for. */
  noEstimate: z.string().optional(),
  how: Provenance,
})
export type PatchSweep = z.infer<typeof PatchSweep>

/** The metric of every pair; frames are [pair]. */
export const PatchedPairs = z.object({
  clean: Frame,
  corrupted: Frame,
  patched: Frame,
  /** Which of the sites changed no activation in any pair, by place in the list. */
  unchanged: z.array(Index),
  how: Provenance,
})
export type PatchedPairs = z.infer<typeof PatchedPairs>

export const patching = {
  /** MODEL_UNSUITABLE for a network without attention. */
  pairs: call(At.extend({ source: PairSource }), PatchPairs),
  /** Every cell of a grid, patched by itself; sent as it grows. */
  sweep: stream(At.extend(sweepTerms), PatchSweep, 'latest'),
  /** Sites patched together, pair by pair. */
  sites: call(At.extend({ ...patchTerms, sites: z.array(PatchSite).max(256) }), PatchedPairs),
  /** From every head to the receivers; sent as it grows, on layer × head of the sender. */
  path: stream(At.extend(pathTerms), PatchSweep, 'latest'),
  /** What a head attends to in the clean run of one pair, or on average over all: [query_pos, key_pos]. */
  pattern: call(
    At.extend({ source: PairSource, layer: Index, head: Index, pair: Index.optional() }),
    z.object({ pattern: Frame, how: Provenance }),
  ),
} as const
