import { afterAll, beforeAll, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import { scoped } from '@main/engine/tf'
import headCircuits, { copyingScore } from '@main/lab/interpret/head-circuits'
import { createNetwork } from '@main/lab/models/network'
import { allRegistries, resolveSetup } from '@main/lab/recipes/resolve-setup'
import { createTestHost, ended, tinyRun, tinyTransformerRun, type TestHost } from '../../../fixtures/host'

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

test('heads and their circuits are those of the stored weights', async () => {
  const { params, buffers } = unwrap(it.host.store().checkpoints.load(at.runId, at.step))
  const { model, modelSettings, dataset } = unwrap(resolveSetup(spec, allRegistries, 'analysis'))
  const network = createNetwork(model, modelSettings, dataset, { ...params, ...buffers })
  const direct = scoped(() => headCircuits.measure(network, { layer: 1, head: 0, kind: 'ov', mostCells: 1000, directionCount: 1 }))
  network.dispose()

  const { copying, missing } = await it.client.weights.heads(at)
  const circuit = await it.client.weights.circuit({ ...at, layer: 1, head: 0, kind: 'ov', mostCells: 1000 })

  expect(copying.shape).toEqual([2, 2])
  expect(copying.data[2]).toBeCloseTo(copyingScore(direct), 6)
  expect(missing).toEqual({})
  expect([...circuit.matrix!.data]).toEqual([...direct.matrix!.data])
  expect(circuit.rowTexts).toEqual(['0', '1', '2', '3', '4', '5', '6', '='])
  expect(circuit.directions[0]!.rows).toHaveLength(8)
  expect(circuit.how.spec).toMatchObject({ circuit: 'ov', layer: 1, head: 0 })
})

test('composition and spectrum are answered for the same checkpoint', async () => {
  const { scores } = await it.client.weights.composition({ ...at, kind: 'k' })
  const { modulus, embedding } = await it.client.weights.spectrum(at)

  expect(scores.shape).toEqual([4, 4])
  expect(Number.isFinite(scores.data[2])).toBe(true)
  expect([modulus, ...embedding.shape]).toEqual([7, 2, 4])
})

test('a head that is not there, and a network without heads, are refused in words', async () => {
  const beyond = it.client.weights.circuit({ ...at, layer: 2, head: 0, kind: 'qk', mostCells: 0 })
  await expect(beyond).rejects.toMatchObject({ code: 'ARGUMENTS_INVALID', message: expect.stringContaining('no head 2.0') as string })

  const { runId, jobId } = await it.client.runs.start({ name: 'perceptron', spec: tinyRun({ steps: 1 }) })
  await ended(it.client, jobId)
  const unsuited = it.client.weights.heads({ runId, step: 1 })
  await expect(unsuited).rejects.toMatchObject({ code: 'MODEL_UNSUITABLE', message: expect.stringContaining('no attention heads') as string })
})
