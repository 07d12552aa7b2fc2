/** The project's report: figures, tables and notes in order, exported as one self-contained file. */
import { z } from 'zod'
import { call } from './rpc'
import { Provenance } from './interpret'

const ItemId = z.string().min(1).max(64)

export const ReportNote = z.object({ kind: z.literal('note'), title: z.string().max(300), text: z.string().max(100_000) })
export const ReportFigure = z.object({
  kind: z.literal('figure'),
  title: z.string().max(300),
  caption: z.string().max(10_000),
  /** An ECharts option as plain JSON: no functions. Arrays inside may be long; this is a document, not a message. */
  option: z.string().max(8_000_000),
  /** The numbers behind the picture as CSV. */
  csv: z.string().max(8_000_000),
  how: Provenance,
  /** The view and selection the figure came from, to go back to it. */
  from: z.object({ viewId: z.string(), runId: z.string().optional(), step: z.number().int().optional() }),
})
/** Texts in rows, such as the arms of an experiment with their measures. */
export const ReportTable = z.object({
  kind: z.literal('table'),
  title: z.string().max(300),
  text: z.string().max(10_000),
  columns: z.array(z.string().max(300)).max(40),
  rows: z.array(z.array(z.string().max(1000)).max(40)).max(2000),
  how: Provenance,
  /** Besides where it came from, every run that it is about. */
  from: ReportFigure.shape.from.extend({ runIds: z.array(z.string().max(64)).max(400).optional() }),
})
export type ReportTable = z.infer<typeof ReportTable>
export const ReportItem = z.discriminatedUnion('kind', [ReportNote, ReportFigure, ReportTable])
export type ReportItem = z.infer<typeof ReportItem>

export const StoredReportItem = z.object({ id: ItemId, atMs: z.number(), item: ReportItem })
export type StoredReportItem = z.infer<typeof StoredReportItem>

export const reports = {
  list: call(z.object({}), z.array(StoredReportItem)),
  add: call(z.object({ item: ReportItem }), StoredReportItem),
  change: call(z.object({ id: ItemId, item: ReportItem }), StoredReportItem),
  /** Returns the removed item, so that undo can `insert` it again. */
  remove: call(z.object({ id: ItemId }), StoredReportItem),
  insert: call(z.object({ stored: StoredReportItem, index: z.number().int().nonnegative() }), z.array(StoredReportItem)),
  move: call(z.object({ id: ItemId, index: z.number().int().nonnegative() }), z.array(StoredReportItem)),
  /** Renders the report with the specifications, hashes, seeds and verdicts of every run its figures show. */
  export: call(
    z.object({ format: z.enum(['html', 'json', 'markdown', 'pdf']), title: z.string().max(300) }),
    z.object({ fileName: z.string(), mime: z.string(), bytes: z.instanceof(Uint8Array) }),
  ),
} as const
