/** The command line as it ships: built entries, real processes, files on disk. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import { readReport, type ReportDocument } from '@main/lab/reports/report'
import { buildEntries, createScratch } from '../fixtures/host'

const scratch = createScratch()
const at = (name: string): string => join(scratch.folder, name)
let entries: string

beforeAll(async () => void (entries = await buildEntries()))
afterAll(() => {
  scratch.remove()
  rmSync(entries, { recursive: true, force: true })
})

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

function grokscope(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(entries, 'headless.js'), ...args], { cwd: scratch.folder }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err })
    })
  })
}

const small = ['--arm', 'base', '--set', 'p=7', '--set', 'd_mlp=8', '--set', 'schedule.steps=20']

const documentIn = (name: string): ReportDocument => unwrap(readReport(readFileSync(at(name), 'utf8')))

describe('a recipe run from the command line', () => {
  let ran: Outcome
  beforeAll(async () => {
    ran = await grokscope('run', 'doshi-2023', ...small, '--seeds', '2', '--out', 'r.json', '--project', 'r.grokscope', '--json')
  })

  test('tells in JSON lines what was started, trained, judged and written', () => {
    const events = ran.out.trim().split('\n').map((line) => JSON.parse(line) as { event: string })
    const kinds = new Set(events.map(({ event }) => event))

    expect([...kinds].filter((kind) => kind !== 'progress')).toEqual(['started', 'run', 'verdict', 'wrote'])
    expect(events.filter(({ event }) => event === 'run')).toMatchObject([{ step: 20 }, { step: 20 }])
    expect(ran.err).toBe('')
  })

  test('at a size that cannot reproduce the paper ends with code 3', () => {
    expect(ran.code).toBe(3)
  })

  test('writes a report whose specifications train to the recorded weights again', async () => {
    const again = await grokscope('run', '--spec', 'r.json')

    expect(documentIn('r.json').runs.length).toBe(2)
    expect(again.code).toBe(0)
    expect(again.out.match(/equals the report, checkpoint by checkpoint/g)?.length).toBe(2)
  })

  test('notices a report whose recorded weights are not those that come out', async () => {
    const text = readFileSync(at('r.json'), 'utf8')
    const [{ checkpoints }] = documentIn('r.json').runs as [ReportDocument['runs'][number]]
    writeFileSync(at('forged.json'), text.replaceAll(checkpoints.at(-1)!.hash, 'f'.repeat(64)))

    const again = await grokscope('run', '--spec', 'forged.json')

    expect(again.code).toBe(3)
    expect(again.out).toMatch(/differs from the report at step 20/)
  })

  test('leaves a project that renders to the same report without being changed', async () => {
    const before = readFileSync(at('r.grokscope'))
    const rendered = await grokscope('report', 'r.grokscope', '--out', 'again.json')

    expect(rendered.code).toBe(0)
    const { runs, verdicts } = documentIn('again.json')
    expect({ runs, verdicts }).toEqual({ runs: documentIn('r.json').runs, verdicts: documentIn('r.json').verdicts })
    expect(readFileSync(at('r.grokscope')).equals(before)).toBe(true)
  })

  test('renders as a page that carries its document', async () => {
    expect((await grokscope('report', 'r.json')).code).toBe(0)
    expect(documentIn('r.html')).toEqual(documentIn('r.json'))
  })
})

describe('wrong input', () => {
  test.each<[string[], number, RegExp]>([
    [['run', 'dohsi'], 2, /unknown recipe 'dohsi'; known: doshi-2023/],
    [['run', 'doshi-2023', '--arm', 'bse'], 2, /unknown arm 'bse'; known: base, /],
    [['run', 'doshi-2023', '--set', 'p=nine'], 2, /p is "nine"; expected an integer/],
    [['run', 'doshi-2023', '--backend', 'abacus'], 1, /unknown backend 'abacus'; known: cuda, /],
    [['run', '--spec', 'absent.json'], 1, /no file 'absent\.json'/],
    [['report', 'absent.grokscope'], 1, /'absent\.grokscope'/],
    [['selftest', '--method', 'eap-id'], 1, /unknown circuit method 'eap-id'; nearest: eap/],
    [['frobnicate'], 2, /unknown command 'frobnicate'/],
  ])('%j ends with code %i and names it', async (args, code, words) => {
    const outcome = await grokscope(...args)
    expect(outcome.code).toBe(code)
    expect(outcome.err).toMatch(words)
    expect(outcome.err).not.toMatch(/\bat .*:\d+:\d+/)
  })
})

test('doctor lists what this machine has', async () => {
  const { code, out } = await grokscope('doctor', '--json')
  const subjects = (JSON.parse(out) as { subject: string }[]).map(({ subject }) => subject)
  expect(code).toBe(0)
  expect(subjects).toEqual(expect.arrayContaining(['Node', 'SQLite', 'Electron', 'Chromium']))
})

test('the selftest says how well a method finds known circuits, as JSON', async () => {
  const { code, out } = await grokscope('selftest', '--method', 'exact-edges', '--method', 'random', '--pairs', '8', '--json')
  const { summaries } = JSON.parse(out) as { summaries: { methodId: string; networkCount: number; median: number }[] }
  const [exact, random] = summaries
  expect(code).toBe(0)
  expect([exact!.methodId, random!.methodId]).toEqual(['exact-edges', 'random'])
  expect(exact!.networkCount).toBeGreaterThanOrEqual(60)
  expect(exact!.median).toBeGreaterThan(random!.median + 0.3)
})

test('nothing is left behind where nothing was asked for', async () => {
  const { code } = await grokscope('run', 'doshi-2023', ...small, '--quiet')
  expect(code).toBe(3)
  expect(existsSync(at('run.grokscope'))).toBe(false)
})
