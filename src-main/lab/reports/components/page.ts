/**
 * A report as one HTML file that needs nothing else.
 *
 * 1. Every text goes through `text`, every JSON through `inlineJson`, every picture is an <img> with a data address,
 *    where an SVG cannot run scripts whatever it holds.
 * 2. The page forbids everything but itself: default-src 'none', and scripts only by the hash of their content, so that
 *    markup which slipped through could not run either. Styles are inline; images are data addresses.
 * 3. Without scripts, in print and in the static page the pictures are shown; with scripts the charts are live.
 */
import { createHash } from 'node:crypto'
import type { Drawing, ReportDocument, ReportFigure, ReportItem, ReportRun, ReportTable, ReportVerdict } from '../report'
import { liveCharts, pageStyle } from './page-assets'
import { figureSize, pictureOf } from './picture'
import { plainOption } from './plain-option'
import { dateText, numberText, originText, rangeText, rerunCommand, settingsText, specRows, valuesText } from './wording'

export interface PageOptions {
  /** With live charts, the document inside and scripts; without, pictures alone. */
  readonly isLive: boolean
}

export function page(document: ReportDocument, drawing: Drawing, { isLive }: PageOptions): string {
  const scripts = isLive ? [drawing.library, liveCharts].map(inlineScript) : []
  const policy = [
    `default-src 'none'`,
    `script-src ${isLive ? scripts.map((script) => `'sha256-${hashOf(script)}'`).join(' ') : `'none'`}`,
    `style-src 'unsafe-inline'`,
    'img-src data:',
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ')
  const data = isLive
    ? `<script type="application/json" id="document">${inlineJson(document)}</script>
<script type="application/json" id="options">${inlineJson(document.items.map(optionOf))}</script>
${scripts.map((script) => `<script>${script}</script>`).join('\n')}`
    : ''
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(document.title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<header>
<h1>${text(document.title)}</h1>
<p class="made">Exported ${text(dateText(document.madeAtMs))} with ${text(document.madeWith)}</p>
${isLive ? '<p class="actions"><button type="button" data-save="document">Save as JSON</button></p>' : ''}
</header>
${document.items.map((item, index) => itemSection(item, { index, drawing, isLive })).join('\n')}
${verdictSection(document.verdicts)}
${runSection(document)}
</main>
${data}
</body>
</html>
`
}

/** Text between tags or inside a quoted attribute. */
export function text(value: string): string {
  return value
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')
}

/** JSON that no HTML parser can take for the end of its script, nor an old JavaScript parser for a line end. */
export function inlineJson(value: unknown): string {
  const escaped = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, escaped)
}

/** A script of ours or of the chart library, in a form that no HTML parser ends early. */
function inlineScript(script: string): string {
  return script.replace(/<(?=\/script|!--)/gi, '\\x3C')
}

function hashOf(script: string): string {
  return createHash('sha256').update(script).digest('base64')
}

function optionOf(item: ReportItem): Readonly<Record<string, unknown>> | null {
  return item.kind === 'figure' ? plainOption(item.option) : null
}

type PlainOption = ReturnType<typeof plainOption>

interface At {
  readonly index: number
  readonly drawing: Drawing
  readonly isLive: boolean
}

function itemSection(item: ReportItem, at: At): string {
  if (item.kind === 'figure') return figureSection(item, at)
  if (item.kind === 'table') return tableSection(item, at)
  return `<section class="note">
${item.title === '' ? '' : `<h2>${text(item.title)}</h2>`}
<div class="note-text">${text(item.text)}</div>
</section>`
}

/** How something was computed, folded away where the page can unfold it. */
function howDetails(item: ReportFigure | ReportTable, isLive: boolean): string {
  const { how } = item
  const rows: readonly (readonly [string, string])[] = [
    ['Definition', how.definition],
    ['Source', how.source],
    ['Specification', settingsText(how.spec)],
    ['Computed', `on ${how.backend} in ${numberText(how.elapsedMs)} ms`],
    ['Shown', shownText(item)],
  ]
  return `<details${isLive ? '' : ' open'}>
<summary>How was this computed</summary>
${definitionList(rows)}
</details>`
}

function tableSection(item: ReportTable, { isLive }: At): string {
  const row = (cells: readonly string[], tag: 'td' | 'th'): string =>
    `<tr>${cells.map((cell) => `<${tag}>${text(cell)}</${tag}>`).join('')}</tr>`
  return `<section class="table">
<h2>${text(item.title)}</h2>
<p>${text(item.text)}</p>
<table><thead>${row(item.columns, 'th')}</thead>
<tbody>${item.rows.map((cells) => row(cells, 'td')).join('')}</tbody></table>
${howDetails(item, isLive)}
</section>`
}

function figureSection(figure: ReportFigure, { index, drawing, isLive }: At): string {
  const option = plainOption(figure.option)
  return `<figure class="figure">
<h2>${text(figure.title)}</h2>
${pictures(figure.title, { option, index, drawing, isLive })}
<figcaption>${text(figure.caption)}</figcaption>
${howDetails(figure, isLive)}
${isLive ? `<p class="actions"><button type="button" data-save="${index}">Save data as CSV</button></p>` : ''}
</figure>`
}

/** The live chart and the picture that stands for it without scripts and in print. */
function pictures(title: string, { option, index, drawing, isLive }: At & { option: PlainOption }): string {
  if (!('series' in option)) return '<p class="nothing">The figure was stored without a picture.</p>'
  const { width, height } = figureSize
  const live = `<div class="live" data-figure="${index}" role="img" aria-label="${text(title)}"></div>\n`
  const size = `width="${width}" height="${height}"`
  return `${isLive ? live : ''}<img class="static" src="${pictureOf(option, drawing)}" alt="${text(title)}" ${size}>`
}

function shownText({ from }: ReportFigure | ReportTable): string {
  const run = from.runId === undefined ? '' : `, run ${from.runId}`
  return `view ${from.viewId}${run}${from.step === undefined ? '' : `, step ${from.step}`}`
}

function definitionList(rows: readonly (readonly [string, string])[]): string {
  const kept = rows.filter(([, value]) => value !== '')
  return `<dl>${kept.map(([name, value]) => `<dt>${text(name)}</dt><dd>${text(value)}</dd>`).join('')}</dl>`
}

function verdictSection(verdicts: readonly ReportVerdict[]): string {
  if (verdicts.length === 0) return ''
  const rows = verdicts.map(
    (verdict) => `<tr>
<td>${text(verdict.says ?? verdict.claimId)}
<div class="sub">${text(`${verdict.recipeId}: ${verdict.claimId}, scale ${verdict.scale}`)}</div></td>
<td class="verdict-${verdict.verdict.replace(' ', '-')}">${text(verdict.verdict)}</td>
<td>${text(valuesText(verdict))}</td>
<td>${text(rangeText(verdict.expect))}</td>
<td>${text(verdict.backend)}<div class="sub">${text(verdict.versions)}</div></td>
</tr>`,
  )
  return `<section>
<h2>Claims</h2>
<table><thead><tr><th>Claim</th><th>Verdict</th><th>Measured</th><th>Expected</th><th>Made with</th></tr></thead>
<tbody>${rows.join('')}</tbody></table>
</section>`
}

function runSection(document: ReportDocument): string {
  if (document.runs.length === 0) return ''
  return `<section>
<h2>Runs and how to make them again</h2>
<p>The JSON of this report holds every run's specification. This trains them again and compares the hashes:</p>
<pre class="command">${text(rerunCommand(document))}</pre>
${document.runs.map(runDetails).join('\n')}
</section>`
}

function runDetails(run: ReportRun): string {
  const hashes = run.checkpoints.map(
    ({ step, hash }) => `<tr><td class="number">${step}</td><td class="hash">${text(hash)}</td></tr>`,
  )
  return `<section class="run">
<h3>${text(run.name)} <span class="sub">${text(run.id)}</span></h3>
${definitionList([['Origin', originText(run)], ...specRows(run), ['Made with', run.madeWith]])}
<table><thead><tr><th class="number">Step</th><th>Hash of the parameters</th></tr></thead>
<tbody>${hashes.join('')}</tbody></table>
</section>`
}
