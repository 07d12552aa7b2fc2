/** What a network's weights say by themselves: circuits of heads, how heads compose, Fourier components of the embeddings. */
import { z } from 'zod'
import { Frame } from './frames'
import { At, Provenance } from './interpret'
import { call } from './rpc'
import { circuitKinds, compositionKinds } from './words'

export { circuitKinds, compositionKinds }
export const CircuitKind = z.enum(circuitKinds)
export type CircuitKind = z.infer<typeof CircuitKind>
export const CompositionKind = z.enum(compositionKinds)
export type CompositionKind = z.infer<typeof CompositionKind>

/** All heads at a glance; every frame is [layer, head]. */
export const HeadWeights = z.object({
  layers: z.number().int(),
  heads: z.number().int(),
  /** Sum of the OV circuit's eigenvalues over the sum of their moduli, -1 to 1. */
  copying: Frame,
  /** Frobenius norm of the OV circuit. */
  ovNorm: Frame,
  /** Frobenius norm of the QK circuit. */
  qkNorm: Frame,
  /** Why a kind of circuit cannot be read of this network; a kind that can is absent. */
  missing: z.partialRecord(CircuitKind, z.string()),
  how: Provenance,
})
export type HeadWeights = z.infer<typeof HeadWeights>

const Weighted = z.object({ token: z.number().int(), text: z.string(), weight: z.number() })

/** A singular direction with the tokens it weighs most on either side, of largest absolute weight first. */
export const CircuitDirection = z.object({
  singularValue: z.number(),
  rows: z.array(Weighted),
  columns: z.array(Weighted),
})
export type CircuitDirection = z.infer<typeof CircuitDirection>

export const HeadCircuit = z.object({
  kind: CircuitKind,
  rows: z.number().int(),
  columns: z.number().int(),
  /** [component, part] with parts re, im; of the square part, largest modulus first. */
  eigenvalues: Frame,
  /** Largest first. */
  singularValues: Frame,
  frobenius: z.number(),
  copying: z.number(),
  /** [row, column]; absent where it has more cells than were asked for. */
  matrix: Frame.optional(),
  directions: z.array(CircuitDirection),
  /** What a person reads for rows and columns; absent where the matrix is. */
  rowTexts: z.array(z.string()).optional(),
  columnTexts: z.array(z.string()).optional(),
  how: Provenance,
})
export type HeadCircuit = z.infer<typeof HeadCircuit>

export const HeadComposition = z.object({
  kind: CompositionKind,
  /** Heads in the order layer · heads + head: [earlier, later]; NaN where there is no composition. */
  scores: Frame,
  /** Mean score of random matrices of the same shapes. */
  baseline: z.number(),
  how: Provenance,
})
export type HeadComposition = z.infer<typeof HeadComposition>

export const ResidueSpectrum = z.object({
  modulus: z.number().int(),
  /** [part, freq] with parts cos, sin. */
  embedding: Frame,
  unembedding: Frame,
  how: Provenance,
})
export type ResidueSpectrum = z.infer<typeof ResidueSpectrum>

export const CircuitArgs = z.object({
  layer: z.number().int().nonnegative(),
  head: z.number().int().nonnegative(),
  kind: CircuitKind,
  /** Largest number of cells of which the whole matrix is made. */
  mostCells: z.number().int().min(0).max(2 ** 22),
})

export const weights = {
  heads: call(At, HeadWeights),
  circuit: call(At.extend(CircuitArgs.shape), HeadCircuit),
  composition: call(At.extend({ kind: CompositionKind }), HeadComposition),
  /** MODEL_UNSUITABLE where tokens cannot be residues. */
  spectrum: call(At, ResidueSpectrum),
} as const
