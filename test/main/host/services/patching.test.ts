import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { namedArray } from '@main/base/array'
import { unwrap } from '@main/base/result'
import type { PairSource, PatchSweep } from '@contract/patching'
import activationPatching from '@main/lab/interpret/activation-patching'
import attributionPatching from '@main/lab/interpret/attribution-patching'
import { taskPairs, type Pairs } from '@main/lab/interpret/components/pairs'
import type { Network } from '@main/lab/models/network'
import { createTestHost, ended, tinyRun, tinyTransformerRun, type TestHost } from '../../../fixtures/host'
import { withStored } from '../../../fixtures/stored-network'

let it: TestHost
let at: { readonly runId: string; readonly step: number }
const spec = tinyTransformerRun()
const source: PairSource = { kind: 'task', split: 'test', count: 6, seed: 3 }
const terms = { source, direction: 'denoise', metric: 'logit-difference' } as const

beforeAll(async () => {
  it = await createTestHost()
  const { runId, jobId } = await it.client.runs.start({ name: 'tiny', spec })
  await ended(it.client, jobId)
  at = { runId, step: 2 }
})
afterAll(() => it.end())

/** With the stored network and the pairs it would be asked about, without the services. */
function direct<T>(use: (network: Network, pairs: Pairs) => T): T {
  return withStored({ it, at, spec }, (network, dataset) =>
    use(network, unwrap(taskPairs(dataset, { members: dataset.splits.test, count: 6, seed: 3 }))),
  )
}

/** Throws for a number that only a frame can carry. */
function wired(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`${key} is ${value}`)
  return ArrayBuffer.isView(value) ? 'array' : value
}

