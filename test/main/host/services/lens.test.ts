import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Inputs } from '@contract/inputs'
import * as words from '@contract/words'
import { unwrap } from '@main/base/result'
import { attributionTargets } from '@main/lab/interpret/direct-logit-attribution'
import { createNetwork } from '@main/lab/models/network'
import { allRegistries, resolveSetup } from '@main/lab/recipes/resolve-setup'
import { given as givenInputs } from '@renderer/workbench/inputs'
import { createTestHost, ended, tinyTransformerRun, type TestHost } from '../../../fixtures/host'

let it: TestHost
let at: { readonly runId: string; readonly step: number }
const spec = tinyTransformerRun()
const example: Inputs = { kind: 'examples', split: 'test', first: 0, count: 1 }

beforeAll(async () => {
  it = await createTestHost()
  const { runId, jobId } = await it.client.runs.start({ name: 'tiny', spec })
  await ended(it.client, jobId)
  at = { runId, step: 2 }
})
afterAll(() => it.end())

/** Logits of the first test example at its last position, and its label, without the services. */
function direct(): { readonly logits: number[]; readonly label: number } {
  const { params, buffers } = unwrap(it.host.store().checkpoints.load(at.runId, at.step))
  const { model, modelSettings, dataset } = unwrap(resolveSetup(spec, allRegistries, 'analysis'))
  const network = createNetwork(model, modelSettings, dataset, { ...params, ...buffers })
  const row = dataset.splits.test[0]!
  const logits = network.run({ tokens: dataset.tokens.slice(3 * row, 3 * row + 3), length: 3 })
  const values = [...logits.dataSync()].slice(2 * dataset.d_vocab_out)
  logits.dispose()
  network.dispose()
  return { logits: values, label: dataset.labels[row]! }
}

test('targets are those of the contract', () => {
  expect(attributionTargets).toEqual(words.attributionTargets)
})

test('the last row of the table is the network’s answer at the scored position, and only there is an answer', async () => {
  const { logits, label } = direct()
  const total = logits.reduce((sum, value) => sum + Math.exp(value), 0)

  const table = await it.client.lens.table({ ...at, inputs: example, topCount: 2 })

  const last = 3 * (table.points.length - 1) + 2
  expect(table.points).toHaveLength(5)
  expect(table.answers).toEqual(['', '', String(label)])
  expect(table.answerProbability.data[last]).toBeCloseTo(Math.exp(logits[label]!) / total, 5)
  expect(table.top.data[2 * last]).toBe(logits.indexOf(Math.max(...logits)))
  expect(table.classes[String(table.top.data[2 * last])]).toBe(String(table.top.data[2 * last]))
  expect(table.tokens[2]).toBe('=')
  expect(Number.isNaN(table.answerRank.data[0])).toBe(true)
})

test('a profile over many examples ends at the network’s accuracy', async () => {
  const inputs: Inputs = { kind: 'examples', split: 'all', first: 0, count: 49 }

  const { accuracy, count, points } = await it.client.lens.profile({ ...at, inputs })

  const each = await Promise.all(
    Array.from({ length: 49 }, (_, first) => it.client.lens.table({ ...at, inputs: { ...inputs, first, count: 1 }, topCount: 1 })),
  )
  const right = each.filter(({ answerRank }) => answerRank.data.at(-1) === 1).length
  expect(count).toBe(49)
  expect(accuracy.data[points.length - 1]).toBeCloseTo(right / 49, 6)
})

test('attribution is of the scored position, and its components sum to the logit', async () => {
  const { logits, label } = direct()

  const found = await it.client.lens.attribution({ ...at, inputs: example, target: 'logit', neuronCount: 3 })

  expect(found.logit).toBeCloseTo(logits[label]!, 5)
  expect(found.components.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(logits[label]!, 4)
  expect([found.position, found.answer, found.neurons.length]).toEqual([2, String(label), 3])
  expect(found.sources.shape).toEqual([2, 2, 3])
  expect(found.how.spec).toMatchObject({ position: 2, target: 'logit', inputs: 'examples 0 to 0 of split test' })
})

test('a position without an answer is refused with those that have one', async () => {
  const refused = it.client.lens.attribution({ ...at, inputs: example, position: 0, target: 'logit', neuronCount: 0 })

  await expect(refused).rejects.toMatchObject({ code: 'ARGUMENTS_INVALID', message: expect.stringContaining('positions with one: 2') as string })
})

test('answers that come with tokens are those that are attributed', async () => {
  const tokens = { axes: ['example', 'pos'], shape: [1, 3], data: Int32Array.of(1, 2, 7) }
  const given: Inputs = { kind: 'tokens', tokens, answers: { ...tokens, data: Int32Array.of(-1, -1, 4) } }

  const found = await it.client.lens.attribution({ ...at, inputs: given, target: 'logit', neuronCount: 0 })
  const beyond = it.client.lens.table({ ...at, inputs: { ...given, answers: { ...tokens, data: Int32Array.of(-1, -1, 99) } }, topCount: 1 })

  expect([found.position, found.answer]).toEqual([2, '4'])
  await expect(beyond).rejects.toMatchObject({ code: 'ARGUMENTS_INVALID', message: expect.stringContaining('expected int32 [1,3] of classes') as string })
})

test('a prompt set of the project, as tokens of the run, is read and attributed like any other input', async () => {
  const source = { kind: 'drawn', generatorId: 'modular-arithmetic', settings: { p: 7, prompts: 5, equalsToken: true }, seed: 1 } as const
  const { id } = await it.client.prompts.keep({ source, name: 'sums' })
  const { tokens } = await it.client.prompts.tokenize({
    source: { kind: 'stored', promptSetId: id },
    tokenizer: { kind: 'run', runId: at.runId },
    startToken: false,
    keepsSplit: false,
  })

  const inputs = givenInputs(tokens, 'corrupted', { first: 0, count: 5 })!
  const one = givenInputs(tokens, 'clean', { first: 2, count: 1 })!
  const found = await it.client.lens.attribution({ ...at, inputs: one, target: 'logit', neuronCount: 0 })
  const { count } = await it.client.lens.profile({ ...at, inputs })

  expect([found.position, found.answer, count]).toEqual([2, String(tokens.answers.data[2 * tokens.answers.shape[1]!]), 5])
  expect(found.tokens).toHaveLength(3)
})

test('norms are told of every place, for many examples at once', async () => {
  const { norm, points, writers, count } = await it.client.lens.decomposition({ ...at, inputs: { kind: 'examples', split: 'train', first: 0, count: 9 } })

  expect([norm.shape[0], writers.length, count]).toEqual([points.length, points.length - 1, 9])
  expect(norm.data.every((value) => value > 0)).toBe(true)
})
