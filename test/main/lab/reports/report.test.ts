import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type * as contract from '@contract/reports'
import type { Verdict } from '@contract/recipes'
import type { RunSpec } from '@contract/runs'
import { reportFormats } from '@main/lab/reports'
import html from '@main/lab/reports/html'
import json from '@main/lab/reports/json'
import markdown from '@main/lab/reports/markdown'
import print from '@main/lab/reports/print'
import { readReport, type ReportItem, type ReportRun, type ReportVerdict } from '@main/lab/reports/report'
import { drawing, figure, hostile, hostileReport, sampleReport } from './sample-report'

// Both directions: what the contract delivers can be reported, and what is read back fits the contract.
const itemFits = (item: contract.ReportItem): ReportItem => item
const itemComesBack = (item: ReportItem): contract.ReportItem => item
const verdictFits = (verdict: Verdict): ReportVerdict => verdict
const specComesBack = (run: ReportRun): RunSpec => run.spec

test('items, verdicts and specifications have the shape of the contract', () => {
  const { items, verdicts, runs } = sampleReport()

  expect(items.map((item) => itemFits(itemComesBack(item)))).toEqual(items)
  expect(verdicts.map((verdict) => verdictFits(verdict))).toEqual(verdicts)
  expect(specComesBack(runs[0]!)).toBe(runs[0]!.spec)
})

describe.each([...reportFormats])('format $id', (format) => {
  test('equal documents give equal bytes', () => {
    const [first, second] = [sampleReport(), sampleReport()].map((document) => format.render(document, drawing))

    expect(first === second).toBe(true)
  })
  test('shows title, note, definition, specification, hash, seed and the command that makes it again', () => {
    const rendered = format.render(sampleReport(), drawing).replace(/\\(.)/g, '$1')

    const wanted = ['Which neurons memorize', 'A network that memorized 35 % wrong labels', 'z(e) − Σ', 'arXiv:2310.13061']
    for (const text of [...wanted, '9f86d081884c7d65', 'ipr-ascending', 'pruning-low-forgets', 'not reproduced']) {
      if (format.id !== 'markdown' || text !== 'pruning-low-forgets') expect(rendered).toContain(text)
    }
    if (format.id !== 'json') expect(rendered).toContain('grokscope run --spec which-neurons-memorize.json')
  })
  test('an empty report still renders', () => {
    const rendered = format.render(sampleReport({ items: [], runs: [], verdicts: [] }), { ...drawing, library: '' })

    expect(rendered).toContain('Which neurons memorize')
    expect(rendered).not.toMatch(/undefined|Claims|Runs and how/)
  })
})

describe('a table', () => {
  const table = {
    kind: 'table' as const,
    title: 'Arms',
    text: 'Three seeds',
    columns: ['arm', 'τ'],
    rows: [['dense', '157'], ['ticket | <b>', '5.5']],
    how: figure.how,
    from: { viewId: 'tickets', runIds: ['run-1'] },
  }
  const document = sampleReport({ items: [table] })

  test.each([html, print])('is a table in $id, its cells text', (format) => {
    const rendered = format.render(document, { ...drawing, library: '' })

    expect(rendered).toContain('<tr><th>arm</th><th>τ</th></tr>')
    expect(rendered).toContain('<tr><td>ticket | &lt;b&gt;</td><td>5.5</td></tr>')
    expect(rendered).toContain(figure.how.source)
  })
  test('is a table in Markdown, its cells text', () => {
    expect(markdown.render(document, drawing)).toContain('| arm | τ |\n| --- | --- |\n| dense | 157 |\n| ticket \\| &lt;b\\> | 5.5 |')
  })
  test.each([html, json])('is read back from $id', (format) => {
    expect(readReport(format.render(document, { ...drawing, library: '' }))).toEqual({ ok: true, value: document })
  })
})

describe('hostile text', () => {
  test.each([html, print])('never becomes markup in $id', (format) => {
    const rendered = format.render(hostileReport(), { ...drawing, library: '/* library */' })

    expect(rendered).not.toContain('<img src=x')
    expect(rendered).not.toContain('onerror="')
    expect(rendered.match(/<\/script>/g) ?? []).toHaveLength(format.id === 'html' ? 4 : 0)
    expect(rendered).not.toMatch(/[\u2028\u2029].*<script|<script[^>]*>[^<]*[\u2028\u2029]/)
    expect(rendered).toContain('&lt;/script&gt;&lt;img')
  })
  test('becomes text in Markdown', () => {
    const rendered = markdown.render(hostileReport(), drawing)

    expect(rendered).not.toContain('<')
    expect(rendered.split('\n')[0]).toMatch(/^# &lt;\/script\\>&lt;img/)
  })
  test('leaves the page with a policy that runs nothing but its own two scripts', () => {
    const rendered = html.render(hostileReport(), drawing)

    const [policy] = /content="(default-src[^"]*)"/.exec(rendered)!.slice(1)
    const scripts = [...rendered.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script]) => script!)
    const hashes = scripts.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`)
    expect(scripts).toHaveLength(2)
    expect(policy).toBe(
      `default-src 'none'; script-src ${hashes.join(' ')}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`,
    )
  })
})

describe('reading back', () => {
  test.each([html, json])('$id carries the whole document', (format) => {
    const document = hostileReport()

    expect(readReport(format.render(document, drawing))).toEqual({ ok: true, value: document })
  })
  test('keeps the numbers behind a figure as CSV', () => {
    const read = readReport(html.render(sampleReport(), drawing))

    expect(read.ok && read.value.items[1]).toMatchObject({ csv: figure.csv })
  })
  test.each([
    ['PK\u0003\u0004', 'the text holds no report'],
    ['{}', 'not a report of version 1; format'],
    [JSON.stringify({ ...sampleReport(), version: 2 }), 'not a report of version 1; version'],
    [JSON.stringify({ ...sampleReport(), runs: [{}] }), 'not a report of version 1; runs.0.id'],
  ])('refuses %j by saying what is wrong', (text, message) => {
    const read = readReport(text)

    expect(read.ok ? '' : `${read.error.code} ${read.error.message}`).toContain(`FILE_UNREADABLE ${message}`)
  })
})

test('the note of a hostile report is the text that was typed', () => {
  expect(html.render(hostileReport(), drawing)).toContain(
    `<div class="note-text">${hostile.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;').replace(/'/g, '&#39;')}</div>`,
  )
})
