/**
 * Checkpoints of strangers, from dropped file to run.
 *
 *   begin → put, piece by piece, file by file → open → check, after every change → card → finish, or discard
 *
 * The window keeps the draft: what a person answered and changed. The main process keeps the files until the import ends,
 * and remembers the draft of a finished one by the content of its files, so that the same file opens as it was left.
 */
import { z } from 'zod'
import { Field } from './recipes'
import { call } from './rpc'
import { RunId, SettingValue, SettingValues, Step } from './runs'

const ImportId = z.string().min(1).max(64)
const Shape = z.array(z.number().int().nonnegative()).max(16).readonly()
const Count = z.number().int().nonnegative()

/** lab/importers/layouts/layout.ts, on the wire. */
const MappingStep = z.discriminatedUnion('op', [
  z.object({ op: z.literal('transpose'), order: z.array(Count).max(16).readonly() }),
  z.object({ op: z.literal('reshape'), shape: Shape }),
  z.object({ op: z.literal('slice'), axis: Count, start: Count, length: Count }),
  z.object({ op: z.literal('scale'), factor: z.number() }),
  z.object({ op: z.literal('pad'), axis: Count, length: Count }),
])
export type MappingStep = z.infer<typeof MappingStep>
const MappingPart = z.union([
  z.object({ from: z.string().max(500), steps: z.array(MappingStep).max(16).readonly() }),
  z.object({ fill: z.number(), shape: Shape }),
])
export type MappingPart = z.infer<typeof MappingPart>
/** What a parameter is made of: its parts, joined along an axis where there are several. */
export const ParameterParts = z.object({ parts: z.array(MappingPart).max(256).readonly(), axis: Count })
export type ParameterParts = z.infer<typeof ParameterParts>
const NamedReason = z.object({ name: z.string(), reason: z.string() })

/** A declaration and its settings, by id. */
const Chosen = z.object({ id: z.string().max(100), settings: SettingValues })

/** Everything a person decided about an import. Empty, it takes what was inferred. */
export const ImportDraft = z.object({
  /** How tensors are named and shaped; the layout that sees itself most clearly when absent. */
  layoutId: z.string().max(100).optional(),
  /** To the proposal's questions, by key. */
  answers: SettingValues,
  /** Settings of the model changed by hand, over the inferred ones. */
  settings: SettingValues,
  /** Parameters whose source was changed by hand. */
  parameters: z.record(z.string().max(500), ParameterParts),
  /** The first of the proposal's tasks when absent. */
  task: Chosen.optional(),
  /** Step of each checkpoint; read from the file names when absent. */
  steps: z.array(Step).max(1000).optional(),
})
export type ImportDraft = z.infer<typeof ImportDraft>

export const ImportQuestion = z.object({
  key: z.string(),
  title: z.string(),
  default: SettingValue,
  candidates: z.array(SettingValue),
  reason: z.string(),
  isAnswered: z.boolean(),
})
export type ImportQuestion = z.infer<typeof ImportQuestion>

export const ImportSetting = z.object({
  key: z.string(),
  field: Field,
  value: SettingValue,
  /** What it was inferred from; empty for a default. */
  reason: z.string(),
  isChanged: z.boolean(),
})

/** One parameter of the model and where it comes from. */
export const ImportRow = ParameterParts.extend({
  name: z.string(),
  shape: Shape,
  state: z.enum(['ok', 'missing', 'wrong']),
  isChanged: z.boolean(),
  /** Why it is wrong, or what stands in place of what is missing. */
  reason: z.string(),
})
export type ImportRow = z.infer<typeof ImportRow>

