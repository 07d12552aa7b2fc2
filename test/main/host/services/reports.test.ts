import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ReportItem } from '@contract/reports'
import { readReport } from '@main/lab/reports/report'
import { unwrap } from '@main/base/result'
import { createTestHost, ended, tinyRun, type TestHost } from '../../../fixtures/host'

let it: TestHost
let runId: string
const printed: string[] = []

beforeAll(async () => {
  const pdf = (html: string): Promise<Uint8Array> => {
    printed.push(html)
    return Promise.resolve(new TextEncoder().encode('%PDF'))
  }
  it = await createTestHost({ pdf })
  const started = await it.client.runs.start({ name: 'tiny', spec: tinyRun() })
  runId = started.runId
  await ended(it.client, started.jobId)
})
afterAll(() => it.end())

const note = (title: string): ReportItem => ({ kind: 'note', title, text: 'words' })
const figure = (step: number): ReportItem => ({
  kind: 'figure',
  title: 'A line',
  caption: '',
  option: JSON.stringify({ xAxis: {}, yAxis: {}, series: [{ type: 'line', data: [[0, 1], [1, 2]] }] }),
  csv: 'x,y\n0,1\n1,2\n',
  how: { definition: 'd', source: 's', spec: {}, backend: 'cpu', elapsedMs: 1 },
  from: { viewId: 'training', runId, step },
})

describe('the report', () => {
  test('keeps its items in the order they were put into, through removal and undo', async () => {
    const { reports } = it.client
    const first = await reports.add({ item: note('first') })
    await reports.add({ item: note('second') })
    const removed = await reports.remove({ id: first.id })
    await reports.insert({ stored: removed, index: 0 })

    const moved = await reports.move({ id: first.id, index: 1 })

    expect(moved.map(({ item }) => item.title)).toEqual(['second', 'first'])
    for (const { id } of moved) await reports.remove({ id })
  })

  test('exports a page that carries the runs of its figures with the hashes of what they show', async () => {
    const { reports, runs } = it.client
    const { id } = await reports.add({ item: figure(20) })

    const { fileName, mime, bytes } = await reports.export({ format: 'html', title: 'My <report>' })

    const document = unwrap(readReport(new TextDecoder().decode(bytes)))
    const hashes = new Map((await runs.checkpoints({ runId })).map(({ step, hash }) => [step, hash]))
    expect([fileName, mime]).toEqual(['my-report.html', 'text/html'])
    expect(document.runs).toMatchObject([
      { id: runId, checkpoints: [{ step: 20, hash: hashes.get(20) }, { step: 60, hash: hashes.get(60) }] },
    ])
    await reports.remove({ id })
  })

  test('carries every run that a table is about', async () => {
    const { kind: _kind, caption: _caption, option: _option, csv: _csv, ...like } = figure(20) as Extract<ReportItem, { kind: 'figure' }>
    const item: ReportItem = { ...like, kind: 'table', text: '', columns: ['arm'], rows: [['dense']], from: { viewId: 'tickets', runIds: [runId, 'run-gone'] } }
    const { id } = await it.client.reports.add({ item })

    const { bytes } = await it.client.reports.export({ format: 'json', title: 'Arms' })

    expect(unwrap(readReport(new TextDecoder().decode(bytes))).runs.map((run) => run.id)).toEqual([runId])
    await it.client.reports.remove({ id })
  })

  test('prints a page whose pictures need no script', async () => {
    const { id } = await it.client.reports.add({ item: figure(20) })

    const { mime, bytes } = await it.client.reports.export({ format: 'pdf', title: 'Printed' })

    expect([mime, new TextDecoder().decode(bytes)]).toEqual(['application/pdf', '%PDF'])
    expect(printed[0]).not.toMatch(/<script/)
    await it.client.reports.remove({ id })
  })
})
