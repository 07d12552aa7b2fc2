import { afterAll, beforeAll, expect, test } from 'vitest'
import * as words from '@contract/words'
import attentionPatterns, { attentionKinds } from '@main/lab/interpret/attention-patterns'
import { headScoreIds } from '@main/lab/interpret/head-scores'
import type { Network } from '@main/lab/models/network'
import type { Dataset } from '@main/lab/tasks/task'
import { expectClose } from '../../../fixtures/backends'
import { createTestHost, ended, tinyRun, tinyTransformerRun, type TestHost } from '../../../fixtures/host'
import { withStored } from '../../../fixtures/stored-network'

let it: TestHost
let at: { readonly runId: string; readonly step: number }
const spec = tinyTransformerRun()

beforeAll(async () => {
  it = await createTestHost()
  const { runId, jobId } = await it.client.runs.start({ name: 'tiny', spec })
  await ended(it.client, jobId)
  at = { runId, step: 2 }
})
afterAll(() => it.end())

const direct = <T>(use: (network: Network, dataset: Dataset) => T): T => withStored({ it, at, spec }, use)

test('kinds and scores are those of the contract', () => {
  expect(attentionKinds).toEqual(words.attentionKinds)
  expect(headScoreIds).toEqual(words.headScoreIds)
})

test('one example shows its own tokens and the patterns of the stored weights', async () => {
  const inputs = { kind: 'examples', split: 'test', first: 1, count: 1 } as const
  const wanted = direct((network, dataset) => {
    const tokens = dataset.tokens.slice(3 * dataset.splits.test[1]!, 3 * dataset.splits.test[1]! + 3)
    return { tokens, cells: attentionPatterns.measure(network, { sequences: { tokens, length: 3 }, kind: 'pattern' }).data }
  })

  const all = await it.client.attention.patterns({ ...at, inputs, kind: 'pattern' })
  const one = await it.client.attention.head({ ...at, inputs, kind: 'pattern', layer: 1, head: 0 })

  expect(all.patterns.shape).toEqual([2, 2, 3, 3])
  expect([...all.patterns.data]).toEqual([...wanted.cells])
  expect([...one.pattern.data]).toEqual([...wanted.cells.subarray(18, 27)])
  expect(all.tokens).toEqual([...wanted.tokens].map((token) => (token === 7 ? '=' : String(token))))
  expect(one.how.spec).toMatchObject({ kind: 'pattern', head: '1.0', inputs: 'examples 1 to 1 of split test' })
})

test('many examples are averaged and have no tokens of their own', async () => {
  const average = (count: number, first = 0) =>
    it.client.attention.head({ ...at, inputs: { kind: 'examples', split: 'all', first, count }, kind: 'value-weighted', layer: 0, head: 1 })

  const [both, first, second] = await Promise.all([average(2), average(1), average(1, 1)])

  expectClose(both.pattern.data, first.pattern.data.map((value, i) => (value + second.pattern.data[i]!) / 2), { atol: 1e-6 })
  expect([both.count, both.tokens]).toEqual([2, undefined])
})

test('scores come with what they mean and with why one has no value', async () => {
  const { scores, missing, definitions } = await it.client.attention.scores({
    ...at,
    inputs: { kind: 'tokens', tokens: { axes: ['example', 'pos'], shape: [1, 3], data: Int32Array.of(1, 2, 7) } },
  })

  expect(scores.shape).toEqual([6, 2, 2])
  expect(Object.keys(missing)).toEqual(['duplicate-token', 'induction', 'prefix-matching'])
  expect(Object.keys(definitions)).toEqual([...headScoreIds])
  expect(Number.isFinite(scores.data[0])).toBe(true)
})

test('what cannot be is refused in words', async () => {
  const inputs = { kind: 'examples', split: 'all', first: 0, count: 1 } as const
  const beyond = it.client.attention.head({ ...at, inputs, kind: 'pattern', layer: 2, head: 0 })
  await expect(beyond).rejects.toMatchObject({ code: 'ARGUMENTS_INVALID', message: expect.stringContaining('no head 2.0') as string })
  const short = it.client.attention.scores({ ...at, inputs: { kind: 'repeated', count: 1, seed: 1 } })
  await expect(short).rejects.toMatchObject({ code: 'MODEL_UNSUITABLE', message: expect.stringContaining('3 positions') as string })

  const { runId, jobId } = await it.client.runs.start({ name: 'perceptron', spec: tinyRun({ steps: 1 }) })
  await ended(it.client, jobId)
  const unsuited = it.client.attention.patterns({ runId, step: 1, inputs, kind: 'pattern' })
  await expect(unsuited).rejects.toMatchObject({ code: 'MODEL_UNSUITABLE', message: expect.stringContaining('no attention heads') as string })
})
