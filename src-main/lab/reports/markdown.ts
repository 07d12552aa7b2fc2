import { pictureOf } from './components/picture'
import { plainOption } from './components/plain-option'
import {
  dateText,
  numberText,
  originText,
  rangeText,
  rerunCommand,
  settingsText,
  specRows,
  valuesText,
} from './components/wording'
import { defineReportFormat, type Drawing, type ReportDocument, type ReportFigure, type ReportItem, type ReportRun } from './report'

export default defineReportFormat({
  id: 'markdown',
  title: 'Markdown',
  extension: 'md',
  mime: 'text/markdown',
  render(document, drawing) {
    const blocks = [
      `# ${line(document.title)}`,
      `Exported ${dateText(document.madeAtMs)} with ${line(document.madeWith)}`,
      ...document.items.flatMap((item) => itemBlocks(item, drawing)),
      ...verdictBlocks(document),
      ...runBlocks(document),
    ]
    return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
  },
})

/** Text whose signs Markdown and HTML take literally. */
function plain(text: string): string {
  const literal = (sign: string): string => (sign === '<' ? '&lt;' : sign === '&' ? '&amp;' : `\\${sign}`)
  return text.replace(/[\\`*_{}[\]<>()#+!|~&$-]/g, literal)
}

/** The same on one line. */
function line(text: string): string {
  return plain(text.replace(/\s+/g, ' ').trim())
}

function itemBlocks(item: ReportItem, drawing: Drawing): readonly string[] {
  // A digit with a dot at the start of a line would begin a list.
  if (item.kind === 'note') return [`## ${line(item.title)}`, plain(item.text).replace(/^(\s*\d+)\./gm, '$1\\.')]
  const { how } = item
  const content = item.kind === 'table' ? [plain(item.text), table(item.columns, item.rows)] : figureBlocks(item, drawing)
  return [
    `## ${line(item.title)}`,
    ...content,
    table(['How was this computed', ''], [
      ['Definition', how.definition],
      ['Source', how.source],
      ['Specification', settingsText(how.spec)],
      ['Computed', `on ${how.backend} in ${numberText(how.elapsedMs)} ms`],
    ]),
  ]
}

function figureBlocks({ title, option, caption }: ReportFigure, drawing: Drawing): readonly string[] {
  return [`![${line(title)}](${pictureOf(plainOption(option), drawing)})`, plain(caption)]
}

function verdictBlocks({ verdicts }: ReportDocument): readonly string[] {
  if (verdicts.length === 0) return []
  const rows = verdicts.map((verdict) => [
    verdict.says ?? verdict.claimId,
    verdict.verdict,
    valuesText(verdict),
    rangeText(verdict.expect),
    `${verdict.backend}; ${verdict.versions}`,
  ])
  return ['## Claims', table(['Claim', 'Verdict', 'Measured', 'Expected', 'Made with'], rows)]
}

function runBlocks(document: ReportDocument): readonly string[] {
  if (document.runs.length === 0) return []
  return [
    '## Runs and how to make them again',
    'The JSON of this report holds every run’s specification. This trains them again and compares the hashes:',
    `    ${rerunCommand(document)}`,
    ...document.runs.flatMap(runBlock),
  ]
}

function runBlock(run: ReportRun): readonly string[] {
  const hashes = run.checkpoints.map(({ step, hash }): readonly [string, string] => [`step ${step}`, hash])
  const rows = [['origin', originText(run)], ...specRows(run), ['made with', run.madeWith], ...hashes] as const
  return [`### ${line(run.name)} ${line(run.id)}`, table(['Part', 'Value'], rows)]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.map(line).join(' | ')} |`
  return [row(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(row)].join('\n')
}
