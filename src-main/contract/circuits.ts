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
  /** `input`, `a0.3`, `m1`, `logits`; of a perceptron `x0`, `h1.4`, `y2`. */
  name: z.string(),
  kind: z.enum(circuitNodeKinds),
  /** -1 for the input, the number of layers for the logits. */
  layer: z.number().int(),
  head: Index.optional(),
  /** Place within its layer, of a perceptron's node. */
  neuron: Index.optional(),
})
export type CircuitNode = z.infer<typeof CircuitNode>

/** Edges are numbered as in lab/interpret/components/circuit-graph.ts; all frames but none else are [edge]. */
export const CircuitGraph = z.object({
  nodes: z.array(CircuitNode),
  layers: Index,
  /** 0 for a perceptron. */
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
  /** Fewest edges found with a faithfulness of 0.9, by halving between the sizes. */
  faithfulCount: Index.optional(),
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

/** What a circuit answers to damage, beside what the whole network does; frames are [set]. */
export const Completeness = z.object({
  /** Mean metric of the circuit, and of the whole network, each without the set; first of sets drawn, then of sets sought. */
  circuit: Frame,
  whole: Frame,
  /** How many of the sets were drawn. */
  drawnCount: Index,
  /** |circuit − whole|: mean over the sets drawn, and the largest of all. */
  mean: z.number(),
  worst: z.number(),
  /** The largest as a share of what ablating everything changes; absent where that changes nothing. */
  worstShare: z.number().optional(),
  how: Provenance,
})
export type Completeness = z.infer<typeof Completeness>

/** What the circuit loses with each of its edges; frames are [edge of the circuit]. */
export const Minimality = z.object({
  edges: Frame,
  /** Metric without the edge minus with it: in the circuit, and in the whole network. */
  changes: Frame,
  wholeChanges: Frame,
  metric: z.number(),
  how: Provenance,
})
export type Minimality = z.infer<typeof Minimality>

/** Faithfulness of one run: absent where the whole network does no better than the empty circuit. */
const Share = z.number().optional()

export const Sufficiency = z.object({
  /** Of the circuit alone, and of the network without it. */
  alone: Share,
  rest: Share,
  /** Of the network without as many edges drawn at random: the mean over the draws. */
  withoutRandom: Share,
  draws: Index,
  /** Without another circuit, and without what that one alone has. */
  withoutOther: Share,
  withoutOtherOnly: Share,
  how: Provenance,
})
export type Sufficiency = z.infer<typeof Sufficiency>

/** How far a circuit of so many edges depends on the pairs. */
export const Stability = z.object({
  /** Jaccard index of each resample's circuit with that of all pairs: [resample]. */
  jaccards: Frame,
  mean: z.number(),
  /** 5th and 95th percentile. */
  low: z.number(),
  high: z.number(),
  /** What random circuits of this size reach. */
  chance: z.number(),
  /** Share of resamples in which each edge is kept: [edge]. */
  heldShare: Frame,
  standardErrors: Frame,
  how: Provenance,
})
export type Stability = z.infer<typeof Stability>

const Seed = z.number().int().min(0).max(2 ** 32 - 1)
export const completenessTerms = {
  edges: Frame,
  seed: Seed,
  draws: z.number().int().min(1).max(1000),
  searches: z.number().int().min(0).max(20),
  rounds: z.number().int().min(1).max(20),
  candidates: z.number().int().min(1).max(50),
}
export const sufficiencyTerms = { edges: Frame, other: Frame.optional(), seed: Seed, draws: z.number().int().min(1).max(100) }
export const stabilityTerms = { ...methodTerms, count: z.number().int().min(1), resamples: z.number().int().min(100).max(10_000), seed: Seed }

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
  completeness: call(Terms.extend(completenessTerms), Completeness),
  minimality: call(Terms.extend({ edges: Frame }), Minimality),
  sufficiency: call(Terms.extend(sufficiencyTerms), Sufficiency),
  /** ARGUMENTS_INVALID for a method that scores no pair by itself. */
  stability: call(Terms.extend(stabilityTerms), Stability),
  agreement: call(At.extend({ exact: Frame, estimate: Frame, topCount: z.number().int().min(1) }), EdgeAgreement),
  /** A circuit as it was exported; ARGUMENTS_INVALID says what is wrong with the text. */
  read: call(z.object({ text: z.string().max(64 * 2 ** 20) }), CircuitRecord),
} as const
