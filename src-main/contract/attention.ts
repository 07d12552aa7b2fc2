/** What attention heads look at, and the scores that name them. Inputs may be one example or many; many are averaged. */
import { z } from 'zod'
import { Frame } from './frames'
import { Inputs } from './inputs'
import { At, Provenance } from './interpret'
import { call } from './rpc'
import { attentionKinds, headScoreIds } from './words'

export { attentionKinds, headScoreIds }
export const AttentionKind = z.enum(attentionKinds)
export type AttentionKind = z.infer<typeof AttentionKind>
export const HeadScoreId = z.enum(headScoreIds)
export type HeadScoreId = z.infer<typeof HeadScoreId>

/** The tokens of one example as a person reads them, by position. */
export const TokenTexts = z.array(z.string()).max(65536)

/** How many examples there are to choose from; absent where inputs are drawn or given. */
export const Available = z.number().int().optional()

export const PatternArgs = z.object({ inputs: Inputs, kind: AttentionKind })

/** All heads, small. Cells that no query may look at, or that are padding in every sequence, are NaN. */
export const Patterns = z.object({
  /** [layer, head, query_pos, key_pos], the mean over the sequences. */
  patterns: Frame,
  /** Positions a side of one cell: 1 where all are there, else a cell is the one of its positions farthest from zero. */
  pooled: z.number().int().positive(),
  /** Positions of a sequence before pooling. */
  length: z.number().int(),
  /** Sequences averaged. */
  count: z.number().int(),
  available: Available,
  /** Of a single sequence. */
  tokens: TokenTexts.optional(),
  how: Provenance,
})
export type Patterns = z.infer<typeof Patterns>

export const HeadArgs = PatternArgs.extend({ layer: z.number().int().nonnegative(), head: z.number().int().nonnegative() })

/** One head, whole. */
export const HeadPattern = z.object({
  layer: z.number().int(),
  head: z.number().int(),
  /** [query_pos, key_pos], the mean over the sequences; NaN as above. */
  pattern: Frame,
  count: z.number().int(),
  available: Available,
  tokens: TokenTexts.optional(),
  how: Provenance,
})
export type HeadPattern = z.infer<typeof HeadPattern>

export const ScoreArgs = z.object({
  /** Repeated random sequences where the context has room for them, otherwise examples of the task, if absent. */
  inputs: Inputs.optional(),
})

export const HeadScores = z.object({
  /** [score, layer, head], scores in the order of `headScoreIds`; NaN where the inputs leave a score without meaning. */
  scores: Frame,
  /** Why a score has no value on these inputs; by id. */
  missing: z.record(z.string(), z.string()),
  /** What each score is, by id. */
  definitions: z.record(z.string(), z.string()),
  count: z.number().int(),
  how: Provenance,
})
export type HeadScores = z.infer<typeof HeadScores>

export const attention = {
  patterns: call(At.extend(PatternArgs.shape), Patterns),
  head: call(At.extend(HeadArgs.shape), HeadPattern),
  scores: call(At.extend(ScoreArgs.shape), HeadScores),
} as const
