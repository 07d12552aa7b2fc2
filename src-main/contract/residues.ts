/**
 * What a network that was trained on residues has learned: how far it has come from knowing pairs to adding them, whether
 * it adds by angles, and how many directions it needs. Defined in lab/interpret/progress-measures.ts and its neighbours.
 */
import { z } from 'zod'
import { Frame } from './frames'
import { At, Provenance } from './interpret'
import { call } from './rpc'

const Index = z.number().int().nonnegative()

/** Losses in nats; null over an empty split. */
const Loss = z.number().nullable()

export const ResidueProgress = z.object({
  modulus: Index,
  /** Key frequencies: those that were handed in, or this network's own. */
  freqs: z.array(Index).max(512),
  /** [freq], 0 to floor(p / 2): share of the logits' variance along cos and sin of w (a + b). */
  shares: Frame,
  /** [freq]: along cos(w (a + b - c)) alone. */
  cosineShares: Frame,
  /** Of key frequencies together, 0-1. */
  explained: z.number(),
  trainLoss: Loss,
  testLoss: Loss,
  /** Of key frequencies alone: over all pairs, and over those of the test set. */
  restrictedLoss: Loss,
  restrictedTestLoss: Loss,
  /** Without key frequencies, on training pairs. */
  excludedLoss: Loss,
  /** Without one key frequency each, in their order: [key]. */
  excludedLosses: Frame,
  giniEmbedding: z.number(),
  giniNeuronLogits: z.number().optional(),
  squaredWeights: z.number(),
  how: Provenance,
})
export type ResidueProgress = z.infer<typeof ResidueProgress>

/** A number, or why this network has none. */
const Measured = z.object({ value: z.number().optional(), missing: z.string().optional(), how: Provenance.optional() })

export const ResidueGeometry = z.object({
  modulus: Index,
  circularity: Measured,
  symmetricity: Measured,
  /** Principal components of the residues' embeddings, unit vectors: [component, residue]; absent without an embedding. */
  components: Frame.optional(),
  /** Strongest harmonic of each: [component]. */
  freqs: Frame.optional(),
})
export type ResidueGeometry = z.infer<typeof ResidueGeometry>

export const ResidueDirections = z.object({
  /** Hook points that can be asked about. */
  hooks: z.array(z.string()).max(512),
  hook: z.string(),
  position: Index,
  examples: Index,
  /** [component]: share of the variance, largest first. */
  shares: Frame,
  /** Numbers of directions kept, the mean the first of them: [kept], and the accuracy with these alone. */
  kept: Frame,
  accuracies: Frame,
  how: Provenance,
})
export type ResidueDirections = z.infer<typeof ResidueDirections>

export const ProgressArgs = z.object({
  /** Key frequencies to measure with, those of a later checkpoint; this network's own if absent. */
  freqs: z.array(Index).max(512).optional(),
})
export const DirectionArgs = z.object({
  /** A hook point of the residual stream; the last if absent. */
  hook: z.string().max(100).optional(),
})

export const residues = {
  /** MODEL_UNSUITABLE for what was not trained on sums of residues, as are the others. */
  progress: call(At.extend(ProgressArgs.shape), ResidueProgress),
  geometry: call(At, ResidueGeometry),
  directions: call(At.extend(DirectionArgs.shape), ResidueDirections),
} as const