describe('patching a stored checkpoint', { timeout: 30_000 }, () => {
  test('pairs are examples of the task with partners of another label, and read as a person writes them', async () => {
    const { count, clean, answers, wrong, ids, texts, layers, heads, kinds } = await it.client.patching.pairs({ ...at, source })

    expect([count, clean.shape, layers, heads]).toEqual([6, [6, 3], 2, 2])
    expect(kinds).toContain('resid_mid')
    expect(answers.data.some((answer, i) => answer === wrong.data[i])).toBe(false)
    const sums = Array.from({ length: count }, (_, i) => (clean.data[3 * i]! + clean.data[3 * i + 1]!) % 7)
    expect([...answers.data]).toEqual(sums)
    expect(texts[ids.data.indexOf(7)]).toBe('=')
  })

  test('a sweep ends complete, equals the one of the stored weights and says how it came about', async () => {
    const events: PatchSweep[] = []
    await it.client.patching.sweep({ ...at, ...terms, kind: 'z', grid: 'layer-head', estimates: false }, (event) => void events.push(event))

    const plan = { direction: 'denoise', metric: 'logit-difference', kind: 'z', grid: 'layer-head' } as const
    const last = events.at(-1)!
    expect([...last.values.data]).toEqual([...direct((network, pairs) => activationPatching.measure(network, { pairs, ...plan }).values)])
    expect(last).toMatchObject({ done: 4, total: 4, axes: ['layer', 'head'], values: { shape: [2, 2] } })
    expect(Object.keys(last.how.spec)).toEqual(
      expect.arrayContaining(['checkpoint', 'metric', 'direction', 'ablation', 'dataset', 'pairSeed', 'seed', 'site', 'grid']),
    )
  })

  test('estimates come with the sweep and, once it is whole, with how well they agree; else with the reason for none', async () => {
    const ask = async (metric: 'logit-difference' | 'accuracy'): Promise<PatchSweep[]> => {
      const events: PatchSweep[] = []
      const wanted = { ...at, ...terms, metric, kind: 'resid_mid', grid: 'layer-pos', estimates: true } as const
      await it.client.patching.sweep(wanted, (event) => void events.push(event))
      return events
    }
    const events = await ask('logit-difference')
    const { estimate, noEstimate } = events.at(-1)!
    const plan = { direction: 'denoise', metric: 'logit-difference', kind: 'resid_mid', grid: 'layer-pos' } as const
    const values = direct((network, pairs) => attributionPatching.measure(network, { pairs, ...plan }).values)

    expect([...estimate!.values.data]).toEqual([...values])
    expect(estimate).toMatchObject({ values: { shape: [2, 3] }, agreement: { topCount: 3 } })
    expect(estimate!.agreement!.spearman).toBeGreaterThan(0)
    expect(estimate!.agreement!.topOverlap).toBeGreaterThan(0)
    expect(noEstimate).toBeUndefined()
    // Every event has to be sent as JSON, which knows no NaN.
    expect(events.every((event) => JSON.stringify(event, wired) !== '')).toBe(true)
    expect((await ask('accuracy')).at(-1)).toMatchObject({ noEstimate: 'accuracy has no gradient' })
  })

  test('every head patched together, pair by pair, in the last layer moves the metric as its attn_out does', async () => {
    const heads = [0, 1].map((head) => ({ hook: 'blocks.1.attn.hook_z', head }))
    const { clean, patched, unchanged } = await it.client.patching.sites({ ...at, ...terms, sites: heads })
    const whole = await it.client.patching.sites({ ...at, ...terms, sites: [{ hook: 'blocks.1.hook_attn_out' }] })
    const none = await it.client.patching.sites({ ...at, ...terms, sites: [] })

    expect(clean.shape).toEqual([6])
    patched.data.forEach((value, i) => expect(value).toBeCloseTo(whole.patched.data[i]!, 5))
    none.patched.data.forEach((value, i) => expect(value).toBeCloseTo(none.corrupted.data[i]!, 5))
    expect(unchanged).toEqual([])
  })

  test('paths to the logits and attention patterns are answered', async () => {
    let last: PatchSweep | undefined
    const path = { ...at, ...terms, receivers: 'logits', freezesMlps: true } as const
    await it.client.patching.path(path, (event) => void (last = event))
    const { pattern } = await it.client.patching.pattern({ ...at, source, layer: 0, head: 1 })

    expect(last).toMatchObject({ done: 4, total: 4, how: { spec: { receivers: 'logits', mlps: 'frozen at the base run' } } })
    const rows = [0, 1, 2].map((query) => [0, 1, 2].reduce((sum, key) => sum + pattern.data[3 * query + key]!, 0))
    rows.forEach((sum) => expect(sum).toBeCloseTo(1, 5))
  })

  test('pairs from elsewhere with answers of their own count, and an answer set in their place', async () => {
    const tokens = (...values: number[]) => namedArray(['pair', 'pos'], [2, 3], Int32Array.from(values))
    const perPair = (...values: number[]) => namedArray(['pair', 'answer'], [2, 2], Int32Array.from(values))
    const given: PairSource = {
      kind: 'given',
      title: 'by hand',
      clean: tokens(1, 2, 7, 3, 3, 7),
      corrupted: tokens(1, 5, 7, 3, 0, 7),
      answerPos: namedArray(['pair'], [2], Int32Array.of(2, 2)),
      answers: perPair(3, -1, 6, -1),
      wrong: perPair(6, 5, 3, -1),
    }
    const ask = (answerSet?: { right: number[]; wrong: number[] }) =>
      it.client.patching.sites({ ...at, ...terms, source: given, sites: [], ...(answerSet && { answerSet }) })
    const own = await ask()
    const same = await ask({ right: [3], wrong: [6, 5] })

    expect(same.clean.data[0]).toBeCloseTo(own.clean.data[0]!, 6)
    expect(same.clean.data[1]).not.toBeCloseTo(own.clean.data[1]!, 3)
    expect(own.how.spec['dataset']).toBe('by hand, 2 pairs')
    const outside = it.client.patching.pairs({ ...at, source: { ...given, answers: perPair(9, -1, 6, -1) } })
    await expect(outside).rejects.toMatchObject({ code: 'ARGUMENTS_INVALID', message: 'answer 9 is outside 0 to 6' })
  })

  test('sites that are not there, kinds without heads and networks without attention are refused in words', async () => {
    const refusal = (message: string) => ({ code: 'ARGUMENTS_INVALID', message: expect.stringContaining(message) as string })
    const sites = (site: { hook: string; head?: number; pos?: number }) => it.client.patching.sites({ ...at, ...terms, sites: [site] })

    await expect(sites({ hook: 'blocks.5.attn.hook_z' })).rejects.toMatchObject(refusal('no hook point'))
    await expect(sites({ hook: 'blocks.1.attn.hook_z', head: 2 })).rejects.toMatchObject(refusal('no head 2'))
    await expect(sites({ hook: 'blocks.1.hook_mlp_out', pos: 3 })).rejects.toMatchObject(refusal('no position 3'))
    const headless = it.client.patching.sweep({ ...at, ...terms, kind: 'mlp_out', grid: 'layer-head', estimates: false }, () => {})
    await expect(headless).rejects.toMatchObject(refusal('has no heads'))

    const { runId, jobId } = await it.client.runs.start({ name: 'perceptron', spec: tinyRun({ steps: 1 }) })
    await ended(it.client, jobId)
    const unsuited = it.client.patching.pairs({ runId, step: 1, source })
    await expect(unsuited).rejects.toMatchObject({ code: 'MODEL_UNSUITABLE' })
  })
})
