import { describe, expect, test } from 'vitest'
import { predictedClasses } from '@main/engine/ops/correct-count'
import { tf } from '@main/engine/tf'
import { createNetwork } from '@main/lab/models/network'
import { initialState, train } from '@main/lab/train/loop'
import type { TrainingState } from '@main/lab/train/training-state'
import { onEachBackend, useBackend } from '../../../fixtures/backends'
import { createRecord, tinySetup, trainRecorded, type TinyChange } from '../../../fixtures/training'

const variants: readonly (readonly [string, TinyChange])[] = [
  ['full batch, AdamW', {}],
  ['minibatches', { schedule: { batchSize: 5 } }],
  ['minibatches with BatchNorm and dropout', { model: { batchNorm: true, dropout: 0.3 }, schedule: { batchSize: 8 } }],
  ['momentum', { optimizer: { id: 'sgd', settings: { learningRate: 0.1, momentum: 0.9 } }, loss: 'cross-entropy' }],
]

const reader = new AbortController().signal

onEachBackend(() => {
  describe.each(variants)('%s', (_name, change) => {
    test('resuming from any checkpoint equals not stopping, bit for bit', async () => {
      const setup = tinySetup(change)
      const { state, record } = await trainRecorded(setup)

      for (const from of [...record.checkpoints.values()].slice(0, -1)) {
        const resumed = await trainRecorded(setup, { from })
        expect(resumed.state).toEqual(state)
        const later = [...record.values].filter(([step]) => step > from.step || from.step === 0)
        expect([...resumed.record.values]).toEqual(later)
      }
    })

    test('stopping and going on equals not stopping, when the stop is no checkpoint of the schedule', async () => {
      const setup = tinySetup(change)
      const { state } = await trainRecorded(setup)
      const cut = await trainRecorded(setup, { lastStep: 7 })
      const rest = await trainRecorded(setup, { from: cut.state })

      expect(cut.state.step).toBe(7)
      expect(rest.state).toEqual(state)
    })

    test('the same seed trains the same weights, another seed others', async () => {
      const first = await trainRecorded(tinySetup(change))
      const again = await trainRecorded(tinySetup(change))
      const other = await trainRecorded(tinySetup({ ...change, seed: 2 }))

      expect(again.state).toEqual(first.state)
      expect(other.state.params).not.toEqual(first.state.params)
    })

    test('measuring more often changes nothing but the measurements', async () => {
      const seldom = await trainRecorded(tinySetup({ ...change, schedule: { ...change.schedule, measureEvery: 12 } }))
      const often = await trainRecorded(tinySetup({ ...change, schedule: { ...change.schedule, measureEvery: 1 } }))

      expect(often.state).toEqual(seldom.state)
    })

    test('the number of tensors is the same after every step', async () => {
      const counts = new Set<number>()
      const record = { ...createRecord(), progress: () => void counts.add(tf.memory().numTensors) }
      // The permutation of a pass and the batch in hand come and go, so steps at the same place in a pass are compared.
      const setup = tinySetup({ ...change, schedule: { ...change.schedule, steps: 24 } })
      const batches = Math.ceil(setup.dataset.train.length / ((change.schedule?.['batchSize'] as number) || Infinity)) || 1
      await train(setup, { sink: record, signal: reader })

      expect(counts.size).toBeLessThanOrEqual(Math.min(2, batches))
    })
  })
})

