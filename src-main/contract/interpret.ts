/**
 * Analyses of one checkpoint. Every reply says how it was computed, in the words that
 * "How was this computed" shows and a report repeats.
 */
import { z } from 'zod'
import { call, stream } from './rpc'
import { Frame } from './frames'
import { RunId, Step } from './runs'
import { defaultRoleThresholds, pruneOrders, roles } from './words'

/** Definition, source and complete specification of a number on screen. */
export const Provenance = z.object({
  /** What was computed, as one or two sentences with the formula. */
  definition: z.string(),
  source: z.string(),
  /** Metric, ablation, dataset, seeds, checkpoint hash …: everything needed to compute it again. */
  spec: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  backend: z.string(),
  elapsedMs: z.number(),
})
export type Provenance = z.infer<typeof Provenance>

export const At = z.object({ runId: RunId, step: Step })
export type At = z.infer<typeof At>

export { defaultRoleThresholds, pruneOrders, roles }
export const Role = z.enum(roles)
export type Role = z.infer<typeof Role>

/** Thresholds that turn a neuron's IPR and norm into a role. */
export const RoleThresholds = z.object({
  /** At or above: generalizing. */
  generalizingIpr: z.number().min(0).max(1),
  /** Below: memorizing. */
  memorizingIpr: z.number().min(0).max(1),
  /** Below this share of the largest neuron norm: dead. */
  deadNorm: z.number().min(0).max(1),
})
export type RoleThresholds = z.infer<typeof RoleThresholds>

/** One row per hidden neuron; every frame has the axis `neuron`. */
export const Neurons = z.object({
  count: z.number().int(),
  modulus: z.number().int(),
  /** Inverse participation ratio, mean over both input rows and the output column. */
  ipr: Frame,
  iprInputA: Frame,
  iprInputB: Frame,
  iprOutput: Frame,
  /** Dominant harmonic over the mean power of the three spectra. */
  freq: Frame,
  /** Phases in radians at that harmonic: [neuron, part] with parts a, b, output. */
  phase: Frame,
  /** L2 norm over the neuron's input and output weights. */
  norm: Frame,
  /** Index into `roles`. */
  role: Frame,
  thresholds: RoleThresholds,
  /** Parameters beside the weights that belong to one neuron, e.g. |gamma| of BatchNorm. */
  extra: z.array(z.object({ id: z.string(), title: z.string(), values: Frame })),
  how: Provenance,
})
export type Neurons = z.infer<typeof Neurons>

export const Neuron = z.object({
  index: z.number().int(),
  /** Normalized Fourier magnitudes of the input row for a, for b, and of the output column: [part, freq]. */
  spectrum: Frame,
  /** Activation over all pairs: [a, b]. */
  activation: Frame,
  /** The weights themselves: [part, residue]. */
  weights: Frame,
  /** Change of each accuracy when this neuron alone is removed. */
  effect: z.object({ trainClean: z.number(), trainCorrupted: z.number(), test: z.number(), trueLabel: z.number() }),
  /** Other neurons with the same dominant harmonic. */
  sameFreq: z.array(z.number().int()).max(64),
  how: Provenance,
})
export type Neuron = z.infer<typeof Neuron>

export const PruneOrder = z.enum(pruneOrders)
export type PruneOrder = z.infer<typeof PruneOrder>

export const PruneArgs = At.extend({
  order: PruneOrder,
  /** For `random`. */
  seed: z.number().int().nonnegative().optional(),
  /** For `frequency`: the harmonic to keep; neurons of other harmonics go first. */
  freq: z.number().int().nonnegative().optional(),
  /** For `hand-picked`: the neurons to remove, in this order; the curve then ends after them. */
  picked: z.array(z.number().int().nonnegative()).max(65536).optional(),
})
export type PruneArgs = z.infer<typeof PruneArgs>

/**
 * Accuracies after removing the first k neurons of an order, for k = 0..done. Curve frames have length total + 1 and
 * hold NaN beyond `done`.
 */
export const PruneCurve = z.object({
  order: Frame,
  done: z.number().int(),
  total: z.number().int(),
  trainClean: Frame,
  trainCorrupted: Frame,
  test: Frame,
  /** Share of corrupted training pairs predicted as their true label. */
  trueLabel: Frame,
  /** All training pairs together. */
  train: Frame,
  how: Provenance,
})
export type PruneCurve = z.infer<typeof PruneCurve>

export const interpret = {
  neurons: call(At.extend({ thresholds: RoleThresholds.optional() }), Neurons),
  neuron: call(At.extend({ neuron: z.number().int().nonnegative() }), Neuron),
  /** The whole curve, sent as it grows. */
  prune: stream(PruneArgs, PruneCurve, 'latest'),
  /** Accuracies with exactly these neurons removed. */
  pruned: call(
    At.extend({ removed: z.array(z.number().int().nonnegative()).max(65536) }),
    z.object({
      trainClean: z.number(),
      trainCorrupted: z.number(),
      test: z.number(),
      trueLabel: z.number(),
      train: z.number(),
    }),
  ),
  /** Stores the network without these neurons as the first checkpoint of a new run, and the mask, with lineage. */
  savePruned: call(
    At.extend({ removed: z.array(z.number().int().nonnegative()).max(65536), name: z.string().min(1).max(120), how: z.string() }),
    z.object({ runId: RunId, maskId: z.string() }),
  ),
} as const
