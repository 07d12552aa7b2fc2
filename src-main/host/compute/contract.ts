/**
 * What the host asks of a compute process, on the same wire as everything else (contract/rpc.ts). Both halves are this
 * program in the same version, so the schemas guard the layout, not against malice.
 *
 * One entry, three roles. An `analyst` answers questions about checkpoints and about what this program can do; a `trainer`
 * trains; an `importer` reads strangers' files. They are separate processes so that scrubbing stays fast while training
 * uses a processor fully, and so that a file made to kill its reader kills nothing else.
 */
import { z } from 'zod'
import type { FloatArray } from '../../base/array'
import { HeadArgs, HeadPattern, HeadScores, PatternArgs, Patterns, ScoreArgs } from '../../contract/attention'
import {
  Circuit,
  CircuitCurve,
  CircuitGraph,
  circuitTerms,
  Completeness,
  completenessTerms,
  EdgeAgreement,
  EdgeEffect,
  EdgeScores,
  MethodCard,
  methodTerms,
  Minimality,
  RandomCurve,
  ScoringTime,
  Stability,
  stabilityTerms,
  Sufficiency,
  sufficiencyTerms,
} from '../../contract/circuits'
import { Frame } from '../../contract/frames'
import { ImportCard, ImportDraft, ImportProposal, ImportRecord } from '../../contract/imports'
import { Neuron, Neurons, Provenance, PruneCurve, PruneOrder, RoleThresholds } from '../../contract/interpret'
import {
  Attribution,
  AttributionArgs,
  Decomposition,
  DecompositionArgs,
  LensProfile,
  LensTable,
  ProfileArgs,
  TableArgs,
} from '../../contract/lens'
import { MaskEffect, MaskOverlap, MaskSpectrum } from '../../contract/masks'
import {
  Index,
  PairSource,
  PatchedPairs,
  PatchPairs,
  PatchSite,
  patchTerms,
  pathTerms,
  PatchSweep,
  sweepTerms,
} from '../../contract/patching'
import { Generator, PromptPreview, PromptSet, TokenizedSet, TokenTexts, Vocabulary } from '../../contract/prompts'
import { Field, Part, RecipeCard, Verdict } from '../../contract/recipes'
import { WeightStep } from '../../contract/copies'
import { call, stream, type ClientOf } from '../../contract/rpc'
import { RunSpec, RunStart, SettingValues, Step } from '../../contract/runs'
import { BackendState } from '../../contract/system'
import { TicketMoment } from '../../contract/tickets'
import { DirectionArgs, ProgressArgs, ResidueDirections, ResidueGeometry, ResidueProgress } from '../../contract/residues'
import { CircuitArgs, CompositionKind, HeadCircuit, HeadComposition, HeadWeights, ResidueSpectrum } from '../../contract/weights'

export const computeRoles = ['analyst', 'trainer', 'importer'] as const
export type ComputeRole = (typeof computeRoles)[number]

/** Weights, optimizer state and masks are float32 throughout. */
const FloatFrame = Frame.transform((frame) => frame as FloatArray).refine(({ data }) => data instanceof Float32Array, 'float32')
const Arrays = z.record(z.string(), FloatFrame)
const RngState = z.tuple([z.number(), z.number(), z.number(), z.number()]).readonly()

/** lab/train/training-state.ts, on the wire. */
export const State = z.object({
  step: Step,
  params: Arrays,
  buffers: Arrays,
  slots: Arrays,
  rng: RngState,
  cursor: z.object({ epoch: z.number().int(), offset: z.number().int(), orderRng: RngState }),
})

export const MeasuredRow = z.object({ step: Step, values: z.record(z.string(), z.number()) })
export type MeasuredRow = z.infer<typeof MeasuredRow>

/**
 * What training tells, in order. Rows measured before a checkpoint are sent before it, so that whatever the host has
 * stored when either process dies is a prefix of the run.
 */
export const TrainingEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('measured'), rows: z.array(MeasuredRow) }),
  z.object({
    kind: z.literal('checkpoint'),
    state: State,
    /** Not asked for by the schedule: written so that little is lost, and superseded by the next one. */
    isExtra: z.boolean(),
  }),
  z.object({ kind: z.literal('progress'), step: Step }),
  z.object({ kind: z.literal('ended'), outcome: z.enum(['finished', 'stopped']), step: Step }),
])
export type TrainingEvent = z.infer<typeof TrainingEvent>

