/** A circuit as a file: resources/docs/circuit-file.md describes it field by field. */
import { z } from 'zod'
import { circuitNodeKinds } from './words'

const Name = z.string().min(1).max(80)
const Names = z.array(Name).max(200_000)

export const CircuitRecord = z.object({
  format: z.literal('grokscope-circuit'),
  version: z.literal(1),
  title: z.string().max(200),
  /** The network it is of. */
  network: z.object({ run: z.string(), step: z.number().int().nonnegative(), layers: z.number().int(), heads: z.number().int() }),
  /** How the scores came about. */
  how: z.object({
    definition: z.string(),
    source: z.string(),
    spec: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    backend: z.string(),
    elapsedMs: z.number(),
  }),
  /** Smallest |score| kept; edges that are pinned may lie under it. */
  threshold: z.number(),
  /** Of the circuit run alone; absent where it was not measured. */
  faithfulness: z.number().optional(),
  nodes: z
    .array(z.object({ name: Name, kind: z.enum(circuitNodeKinds), layer: z.number().int(), head: z.number().int().optional(), neuron: z.number().int().optional() }))
    .max(100_000),
  edges: z
    .array(z.object({ from: Name, to: Name, letter: z.enum(['q', 'k', 'v']).optional(), score: z.number() }))
    .max(200_000),
  /** What a person did to it: edges and nodes by name. */
  annotations: z.object({
    pinned: Names,
    hidden: Names,
    expanded: Names,
    groups: z.array(z.object({ title: z.string().max(80), nodes: Names })).max(1000),
    notes: z.record(Name, z.string().max(2000)),
  }),
  /** Where nodes stand, 0-1 from left to right and from top to bottom. */
  layout: z.record(Name, z.object({ x: z.number(), y: z.number() })),
})
export type CircuitRecord = z.infer<typeof CircuitRecord>
