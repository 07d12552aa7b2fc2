/**
 * Circuits: which edges of a network's graph carry its behaviour. Edges are scored by a method, exact or estimated, kept by
 * the size of their scores, and what is kept is judged by running it alone. lab/interpret/circuit-methods,
 * circuit-faithfulness.ts and their neighbours define the numbers.
 */
import { z } from 'zod'
import { CircuitRecord } from './circuit-record'
import { Frame } from './frames'
import { At, Provenance } from './interpret'
import { AnswerSet, Index, PairSource, PatchMetric } from './patching'
import { Field } from './recipes'
import { call, stream } from './rpc'
import { SettingValues } from './runs'
import { circuitNodeKinds, edgeAblations, edgeLetters } from './words'

export { circuitNodeKinds, edgeAblations, edgeLetters }
export const EdgeAblation = z.enum(edgeAblations)
export type EdgeAblation = z.infer<typeof EdgeAblation>

/** What every question about a circuit is told. */
export const circuitTerms = {
  source: PairSource,
  metric: PatchMetric,
  ablation: EdgeAblation,
  answerSet: AnswerSet.optional(),
}

/** A way of scoring edges and its settings; `circuits.methods` lists those there are. */
export const methodTerms = { methodId: z.string().max(60), settings: SettingValues }

export const CircuitNode = z.object({
  /** `input`, `a0.3`, `m1`, `logits`. */
  name: z.string(),
  kind: z.enum(circuitNodeKinds),
  /** -1 for the input, the number of layers for the logits. */
  layer: z.number().int(),
  head: Index.optional(),
})
export type CircuitNode = z.infer<typeof CircuitNode>

/** Edges are numbered as in lab/interpret/components/circuit-graph.ts; all frames but none else are [edge]. */
export const CircuitGraph = z.object({
  nodes: z.array(CircuitNode),
  layers: Index,
  heads: Index,
  edgeCount: Index,
  /** Nodes by number. */
  from: Frame,
  to: Frame,
  /** Index into `edgeLetters`. */
  letter: Frame,
})
export type CircuitGraph = z.infer<typeof CircuitGraph>

export const MethodCard = z.object({
  id: z.string(),
  title: z.string(),
  definition: z.string(),
  source: z.string(),
  /** Whether its scores are the effects themselves and no estimates. */
  isExact: z.boolean(),
  /** Scores for every edge, or the circuit itself. */
  gives: z.enum(['scores', 'circuit']),
  fields: z.record(z.string(), Field),
  /** Why it does not apply to this network. */
  unsuitable: z.string().optional(),
})
export type MethodCard = z.infer<typeof MethodCard>

/** How long scoring takes, from the first of its work. */
export const ScoringTime = z.object({
  /** Milliseconds for all of it. */
  totalMs: z.number(),
  /** Milliseconds of it that were spent to know. */
  spentMs: z.number(),
  /** Whether the work was done to its end meanwhile, and the time is no estimate. */
  isWhole: z.boolean(),
})
export type ScoringTime = z.infer<typeof ScoringTime>

/** Scores as far as they are known: whole when `done` is `total`. */
export const EdgeScores = z.object({
  /** By edge; NaN where it is not known yet. */
  scores: Frame,
  /** 1 for the edges of the circuit, from a method that gives one, once it is whole. */
  kept: Frame.optional(),
  done: Index,
  total: Index,
  how: Provenance,
})
export type EdgeScores = z.infer<typeof EdgeScores>

/** Faithfulness of the circuits of largest |score| at each size; frames are [size]. */
export const CircuitCurve = z.object({
  /** Shares of all edges. */
  shares: Frame,
  /** Edges kept. */
  kept: Frame,
  metric: Frame,
  /** NaN where the whole network does no better than the empty circuit. */
  faithfulness: Frame,
  /** Mean metric of the whole network, and with every edge ablated. */
  whole: z.number(),
  empty: z.number(),
  /** Areas under faithfulness, and between it and 1; absent where there is no faithfulness. */
  cpr: z.number().optional(),
  cmd: z.number().optional(),
  how: Provenance,
})
export type CircuitCurve = z.infer<typeof CircuitCurve>

/** The same for circuits drawn at random, nested from size to size; frames are [size]. */
export const RandomCurve = z.object({
  kept: Frame,
  mean: Frame,
  lowest: Frame,
  highest: Frame,
  draws: Index,
  how: Provenance,
})
export type RandomCurve = z.infer<typeof RandomCurve>

/** One circuit run alone. */
export const Circuit = z.object({
  edgeCount: Index,
  /** 1 for its edges on a way from the input to the logits, [edge] of the graph: with resampling the others change nothing. */
  connected: Frame,
  connectedCount: Index,
  metric: z.number(),
  whole: z.number(),
  empty: z.number(),
  /** Absent where the whole network does no better than the empty circuit. */
  faithfulness: z.number().optional(),
  how: Provenance,
})
export type Circuit = z.infer<typeof Circuit>

/** What ablating one edge alone does to each pair. */
export const EdgeEffect = z.object({
  /** Mean over pairs: ablated minus clean. */
  effect: z.number(),
  /** [pair]: the metric of the clean run, and with the edge ablated. */
  clean: Frame,
  ablated: Frame,
  how: Provenance,
})
export type EdgeEffect = z.infer<typeof EdgeEffect>

/** How far estimated scores order edges as the exact ones do. */
export const EdgeAgreement = z.object({
  /** Rank correlation of the scores, -1 to 1; absent where nothing varies. */
  spearman: z.number().optional(),
  /** Share, 0-1, of the `topCount` largest magnitudes that are among as many largest of the other. */
  topOverlap: z.number(),
  topCount: Index,
})
export type EdgeAgreement = z.infer<typeof EdgeAgreement>

const Terms = At.extend(circuitTerms)

export const circuits = {
  /** MODEL_UNSUITABLE for a network that has no such graph. */
  graph: call(At, CircuitGraph),
  methods: call(At, z.array(MethodCard)),
  /** Does a first part of the work and reckons the whole from it. */
  estimate: call(Terms.extend(methodTerms), ScoringTime),
  /** Sent as it grows. */
  score: stream(Terms.extend(methodTerms), EdgeScores, 'latest'),
  /** At the ten sizes of MIB. `scores` is [edge]; every one has to be known. */
  curve: call(Terms.extend({ scores: Frame }), CircuitCurve),
  randomCurve: call(Terms.extend({ draws: z.number().int().min(1).max(32) }), RandomCurve),
  /** With exactly these edges intact: numbers of edges, int32. */
  circuit: call(Terms.extend({ edges: Frame }), Circuit),
  edge: call(Terms.extend({ edge: Index }), EdgeEffect),
  agreement: call(At.extend({ exact: Frame, estimate: Frame, topCount: z.number().int().min(1) }), EdgeAgreement),
  /** A circuit as it was exported; ARGUMENTS_INVALID says what is wrong with the text. */
  read: call(z.object({ text: z.string().max(64 * 2 ** 20) }), CircuitRecord),
} as const