export const ImportProposal = z.object({
  /** What the run would be called. */
  name: z.string(),
  /** Id of the importer: `torch`. */
  format: z.string(),
  checkpoints: z.array(z.object({ files: z.array(z.string()), step: Step, sizeBytes: z.number() })),
  tensors: z.array(z.object({ name: z.string(), shape: Shape, dtype: z.string() })),
  layouts: z.array(z.object({ layoutId: z.string(), title: z.string(), score: z.number(), reasons: z.array(z.string()) })),
  layoutId: z.string().optional(),
  modelId: z.string().optional(),
  dims: z.object({ n_ctx: Count, d_vocab: Count, d_vocab_out: Count }).optional(),
  settings: z.array(ImportSetting),
  questions: z.array(ImportQuestion),
  rows: z.array(ImportRow),
  unused: z.array(NamedReason),
  warnings: z.array(z.string()),
  notes: z.array(z.string()),
  /** What the network may have been trained on, the likeliest first, each with what speaks for it. */
  tasks: z.array(Chosen.extend({ title: z.string(), reason: z.string() })),
  task: Chosen.optional(),
  tokenizer: z.object({ kind: z.string(), size: Count, reason: z.string() }).optional(),
  /** The file whose logits the network's are compared with. */
  reference: z.string().optional(),
  /** Why it cannot be finished as it stands; empty when it can. */
  problems: z.array(z.string()),
})
export type ImportProposal = z.infer<typeof ImportProposal>

/** lab/importers/opening/parity-card.ts, with what the network makes of the task it is said to do. */
export const ImportCard = z.object({
  accounted: z.array(z.object({ name: z.string(), shape: Shape, from: z.array(z.string()).readonly() })).readonly(),
  parameterCount: Count,
  unused: z.array(NamedReason).readonly(),
  missing: z.array(NamedReason).readonly(),
  logits: z
    .object({
      largestError: z.number(),
      largestLogit: z.number(),
      at: z.object({ sequence: Count, pos: Count, token: Count }),
      comparedCount: Count,
      isWithin: z.boolean(),
    })
    .optional(),
  answers: z.object({ task: z.string(), correctCount: Count, count: Count }).optional(),
})
export type ImportCard = z.infer<typeof ImportCard>

/** What a run remembers of where it came from. */
export const ImportRecord = z.object({
  files: z.array(z.object({ name: z.string(), sizeBytes: z.number() })),
  /** Over the content of the checkpoint's files. */
  hash: z.string(),
  format: z.string(),
  layout: z.string(),
  inferred: z.array(z.object({ key: z.string(), value: SettingValue, reason: z.string() })),
  draft: ImportDraft,
  tokenizer: z.object({ kind: z.string(), size: Count }).optional(),
  warnings: z.array(z.string()),
  notes: z.array(z.string()),
  card: ImportCard,
})
export type ImportRecord = z.infer<typeof ImportRecord>

const DraftOf = z.object({ importId: ImportId, draft: ImportDraft })

export const imports = {
  begin: call(z.object({}), z.object({ importId: ImportId })),
  /** Takes in a file in pieces of at most 1 MB, in order. A file of the same path is replaced. */
  put: call(
    z.object({
      importId: ImportId,
      /** Below what was dropped, with slashes: `gpt2/config.json`. */
      path: z.string().min(1).max(500),
      offset: Count,
      totalBytes: z.number().int().nonnegative().max(16 * 2 ** 30),
      bytes: z.instanceof(Uint8Array).refine((bytes) => bytes.length <= 2 ** 20, 'at most 1 MB a piece'),
    }),
    z.object({}),
  ),
  /** Reads the tables of contents and proposes; the draft is the remembered one where these files were imported before. */
  open: call(z.object({ importId: ImportId }), z.object({ draft: ImportDraft, isRemembered: z.boolean(), proposal: ImportProposal })),
  /** What becomes of a changed draft. */
  check: call(DraftOf, ImportProposal),
  /** Makes the network and looks at it; writes nothing. */
  card: call(DraftOf, ImportCard),
  /** Writes the run. The draft is remembered, and the files are let go. */
  finish: call(DraftOf.extend({ name: z.string().min(1).max(120) }), z.object({ runId: RunId, card: ImportCard })),
  /** Ends an import and removes its files. */
  discard: call(z.object({ importId: ImportId }), z.object({})),
  record: call(z.object({ runId: RunId }), z.object({ record: ImportRecord.optional() })),
} as const
