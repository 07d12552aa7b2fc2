import { AppError, unwrap } from '../../base/result'
import type { Clock } from '../../base/time'
import type { reports as namespace } from '../../contract/reports'
import type { Verdict } from '../../contract/recipes'
import type { ServiceOf } from '../../contract/rpc'
import { reportFormats } from '../../lab/reports'
import type { Drawing, ReportDocument, ReportRun, ReportVerdict } from '../../lab/reports/report'
import type { Supervisor } from '../compute/supervisor'
import type { Store } from '../store/store'

export interface ReportsOptions {
  readonly store: () => Store
  readonly supervisor: Supervisor
  readonly clock: Clock
  readonly version: string
  /** Prints a self-contained page; absent where this machine cannot. */
  readonly pdf?: ((html: string) => Promise<Uint8Array>) | undefined
}

export type ExportFormat = 'html' | 'json' | 'markdown' | 'pdf'

export interface Exported {
  readonly fileName: string
  readonly mime: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

export interface ReportsService extends ServiceOf<typeof namespace> {
  /** Renders a document that need not be the open project's. */
  render(document: ReportDocument, format: ExportFormat): Promise<Exported>
  /** The report of a project, open or not. */
  document(project: Store, title: string): Promise<ReportDocument>
}

export function createReportsService(options: ReportsOptions): ReportsService {
  const { store, clock, version, supervisor } = options
  const reports = (): Store['reports'] => store().reports

  async function render(document: ReportDocument, format: ExportFormat): Promise<Exported> {
    const drawing = await loadDrawing()
    const fileName = (extension: string): string => `${fileStem(document.title)}.${extension}`
    if (format === 'pdf') {
      if (!options.pdf) throw new AppError({ code: 'ACTION_UNAVAILABLE', message: 'this machine cannot print; export HTML instead' })
      const printed = await options.pdf(reportFormats.require('print').render(document, drawing))
      return { fileName: fileName('pdf'), mime: 'application/pdf', bytes: Uint8Array.from(printed) }
    }
    const { extension, mime, render: renderText } = reportFormats.require(format)
    return { fileName: fileName(extension), mime, bytes: new TextEncoder().encode(renderText(document, drawing)) }
  }

  async function document(project: Store, title: string): Promise<ReportDocument> {
    const says = await claimTexts(supervisor)
    return documentOf(project, { title, says, madeWith: `Grokscope ${version}`, madeAtMs: clock.nowMs() })
  }

  return {
    render,
    document,
    list: () => [...reports().list()],
    add: ({ item }) => reports().add(item),
    change: ({ id, item }) => unwrap(reports().change(id, item)),
    remove: ({ id }) => unwrap(reports().remove(id)),
    insert({ stored, index }) {
      reports().insert(stored, index)
      return [...reports().list()]
    },
    move({ id, index }) {
      unwrap(reports().move(id, index))
      return [...reports().list()]
    },
    export: async ({ format, title }) => render(await document(store(), title), format),
  }
}

/** What each claim says, by recipe and claim. */
async function claimTexts(supervisor: Supervisor): Promise<ReadonlyMap<string, string>> {
  const cards = await supervisor.analyse(({ client }) => client.catalog.recipes({}))
  return new Map(cards.flatMap(({ id, claims }) => claims.map((claim) => [`${id}/${claim.id}`, claim.says] as const)))
}

interface Heading {
  readonly title: string
  readonly says: ReadonlyMap<string, string>
  readonly madeWith: string
  readonly madeAtMs: number
}

/** The report of a project: its items, the newest verdict on each claim, and every run either of them is about. */
function documentOf(store: Store, { title, says, madeWith, madeAtMs }: Heading): ReportDocument {
  const items = store.reports.list().map(({ item }) => item)
  const verdicts = newestVerdicts(store.verdicts.list()).map((verdict): ReportVerdict => {
    const words = says.get(`${verdict.recipeId}/${verdict.claimId}`)
    return { ...verdict, ...(words !== undefined && { says: words }) }
  })
  const shown = new Map<string, Set<number>>()
  const show = (runId: string): Set<number> => {
    const steps = shown.get(runId) ?? new Set<number>()
    shown.set(runId, steps)
    return steps
  }
  for (const item of items) {
    if (item.kind === 'note') continue
    if (item.kind === 'table') item.from.runIds?.forEach(show)
    if (item.from.runId === undefined) continue
    const steps = show(item.from.runId)
    if (item.from.step !== undefined) steps.add(item.from.step)
  }
  for (const { runIds } of verdicts) runIds.forEach(show)
  const runs = [...shown].flatMap(([runId, steps]) => reportRun(store, runId, steps) ?? [])
  return { format: 'grokscope-report', version: 1, title, madeWith, madeAtMs, items, runs, verdicts }
}

function newestVerdicts(verdicts: readonly Verdict[]): readonly Verdict[] {
  const newest = new Map<string, Verdict>()
  for (const verdict of verdicts) {
    const key = JSON.stringify([verdict.recipeId, verdict.claimId, verdict.scale])
    if (!newest.has(key)) newest.set(key, verdict)
  }
  return [...newest.values()]
}

/** Undefined for a run that was deleted after its figure was made. */
function reportRun(store: Store, runId: string, steps: ReadonlySet<number>): ReportRun | undefined {
  const run = store.runs.find(runId)
  if (!run) return undefined
  const { id, name, recipe, parent, spec, madeWith } = run
  const all = store.checkpoints.list(runId)
  const checkpoints = all
    .filter(({ step }, i) => steps.has(step) || i === all.length - 1)
    .map(({ step, hash }) => ({ step, hash }))
  return { id, name, spec, checkpoints, madeWith, ...(recipe && { recipe }), ...(parent && { parent }) }
}

/**
 * The chart library, as text to carry and as a function to draw with. Built into the program, so that a packaged one
 * needs no node_modules, and loaded at the first export.
 */
async function loadDrawing(): Promise<Drawing> {
  const [{ default: library }, echarts] = await Promise.all([
    import('echarts/dist/echarts.min?raw'),
    import('echarts'),
  ])
  return {
    library,
    draw(option, { width, height }) {
      const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height })
      try {
        chart.setOption({ ...option, animation: false })
        return chart.renderToSVGString()
      } finally {
        chart.dispose()
      }
    },
  }
}

function fileStem(title: string): string {
  const stem = title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60)
  return stem || 'report'
}
