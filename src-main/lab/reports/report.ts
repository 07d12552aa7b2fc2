/**
 * A report: figures, tables and notes in order, with everything needed to doubt them and to make them again.
 *
 * A ReportDocument is data. Its formats (html, print, markdown, json) are pure functions of it: equal documents give
 * equal bytes, and nothing is measured, read from the machine or dated while one is rendered. The json format is the
 * document itself, and the html format carries it, so that either can be read back and its runs trained again:
 *
 *   grokscope report <file>        renders it
 *   grokscope run --spec <file>    trains its runs and compares the checkpoint hashes
 *
 * Everything in a document may come from a stranger. Formats show text as text; options of figures pass through
 * components/plain-option.ts before a chart library sees them.
 *
 * The schema repeats contract/reports.ts and contract/runs.ts, which lab may not import; a test holds them together.
 */
import { z } from 'zod'
import { err, ok, type Result } from '../../base/result'
import { scoreIds } from '../train/run-spec'

const SettingValues = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
const Chosen = z.object({ id: z.string(), settings: SettingValues })
const DenseSpec = z.object({
  task: Chosen,
  model: Chosen,
  optimizer: Chosen,
  loss: Chosen,
  schedule: SettingValues,
  seed: z.number().int().nonnegative(),
})
const Start = z.object({
  parent: DenseSpec,
  use: z.enum(['mask', 'l1-norm', 'l2-norm']),
  score: z.enum(scoreIds),
  step: z.number().int().nonnegative(),
  sparsity: z.number(),
  rewindStep: z.number().int().nonnegative(),
  maskHash: z.string().optional(),
})
const Spec = DenseSpec.extend({ start: Start.optional() })

const Note = z.object({ kind: z.literal('note'), title: z.string(), text: z.string() })
const How = z.object({
  definition: z.string(),
  source: z.string(),
  spec: SettingValues,
  backend: z.string(),
  elapsedMs: z.number(),
})
const From = z.object({ viewId: z.string(), runId: z.string().optional(), step: z.number().int().optional() })
const Figure = z.object({
  kind: z.literal('figure'),
  title: z.string(),
  caption: z.string(),
  /** An ECharts option as JSON. */
  option: z.string(),
  csv: z.string(),
  how: How,
  from: From,
})
const Table = z.object({
  kind: z.literal('table'),
  title: z.string(),
  text: z.string(),
  columns: z.array(z.string()),
  rows: z.array(z.array(z.string())),
  how: How,
  /** Besides where it came from, every run that it is about. */
  from: From.extend({ runIds: z.array(z.string()).optional() }),
})
export const ReportItem = z.discriminatedUnion('kind', [Note, Figure, Table])
export type ReportTable = z.infer<typeof Table>
export type ReportItem = z.infer<typeof ReportItem>
export type ReportFigure = z.infer<typeof Figure>

/** A run that a figure shows: how to train it again, and what has to come out. */
export const ReportRun = z.object({
  id: z.string(),
  name: z.string(),
  recipe: z.object({ id: z.string(), arm: z.string(), scale: z.string() }).optional(),
  parent: z.object({ runId: z.string(), step: z.number().int(), how: z.string(), maskId: z.string().optional() }).optional(),
  spec: Spec,
  /** Checkpoints that figures show, and the last one: hash over names and contents of the parameters. */
  checkpoints: z.array(z.object({ step: z.number().int(), hash: z.string() })),
  madeWith: z.string(),
})
export type ReportRun = z.infer<typeof ReportRun>

export const ReportVerdict = z.object({
  recipeId: z.string(),
  claimId: z.string(),
  scale: z.string(),
  verdict: z.enum(['reproduced', 'partly', 'not reproduced', 'not run']),
  values: z.array(z.object({ seed: z.number().int(), value: z.number() })),
  expect: z.tuple([z.number(), z.number()]),
  runIds: z.array(z.string()),
  backend: z.string(),
  versions: z.string(),
  atMs: z.number(),
  /** The claim in words, where the recipe is known. */
  says: z.string().optional(),
})
export type ReportVerdict = z.infer<typeof ReportVerdict>

export const ReportDocument = z.object({
  format: z.literal('grokscope-report'),
  version: z.literal(1),
  title: z.string(),
  /** Program and backend versions of the export. */
  madeWith: z.string(),
  /** When it was exported, milliseconds since 1970; shown as a UTC date. */
  madeAtMs: z.number(),
  items: z.array(ReportItem),
  runs: z.array(ReportRun),
  verdicts: z.array(ReportVerdict),
})
export type ReportDocument = z.infer<typeof ReportDocument>

/** What rendering needs from outside: the chart library, as text to carry and as a function to draw with. */
export interface Drawing {
  /** The chart library's browser build, for formats with live charts. */
  readonly library: string
  /** An option drawn as SVG, without animation and with text escaped. */
  draw(option: Readonly<Record<string, unknown>>, size: { readonly width: number; readonly height: number }): string
}

export interface ReportFormat {
  readonly id: string
  readonly title: string
  readonly extension: string
  readonly mime: string
  render(document: ReportDocument, drawing: Drawing): string
}

export function defineReportFormat(format: ReportFormat): ReportFormat {
  return Object.freeze(format)
}

/** A document from the text of a json report or of an html report that carries one. */
export function readReport(text: string): Result<ReportDocument, 'FILE_UNREADABLE'> {
  const embedded = /<script type="application\/json" id="document">([\s\S]*?)<\/script>/.exec(text)
  let parsed: unknown
  try {
    parsed = JSON.parse(embedded?.[1] ?? text)
  } catch (cause) {
    return err('FILE_UNREADABLE', `the text holds no report; ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  const checked = ReportDocument.safeParse(parsed)
  if (checked.success) return ok(checked.data)
  const [issue] = checked.error.issues
  return err('FILE_UNREADABLE', `not a report of version 1; ${issue?.path.join('.')}: ${issue?.message}`)
}