export const TrainArgs = z.object({
  /** Names this training in `pause`, `continue` and `stop`. */
  key: z.string(),
  spec: RunSpec,
  /** Absent for a training from step 0. */
  from: State.optional(),
  /** What stays zero, for a run under a mask. */
  mask: Arrays.optional(),
  lastStep: Step,
  /** At least one checkpoint in this much time. */
  extraEveryMs: z.number().positive(),
})
export type TrainArgs = z.infer<typeof TrainArgs>

/** The network and dataset an analysis is about: hash of the weights and what makes the dataset. */
const Subject = z.object({ key: z.string() })

const Accuracies = z.object({
  trainClean: z.number(),
  trainCorrupted: z.number(),
  test: z.number(),
  trueLabel: z.number(),
  train: z.number(),
})

const Series = z.object({ steps: Frame, values: Frame })
export const ArmEvidence = z.object({ spec: RunSpec, arrays: Arrays, series: z.record(z.string(), Series) })

/** A file of an import where this machine keeps it. `name` is what it was called, folders included. */
export const ImportFile = z.object({ name: z.string(), path: z.string(), sizeBytes: z.number() })
export type ImportFile = z.infer<typeof ImportFile>
const ImportFiles = z.object({ files: z.array(ImportFile), draft: ImportDraft })

/** What an import comes to: each checkpoint's arrays one by one, its end, and last what is to be known of all. */
export const ImportEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('spec'), spec: RunSpec, title: z.string(), lastStep: Step }),
  z.object({ kind: z.literal('array'), name: z.string(), isBuffer: z.boolean(), array: FloatFrame }),
  z.object({ kind: z.literal('checkpoint'), step: Step, rng: RngState }),
  z.object({
    kind: z.literal('ended'),
    record: ImportRecord.omit({ hash: true, draft: true }),
    /** Names of the files that are kept with the run. */
    kept: z.array(z.string()),
  }),
])
export type ImportEvent = z.infer<typeof ImportEvent>

/** How the host names a tokenizer: what makes it, or the key of files it has sent. */
const WantedTokenizer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('integers'), size: z.number().int().positive() }),
  Vocabulary.extend({ kind: z.literal('words') }),
  /** The tokens of a network trained on this specification's task. */
  z.object({ kind: z.literal('task'), spec: RunSpec }),
  z.object({ kind: z.literal('files'), key: z.string() }),
])
export type WantedTokenizer = z.infer<typeof WantedTokenizer>

const Tokenization = { startToken: z.boolean(), keepsSplit: z.boolean() }

const Arm = z.object({
  id: z.string(),
  title: z.string(),
  start: RunStart.pick({ use: true, score: true, sparsity: true, rewindStep: true })
    .extend({ from: z.string(), at: TicketMoment })
    .optional(),
})

