/**
 * Masks: which weights of a network are kept, 1, and which are not, 0. A mask is an object of the project with a name and
 * versions, and it says where it came from; it can be laid over any checkpoint that has arrays of the same names and shapes.
 *
 * A mask is never changed. Editing one makes its next version; removing one hides it until the project is closed.
 */
import { z } from 'zod'
import { Frame } from './frames'
import { At, Provenance } from './interpret'
import { call } from './rpc'
import { RunId } from './runs'
import { maskFormats } from './words'

export { maskFormats }
export const MaskFormat = z.enum(maskFormats)
export type MaskFormat = z.infer<typeof MaskFormat>

export const MaskId = z.string().min(1).max(64)
const Name = z.string().min(1).max(120)
const How = z.string().max(1000)
const Count = z.number().int().nonnegative()

/** One array of a mask: how many of its entries are kept. */
export const MaskLayer = z.object({
  name: z.string(),
  axes: z.array(z.string()).readonly(),
  shape: z.array(Count).readonly(),
  kept: Count,
  count: Count,
})
export type MaskLayer = z.infer<typeof MaskLayer>

export const MaskCard = z.object({
  id: MaskId,
  /** Id of its first version; all versions share name and family. */
  family: MaskId,
  version: z.number().int().positive(),
  name: Name,
  /** The checkpoint it was taken from. The run may be gone. */
  runId: RunId,
  step: z.number().int().nonnegative(),
  /** Id of the score that chose what is kept; absent where a person did. */
  score: z.string().max(100).optional(),
  /** How it was made, in words. */
  how: How,
  /** Share of zeros over its arrays. Weights in arrays that it does not name are all kept. */
  sparsity: z.number(),
  madeFrom: MaskId.optional(),
  madeAtMs: z.number(),
  layers: z.array(MaskLayer).readonly(),
})
export type MaskCard = z.infer<typeof MaskCard>

/** By name of the parameter, uint8: 1 where kept. */
const MaskArrays = z.record(z.string().max(200), Frame)
export type MaskArrays = z.infer<typeof MaskArrays>

/** Entries of one array, row-major, int32, that are all kept or all removed. */
export const MaskChange = z.object({ array: z.string().max(200), cells: Frame, isKept: z.boolean() })
export type MaskChange = z.infer<typeof MaskChange>

/** Shares, 0 to 1; those of an empty split are 0. */
export const MaskEffect = z.object({
  trainClean: z.number(),
  trainCorrupted: z.number(),
  test: z.number(),
  trueLabel: z.number(),
  train: z.number(),
})
export type MaskEffect = z.infer<typeof MaskEffect>

/** How alike masks are, pair by pair. Frames are [layer, mask, mask]; the last layer is all of them together. */
export const MaskOverlap = z.object({
  layers: z.array(z.string()).readonly(),
  /** Kept by both over kept by either. */
  jaccard: Frame,
  /** What masks that keep as many entries of each layer would have by chance. */
  chance: Frame,
  how: Provenance,
})
export type MaskOverlap = z.infer<typeof MaskOverlap>

/** What a mask leaves of a network on residues. Frames by `freq` are shares of the squared norm, DC at 0. */
export const MaskSpectrum = z.object({
  modulus: z.number().int(),
  /** Of each harmonic of what reads the residues, dense and masked, each over the whole dense norm. */
  dense: Frame,
  masked: Frame,
  /** Harmonics that hold most of the masked network's norm. */
  keyFreqs: z.array(z.number().int()).readonly(),
  /** Inverse participation ratio of each neuron, dense and masked: [neuron]. */
  denseIpr: Frame,
  maskedIpr: Frame,
  /** Fourier entropy of the units, nats: 0 for a single harmonic each. */
  denseEntropy: z.number(),
  maskedEntropy: z.number(),
  /** Dominant harmonic of each neuron of the masked network: [neuron]. */
  freq: Frame,
  how: Provenance,
})
export type MaskSpectrum = z.infer<typeof MaskSpectrum>

/** One array of a checkpoint as a matrix, all axes but the last as rows, and what a mask keeps of it. */
export const MaskPicture = z.object({
  /** Every array of the checkpoint that can be drawn. */
  arrays: z.array(z.string()).readonly(),
  array: z.string(),
  /** [row, column], with the axes' own names, those of the rows joined by `·`. */
  weights: Frame,
  /** uint8, 1 where kept: [row, column]. */
  kept: Frame,
})
export type MaskPicture = z.infer<typeof MaskPicture>

const Removed = z.array(Count).max(65536)

export const masks = {
  /** Visible masks, all or those taken from one run, oldest first. */
  list: call(z.object({ runId: RunId.optional() }), z.array(MaskCard)),
  show: call(z.object({ maskId: MaskId }), z.object({ card: MaskCard, arrays: MaskArrays })),
  /** Renames every version. */
  rename: call(z.object({ maskId: MaskId, name: Name }), MaskCard),
  /** Hides the mask; `restore` brings it back until the project is closed, when hidden masks are deleted. */
  remove: call(z.object({ maskId: MaskId }), z.object({})),
  restore: call(z.object({ maskId: MaskId }), MaskCard),
  /** A new mask over some parameters of a checkpoint. MASK_UNFIT when they are not that checkpoint's. */
  create: call(At.extend({ name: Name, how: How, arrays: MaskArrays }), MaskCard),
  /**
   * A mask of the neurons picked at a checkpoint: every weight that belongs to a removed neuron alone is 0. With `madeFrom`
   * it is a version of that mask, which keeps what that mask keeps except in the removed neurons.
   */
  pick: call(At.extend({ removed: Removed, name: Name, how: How, madeFrom: MaskId.optional() }), MaskCard),
  /** A changed copy: the next version under the same name, or the first under another. */
  derive: call(z.object({ maskId: MaskId, name: Name.optional(), how: How, changes: z.array(MaskChange).max(4096) }), MaskCard),
  /** Accuracies of a checkpoint under a mask. MASK_UNFIT when the two do not fit. */
  effect: call(At.extend({ maskId: MaskId }), MaskEffect),
  /** Stores a checkpoint under a mask as the first checkpoint of a new run, with lineage. */
  apply: call(At.extend({ maskId: MaskId, name: Name }), z.object({ runId: RunId })),
  /** An array by name, or the first that the mask is over; without a mask every weight is kept. At most 4 M entries. */
  picture: call(At.extend({ maskId: MaskId.optional(), array: z.string().max(200).optional() }), MaskPicture),
  overlap: call(At.extend({ maskIds: z.array(MaskId).min(2).max(32) }), MaskOverlap),
  /** MODEL_UNSUITABLE where a network does not read residues. */
  spectrum: call(At.extend({ maskId: MaskId }), MaskSpectrum),
  /** `safetensors`: 0 and 1 as they are. `packed`: resources/docs/mask-files.md. */
  export: call(
    z.object({ maskId: MaskId, format: MaskFormat }),
    z.object({ fileName: z.string(), mime: z.string(), bytes: z.instanceof(Uint8Array) }),
  ),
  /** Takes in a file that `export` wrote, in pieces of at most 1 MB; the last piece makes the mask. */
  adopt: call(
    At.extend({
      name: Name,
      offset: Count,
      totalBytes: z.number().int().positive().max(256 * 2 ** 20),
      bytes: z.instanceof(Uint8Array).refine((bytes) => bytes.length <= 2 ** 20, 'at most 1 MB a piece'),
    }),
    z.object({ mask: MaskCard.optional() }),
  ),
} as const