describe('the loop', () => {
  useBackend('cpu')

  test('the first and the last step are measured and checkpointed, the others as scheduled', async () => {
    const { record } = await trainRecorded(tinySetup({ schedule: { steps: 10, measureEvery: 3, checkpointEvery: 4 } }))

    expect([...record.checkpoints.keys()]).toEqual([0, 4, 8, 10])
    expect([...record.values.keys()]).toEqual([0, 3, 4, 6, 8, 9, 10])
    expect(record.steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  test('a checkpoint holds weights whose network answers as the measurement says', async () => {
    const setup = tinySetup()
    const { record } = await trainRecorded(setup)
    const { params, buffers } = record.checkpoints.get(8)!
    const network = createNetwork(setup.model, setup.modelSettings, setup.dataset, { ...params, ...buffers })
    const logits = network.run(setup.dataset.tokens)
    const predicted = predictedClasses(logits)
    logits.dispose()
    network.dispose()
    const { test: members } = setup.dataset.splits
    const right = members.filter((example) => predicted[example] === setup.dataset.labels[example]).length

    expect(record.values.get(8)!['accuracy.test']).toBe(right / members.length)
  })

  test('cancelling writes a checkpoint of the step it stopped at, and going on from it equals not stopping', async () => {
    const setup = tinySetup()
    const { state } = await trainRecorded(setup)
    const stop = new AbortController()
    const record = createRecord()
    const sink = { ...record, progress: (step: number) => void (step === 5 && stop.abort()) }
    const result = await train(setup, { sink, signal: stop.signal })

    expect(result).toMatchObject({ ok: false, error: { code: 'CANCELLED', message: 'training was cancelled at step 5' } })
    expect([...record.checkpoints.keys()]).toEqual([0, 4, 5])
    expect((await trainRecorded(setup, { from: record.checkpoints.get(5)! })).state).toEqual(state)
  })

  test('a closed gate holds the run until it opens', async () => {
    let open = (): void => {}
    const gate = new Promise<void>((resolve) => void (open = resolve))
    const record = createRecord()
    const running = train(tinySetup(), { sink: record, signal: reader, gate: () => gate })
    await new Promise((resolve) => setImmediate(resolve))
    const stepsWhileClosed = record.steps.length
    open()
    const result = await running

    expect(stepsWhileClosed).toBe(0)
    expect(result).toMatchObject({ ok: true, value: { step: 12 } })
  })

  test('a cancel ends a run that waits at a closed gate', async () => {
    const stop = new AbortController()
    const record = createRecord()
    const closed = new Promise<void>(() => {})
    const running = train(tinySetup(), { sink: record, signal: stop.signal, gate: () => closed })
    await new Promise((resolve) => setImmediate(resolve))
    stop.abort()

    expect(await running).toMatchObject({ ok: false, error: { code: 'CANCELLED', detail: { step: 0 } } })
    expect(record.steps).toEqual([])
  })

  test('other work of the process runs during training', async () => {
    let turns = 0
    const turn = (): void => void (turns++, (timer = setImmediate(turn)))
    let timer = setImmediate(turn)
    await trainRecorded(tinySetup(), { yieldEveryMs: 0 })
    clearImmediate(timer)

    expect(turns).toBeGreaterThanOrEqual(12)
  })

  test('a slow sink holds the loop back', async () => {
    const order: string[] = []
    const record = createRecord()
    const sink = {
      ...record,
      checkpoint: async (state: TrainingState) => {
        await new Promise((resolve) => setImmediate(resolve))
        order.push(`stored ${state.step}`)
      },
      progress: (step: number) => void order.push(`step ${step}`),
    }
    await train(tinySetup({ schedule: { steps: 2, checkpointEvery: 1 } }), { sink, signal: reader })

    expect(order).toEqual(['stored 0', 'stored 1', 'step 1', 'stored 2', 'step 2'])
  })

  test('a loss that overflows stops the run with step, batch and the first bad activation', async () => {
    const setup = tinySetup()
    const start = initialState(setup)
    const huge = { ...start.params['W_in']!, data: start.params['W_in']!.data.map((value) => 1e30 * value) }
    const record = createRecord()
    const from = { ...start, params: { ...start.params, W_in: huge } }
    const result = await train(setup, { sink: record, signal: reader, from })

    expect(result).toMatchObject({
      ok: false,
      error: {
        code: 'LOSS_NOT_FINITE',
        detail: { step: 1, batch: 'all 29 examples', first: 'blocks.0.mlp.hook_post' },
      },
    })
    expect(record.steps).toEqual([])
  })

  test('a diverging run stops after a checkpoint of its last finite state', async () => {
    const optimizer = { id: 'sgd', settings: { learningRate: 1e6 } }
    const record = createRecord()
    const setup = tinySetup({ optimizer, schedule: { steps: 500, batchSize: 10, checkpointEvery: 0 } })
    const result = await train(setup, { sink: record, signal: reader })
    const last = [...record.checkpoints.values()].at(-1)!

    expect(result).toMatchObject({ ok: false, error: { code: 'LOSS_NOT_FINITE', detail: { step: last.step + 1 } } })
    expect(result.ok ? '' : result.error.detail!['batch']).toMatch(/^examples \d+ to \d+ of pass \d+$/)
  })

  test('early stopping ends at the first measured step that reaches the threshold, with a checkpoint', async () => {
    const { state, record } = await trainRecorded(
      tinySetup({ schedule: { steps: 50, stopWhen: 'testAccuracy', stopThreshold: 0, measureEvery: 6, checkpointEvery: 0 } }),
    )

    expect(state.step).toBe(6)
    expect([...record.checkpoints.keys()]).toEqual([0, 6])
  })

  test('crossing 50, 90 and 99 % of test accuracy each make one checkpoint', async () => {
    const setup = tinySetup({
      task: { p: 13, trainFraction: 0.9, corruptedShare: 0 },
      model: { d_mlp: 96 },
      schedule: { steps: 150, measureEvery: 1, checkpointEvery: 0, checkpointOnEvent: 'testAccuracy' },
    })
    const { record } = await trainRecorded(setup)
    const reached = [0.5, 0.9, 0.99].map((threshold) => {
      return [...record.values].find(([, values]) => values['accuracy.test']! >= threshold)?.[0]
    })
    const expected = new Set([0, ...reached.filter((step) => step !== undefined), 150])

    expect([...record.checkpoints.keys()]).toEqual([...expected])
    expect(expected.size).toBeGreaterThanOrEqual(4)
  })

  test('moments each make one checkpoint: training fitted, test half risen, fitted, and all but perfect', async () => {
    const setup = tinySetup({
      task: { p: 13, trainFraction: 0.9, corruptedShare: 0 },
      model: { d_mlp: 96 },
      schedule: { steps: 150, measureEvery: 1, checkpointEvery: 0, checkpointOnEvent: 'moments' },
    })
    const { record } = await trainRecorded(setup)
    const reached = ([['train', 0.95], ['test', 0.475], ['test', 0.95], ['test', 0.99]] as const).map(([set, threshold]) => {
      return [...record.values].find(([, values]) => values[`accuracy.${set}`]! >= threshold)?.[0]
    })
    const expected = new Set([0, ...reached.filter((step) => step !== undefined), 150])

    expect([...record.checkpoints.keys()]).toEqual([...expected].sort((x, y) => x - y))
    expect(expected.size).toBeGreaterThanOrEqual(4)
  })
})