export const computeContract = {
  process: {
    hello: call(z.object({}), z.object({ backend: BackendState, madeWith: z.string() })),
    /** Answers as soon as the process comes to it: its heartbeat. */
    ping: call(z.object({}), z.object({ memoryBytes: z.number() })),
  },
  catalog: {
    recipes: call(z.object({}), z.array(RecipeCard)),
    parts: call(
      z.object({}),
      z.object({
        tasks: z.array(Part),
        models: z.array(Part),
        optimizers: z.array(Part),
        losses: z.array(Part),
        schedule: z.record(z.string(), Field),
      }),
    ),
    spec: call(
      z.object({ recipeId: z.string(), scale: z.string(), arm: z.string(), seed: z.number().int(), set: SettingValues }),
      RunSpec,
    ),
    /** Those of a scale, parents before the arms that start from them. */
    arms: call(z.object({ recipeId: z.string(), scale: z.string() }), z.array(Arm)),
    /** Title and unit of every series that training measures. */
    series: call(z.object({}), z.array(z.object({ id: z.string(), title: z.string(), unit: z.string() }))),
    /** The specification with every default filled in, and the step it ends at; complaints when it is not valid. */
    resolve: call(
      z.object({ spec: RunSpec }),
      z.object({
        spec: RunSpec,
        lastStep: Step,
        complaints: z.array(z.object({ path: z.string(), message: z.string() })),
      }),
    ),
  },
  training: {
    train: stream(TrainArgs, TrainingEvent, 'every'),
    /** Holds the loop between two steps. */
    pause: call(z.object({ key: z.string() }), z.object({})),
    continue: call(z.object({ key: z.string() }), z.object({})),
    /** Ends the training after the current step with a checkpoint and `stopped`. */
    stop: call(z.object({ key: z.string() }), z.object({})),
  },
  interpret: {
    /** Gives the process a checkpoint; the other methods answer CHECKPOINT_NOT_FOUND for a key it does not hold. */
    /** `tokenizer`: the key of one that was attached, whose words the network's tokens are. */
    attach: call(Subject.extend({ hash: z.string(), spec: RunSpec, arrays: Arrays, tokenizer: z.string().optional() }), z.object({})),
    neurons: call(Subject.extend({ thresholds: RoleThresholds.optional() }), Neurons),
    neuron: call(Subject.extend({ neuron: z.number().int().nonnegative() }), Neuron),
    prune: stream(
      Subject.extend({
        order: PruneOrder,
        seed: z.number().int().optional(),
        freq: z.number().int().optional(),
        picked: z.array(z.number().int().nonnegative()).optional(),
      }),
      PruneCurve,
      'latest',
    ),
    pruned: call(Subject.extend({ removed: z.array(z.number().int().nonnegative()) }), Accuracies),
    /** A state at step 0 with these neurons' weights zero, the mask (1 where kept), and how the network then fares. */
    surgery: call(
      Subject.extend({ removed: z.array(z.number().int().nonnegative()) }),
      z.object({ state: State, mask: Arrays, sparsity: z.number(), accuracies: Accuracies }),
    ),
  },
  images: {
    has: call(z.object({ id: z.string() }), z.object({ isHeld: z.boolean() })),
    /** Gives the process an image set; specifications that name it then have examples. */
    attach: call(
      z.object({
        id: z.string(),
        set: z.object({
          rows: z.number().int(),
          columns: z.number().int(),
          classes: z.number().int(),
          images: z.instanceof(Uint8Array),
          labels: z.instanceof(Uint8Array),
        }),
      }),
      z.object({}),
    ),
  },
  /** MASK_UNFIT for a mask that the network does not have the arrays of. */
  masks: {
    /** The mask that removes these neurons, 1 where kept. */
    ofNeurons: call(Subject.extend({ removed: z.array(z.number().int().nonnegative()) }), Arrays),
    effect: call(Subject.extend({ mask: Arrays }), MaskEffect),
    /** A state at step 0 under the mask, and how the network then fares. */
    apply: call(Subject.extend({ mask: Arrays }), z.object({ state: State, accuracies: MaskEffect })),
    overlap: call(Subject.extend({ masks: z.array(Arrays) }), MaskOverlap),
    spectrum: call(Subject.extend({ mask: Arrays }), MaskSpectrum),
  },
  patching: {
    pairs: call(Subject.extend({ source: PairSource }), PatchPairs),
    sweep: stream(Subject.extend(sweepTerms), PatchSweep, 'latest'),
    sites: call(Subject.extend({ ...patchTerms, sites: z.array(PatchSite) }), PatchedPairs),
    path: stream(Subject.extend(pathTerms), PatchSweep, 'latest'),
    pattern: call(
      Subject.extend({ source: PairSource, layer: Index, head: Index, pair: Index.optional() }),
      z.object({ pattern: Frame, how: Provenance }),
    ),
  },
  circuits: {
    graph: call(Subject, CircuitGraph),
    methods: call(Subject, z.array(MethodCard)),
    estimate: call(Subject.extend({ ...circuitTerms, ...methodTerms }), ScoringTime),
    score: stream(Subject.extend({ ...circuitTerms, ...methodTerms }), EdgeScores, 'latest'),
    curve: call(Subject.extend({ ...circuitTerms, scores: Frame }), CircuitCurve),
    randomCurve: call(Subject.extend({ ...circuitTerms, draws: Index }), RandomCurve),
    circuit: call(Subject.extend({ ...circuitTerms, edges: Frame }), Circuit),
    edge: call(Subject.extend({ ...circuitTerms, edge: Index }), EdgeEffect),
    completeness: call(Subject.extend({ ...circuitTerms, ...completenessTerms }), Completeness),
    minimality: call(Subject.extend({ ...circuitTerms, edges: Frame }), Minimality),
    sufficiency: call(Subject.extend({ ...circuitTerms, ...sufficiencyTerms }), Sufficiency),
    stability: call(Subject.extend({ ...circuitTerms, ...stabilityTerms }), Stability),
    agreement: call(Subject.extend({ exact: Frame, estimate: Frame, topCount: Index }), EdgeAgreement),
  },
  tickets: {
    /** The mask of a specification with a start, and the state at step 0 that its run begins with. */
    begin: call(
      z.object({
        spec: RunSpec,
        /** Parameters and buffers of the parent at the step the mask is taken, and its parameters at step 0. */
        weights: Arrays,
        initial: Arrays,
        rewound: z.object({ params: Arrays, buffers: Arrays }),
        /** For score `given`. */
        given: Arrays.optional(),
      }),
      z.object({ state: State, mask: Arrays, sparsity: z.number(), how: z.string() }),
    ),
  },
  weights: {
    heads: call(Subject, HeadWeights),
    circuit: call(Subject.extend(CircuitArgs.shape), HeadCircuit),
    composition: call(Subject.extend({ kind: CompositionKind }), HeadComposition),
    spectrum: call(Subject, ResidueSpectrum),
  },
  residues: {
    progress: call(Subject.extend(ProgressArgs.shape), ResidueProgress),
    geometry: call(Subject, ResidueGeometry),
    directions: call(Subject.extend(DirectionArgs.shape), ResidueDirections),
  },
  attention: {
    patterns: call(Subject.extend(PatternArgs.shape), Patterns),
    head: call(Subject.extend(HeadArgs.shape), HeadPattern),
    scores: call(Subject.extend(ScoreArgs.shape), HeadScores),
  },
  lens: {
    table: call(Subject.extend(TableArgs.shape), LensTable),
    profile: call(Subject.extend(ProfileArgs.shape), LensProfile),
    attribution: call(Subject.extend(AttributionArgs.shape), Attribution),
    decomposition: call(Subject.extend(DecompositionArgs.shape), Decomposition),
  },
  imports: {
    /** SHA-256 over the content of the files that a checkpoint is made of. */
    hash: call(z.object({ files: z.array(ImportFile) }), z.object({ hash: z.string() })),
    propose: call(ImportFiles, ImportProposal),
    card: call(ImportFiles, ImportCard),
    read: stream(ImportFiles, ImportEvent, 'every'),
  },
  copies: {
    steps: call(Subject, z.array(WeightStep)),
    /** A state at step 0 after the steps, and what it was made with. */
    process: call(
      Subject.extend({ steps: z.array(z.string()) }),
      z.object({ state: State, spec: RunSpec, how: z.string(), largestDifference: z.number() }),
    ),
    /** The two files of an exported network. */
    export: call(Subject, z.object({ tensors: z.instanceof(Uint8Array), config: z.string() })),
  },
  prompts: {
    generators: call(z.object({}), z.array(Generator)),
    draw: call(z.object({ generatorId: z.string(), settings: SettingValues, seed: z.number().int() }), PromptSet),
    read: call(z.object({ name: z.string(), bytes: z.instanceof(Uint8Array) }), PromptSet),
    pair: call(z.object({ clean: PromptSet, corrupted: PromptSet }), PromptSet),
    /** Gives the process a tokenizer's files; the methods below answer TOKENIZER_NOT_FOUND for a key it does not hold. */
    attachTokenizer: call(z.object({ key: z.string(), files: z.record(z.string(), z.instanceof(Uint8Array)) }), z.object({})),
    preview: call(
      z.object({ set: PromptSet, tokenizer: WantedTokenizer.optional(), first: z.number().int(), ...Tokenization }),
      PromptPreview,
    ),
    tokenize: call(
      z.object({ set: PromptSet, tokenizer: WantedTokenizer, ...Tokenization }),
      TokenizedSet.extend({ texts: TokenTexts }),
    ),
    encode: call(
      z.object({ tokenizer: WantedTokenizer, text: z.string(), startToken: z.boolean() }),
      z.object({ tokens: Frame, texts: z.array(z.string()).readonly() }),
    ),
    texts: call(z.object({ tokenizer: WantedTokenizer, ids: Frame }), z.object({ texts: z.array(z.string()).readonly() })),
  },
  claims: {
    /** Measures every claim whose arms are there, and judges it. */
    measure: call(
      z.object({
        recipeId: z.string(),
        evidence: z.array(z.object({ seed: z.number().int(), arms: z.record(z.string(), ArmEvidence) })),
      }),
      z.array(Verdict.pick({ claimId: true, verdict: true, values: true, expect: true })),
    ),
  },
} as const

export type ComputeClient = ClientOf<typeof computeContract>
