import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PruneCurve } from '@contract/interpret'
import { unwrap, type AppError } from '@main/base/result'
import { createPruner } from '@main/lab/interpret/pruning'
import { createNetwork } from '@main/lab/models/network'
import { resolveSetup } from '@main/lab/recipes/resolve-setup'
import { createTestHost, ended, tinyRun, type TestHost } from '../../../fixtures/host'

let it: TestHost
let runId: string
const step = 60

beforeAll(async () => {
  it = await createTestHost()
  const started = await it.client.runs.start({ name: 'tiny', spec: tinyRun() })
  runId = started.runId
  await ended(it.client, started.jobId)
})
afterAll(() => it.end())

/** Accuracies of the stored network with these neurons removed, without the services. */
function direct(removed: readonly number[]): ReturnType<ReturnType<typeof createPruner>['accuracies']> {
  const { params, buffers } = unwrap(it.host.store().checkpoints.load(runId, step))
  const { model, modelSettings, dataset } = unwrap(resolveSetup(tinyRun()))
  const network = createNetwork(model, modelSettings, dataset, { ...params, ...buffers })
  const pruner = createPruner(network, dataset)
  pruner.become(removed)
  const accuracies = pruner.accuracies()
  network.dispose()
  return accuracies
}

describe('analyses of a stored checkpoint', { timeout: 30_000 }, () => {
  test('every neuron is listed, with how it was computed', async () => {
    const neurons = await it.client.interpret.neurons({ runId, step })

    const [checkpoint] = (await it.client.runs.checkpoints({ runId })).slice(-1)
    expect(neurons).toMatchObject({ count: 8, modulus: 7, how: { backend: 'cpu', spec: { checkpoint: checkpoint!.hash, seed: 3 } } })
    expect(neurons.ipr.shape).toEqual([8])
  })

  test('thresholds that were asked for come back and make every neuron generalizing', async () => {
    const thresholds = { generalizingIpr: 0, memorizingIpr: 0, deadNorm: 0 }

    const neurons = await it.client.interpret.neurons({ runId, step, thresholds })

    expect(neurons.thresholds).toEqual(thresholds)
    expect([...neurons.role.data]).toEqual(Array(8).fill(0))
  })

  test('removing neurons gives the accuracies of the network without them', async () => {
    const removed = [1, 4, 6]

    expect(await it.client.interpret.pruned({ runId, step, removed })).toEqual(direct(removed))
    expect(await it.client.interpret.pruned({ runId, step, removed: [] })).toEqual(direct([]))
  })

  test('the effect of one neuron is the difference its removal makes', async () => {
    const [whole, without] = [direct([]), direct([2])]

    const { effect, index, activation } = await it.client.interpret.neuron({ runId, step, neuron: 2 })

    expect(index).toBe(2)
    expect(activation.shape).toEqual([7, 7])
    expect(effect).toEqual({
      trainClean: without.trainClean - whole.trainClean,
      trainCorrupted: without.trainCorrupted - whole.trainCorrupted,
      test: without.test - whole.test,
      trueLabel: without.trueLabel - whole.trueLabel,
    })
  })

  test('a pruning curve ends complete and agrees with removing step by step', async () => {
    let last: PruneCurve | undefined
    await it.client.interpret.prune({ runId, step, order: 'random', seed: 5 }, (curve) => void (last = curve))

    const order = [...last!.order.data]
    const steps = order.map((_, k) => direct(order.slice(0, k)).test)
    expect(last).toMatchObject({ done: 8, total: 8 })
    expect([...last!.test.data].slice(0, 8)).toEqual(steps.map(Math.fround))
  })

  test('a neuron beyond the last is refused with what exists', async () => {
    const failure = await it.client.interpret.neuron({ runId, step, neuron: 8 }).catch((thrown: AppError) => thrown.failure)
    expect(failure).toEqual({ code: 'ARGUMENTS_INVALID', message: 'no neuron 8; the network has neurons 0 to 7' })
  })

  test('a step without a checkpoint is refused with the nearest ones', async () => {
    const failure = await it.client.interpret.neurons({ runId, step: 41 }).catch((thrown: AppError) => thrown.failure)
    expect(failure).toEqual({
      code: 'CHECKPOINT_NOT_FOUND',
      message: `run ${runId} has no checkpoint at step 41; nearest: 40, 60, 20`,
    })
  })

  test('a checkpoint written anew after a resume is analysed with its new weights', async () => {
    const { runId: other, jobId } = await it.client.runs.start({ name: 'other', spec: tinyRun({ steps: 20 }) })
    await ended(it.client, jobId)
    const before = await it.client.interpret.neurons({ runId: other, step: 20 })
    await ended(it.client, (await it.client.runs.resume({ runId: other, lastStep: 40 })).jobId)

    const after = await it.client.interpret.neurons({ runId: other, step: 40 })

    expect(after.how.spec.checkpoint).not.toBe(before.how.spec.checkpoint)
  })
})

describe('a pruned network that is saved', { timeout: 30_000 }, () => {
  test('is a finished run with lineage, mask and the pruned accuracies, and can be trained on', async () => {
    const removed = [0, 3]
    const { client, host } = it

    const saved = await client.interpret.savePruned({ runId, step, removed, name: 'pruned', how: 'two neurons by hand' })

    const run = await client.runs.show({ runId: saved.runId })
    const accuracies = await client.interpret.pruned({ runId: saved.runId, step: 0, removed: [] })
    const mask = host.store().masks.load(saved.maskId)!
    const state = unwrap(host.store().checkpoints.load(saved.runId, 0))
    expect(run).toMatchObject({ state: 'finished', step: 0, parent: { runId, step, how: 'two neurons by hand' } })
    expect(accuracies).toEqual(direct(removed))
    expect(mask).toMatchObject({ runId, step, version: 1, sparsity: 2 / 8 })
    expect([...state.params['W_out']!.data.subarray(0, 7)]).toEqual(Array(7).fill(0))

    const { jobId } = await client.runs.resume({ runId: saved.runId, lastStep: 10 })
    expect(await ended(client, jobId)).toMatchObject({ state: 'finished' })
    const trained = unwrap(host.store().checkpoints.load(saved.runId, 10))
    expect([...trained.params['W_out']!.data.subarray(0, 7)]).toEqual(Array(7).fill(0))
  })
})
