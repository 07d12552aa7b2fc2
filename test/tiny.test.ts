/**
 * The whole path in miniature, on TensorFlow.js's own cpu backend and a project in memory: train on corrupted modular
 * addition, store every checkpoint, open one, find its memorizing neurons, remove them, and write the report.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import { tf } from '@main/engine/tf'
import { createStore } from '@main/host/store/database'
import type { Store } from '@main/host/store/store'
import { createPruner } from '@main/lab/interpret/pruning'
import fourier from '@main/lab/interpret/fourier'
import { createNetwork, type Network } from '@main/lab/models/network'
import { resolveSetup } from '@main/lab/recipes/resolve-setup'
import { train } from '@main/lab/train/loop'
import type { RunSpec } from '@main/lab/train/run-spec'
import type { Setup } from '@main/lab/train/setup'

const spec: RunSpec = {
  task: { id: 'modular-arithmetic', settings: { operation: '+', p: 7, trainFraction: 0.8, corruptedShare: 0.2 } },
  model: { id: 'mlp', settings: { d_mlp: 24 } },
  optimizer: { id: 'adamw', settings: { learningRate: 0.02, weightDecay: 0 } },
  loss: { id: 'mse', settings: {} },
  schedule: { steps: 150, checkpointEvery: 50, measureEvery: 10 },
  seed: 3,
}

async function trainInto(store: Store, setup: Setup): Promise<string> {
  const run = store.runs.create({ name: 'tiny', spec, lastStep: 150, madeWith: 'cpu' })
  const trained = await train(setup, {
    sink: {
      measured: (step, values) => store.measurements.append(run.id, [{ step, values }]),
      checkpoint: (state) => void unwrap(store.checkpoints.write(run.id, state)),
      progress: () => {},
    },
    signal: new AbortController().signal,
  })
  unwrap(trained)
  return run.id
}

function open(store: Store, runId: string, setup: Setup, step: number): Network {
  const { params, buffers } = unwrap(store.checkpoints.load(runId, step))
  return createNetwork(setup.model, setup.modelSettings, setup.dataset, { ...params, ...buffers })
}

describe('the path from training to pruning', () => {
  const store = unwrap(createStore(':memory:'))
  let setup: Setup
  let runId: string

  beforeAll(async () => {
    await tf.setBackend('cpu')
    setup = unwrap(resolveSetup(spec))
    runId = await trainInto(store, setup)
    return () => store.dispose()
  })

  test('checkpoints are stored at the scheduled steps', () => {
    expect(store.checkpoints.list(runId).map(({ step }) => step)).toEqual([0, 50, 100, 150])
  })

  test('training memorizes the training set, which step 0 does not know', () => {
    const [accuracy] = store.measurements.series(runId, ['accuracy.train'])

    expect(accuracy!.values.data.at(0)).toBeLessThan(0.5)
    expect(accuracy!.values.data.at(-1)).toBeGreaterThan(0.95)
  })

  test('a stored checkpoint predicts what the last measurement says', () => {
    const network = open(store, runId, setup, 150)
    const [measured] = store.measurements.series(runId, ['accuracy.trainCorrupted'])

    const { trainCorrupted } = createPruner(network, setup.dataset).accuracies()

    expect(trainCorrupted).toBeCloseTo(measured!.values.data.at(-1)!, 6)
    network.dispose()
  })

  test('removing every neuron leaves the lowest class for every pair', () => {
    const network = open(store, runId, setup, 150)
    const pruner = createPruner(network, setup.dataset)
    const { test: examples } = setup.dataset.splits
    const zeros = examples.filter((example) => setup.dataset.labels[example] === 0).length

    pruner.become(Array.from({ length: pruner.neuronCount }, (_, k) => k))

    expect(pruner.accuracies().test).toBe(zeros / examples.length)
    network.dispose()
  })

  test('every neuron has a participation ratio between that of a flat spectrum and one', () => {
    const network = open(store, runId, setup, 150)

    const { ipr, count } = fourier.measure(network, {})

    expect(count).toBe(24)
    expect(Math.min(...ipr.data)).toBeGreaterThanOrEqual(1 / 4)
    expect(Math.max(...ipr.data)).toBeLessThanOrEqual(1)
    network.dispose()
  })
})
