/** Every probe: parameters equal before and after, finite values at step 0, declared parts, chance when untrained. */
import { describe, expect, test } from 'vitest'
import { namedArray, type FloatArray } from '@main/base/array'
import { createSpectrum } from '@main/base/spectrum'
import { tf } from '@main/engine/tf'
import { probes } from '@main/lab/probes'
import { seriesId, type ProbeContext } from '@main/lab/probes/probe'
import { createBatches } from '@main/lab/train/batches'
import { createLearner } from '@main/lab/train/learner'
import { initialState } from '@main/lab/train/loop'
import { onEachBackend, useBackend } from '../fixtures/backends'
import { tinySetup, trainRecorded } from '../fixtures/training'

/** A context that answers from given parts and fails when another one is asked for. */
function contextOf(given: Partial<ProbeContext>): ProbeContext {
  const absent = (): never => {
    throw new Error('the probe asked for something this test does not give')
  }
  const { dataset } = tinySetup()
  return { step: 0, dataset, params: absent, evaluation: absent, logitScale: absent, gradientNorm: absent, ...given }
}

const measure = (id: string, given: Partial<ProbeContext>): Readonly<Record<string, number>> =>
  probes.require(id).measure(contextOf(given))

describe.each([...probes])('$id', (probe) => {
  test('its values are finite before training and belong to declared parts', async () => {
    useCpu()
    const { record } = await trainRecorded({ ...tinySetup({ schedule: { steps: 1, measureEvery: 1 } }), probes: [probe] })
    const known = probe.parts.length > 0 ? probe.parts.map(({ id }) => seriesId(probe, id)) : [probe.id]

    for (const values of record.values.values()) {
      for (const [id, value] of Object.entries(values)) {
        expect(known).toContain(id)
        expect(Number.isFinite(value)).toBe(true)
      }
    }
    expect(Object.keys(record.values.get(1)!).sort()).toEqual([...known].sort())
  })

  test('it says what it measures', () => {
    expect(probe.help.length).toBeGreaterThan(20)
    expect(probe.title).toMatch(/^[A-Z]/)
    expect(probe.source).not.toBe('')
  })
})

const useCpu = (): void => void tf.setBackend('cpu')

onEachBackend(() => {
  test('measuring leaves parameters, buffers, slots and random numbers as they were', async () => {
    const change = { model: { batchNorm: true, dropout: 0.2 } }
    const measured = await trainRecorded(tinySetup({ ...change, schedule: { steps: 6, measureEvery: 1 } }))
    const without = await trainRecorded({ ...tinySetup({ ...change, schedule: { steps: 6, measureEvery: 6 } }), probes: [] })

    expect(measured.state).toEqual(without.state)
  })

  test('the gradient norm is that of the gradient of the batch, by differences', () => {
    const setup = tinySetup()
    const state = initialState(setup)
    const lossWith = (params: typeof state.params): number => {
      const learner = createLearner(setup, { ...state, params })
      const batches = createBatches(setup.dataset, 0, state.cursor)
      const { loss } = learner.learn(batches.current(), 1, { wantsGradientNorm: false })
      learner.dispose()
      batches.dispose()
      return loss
    }
    const learner = createLearner(setup, state)
    const batches = createBatches(setup.dataset, 0, state.cursor)
    const { gradientNorm } = learner.learn(batches.current(), 1, { wantsGradientNorm: true })
    learner.dispose()
    batches.dispose()
    let square = 0
    for (const [name, array] of Object.entries(state.params)) {
      for (let i = 0; i < array.data.length; i++) {
        const shifted = (by: number): typeof state.params => {
          const data = array.data.slice()
          data[i]! += by
          return { ...state.params, [name]: { ...array, data } }
        }
        square += ((lossWith(shifted(0.05)) - lossWith(shifted(-0.05))) / 0.1) ** 2
      }
    }

    // The loss is of fourth order in a weight, so that a step of 0.05 leaves a truncation error below a percent.
    expect(gradientNorm! / Math.sqrt(square)).toBeCloseTo(1, 1)
  })
})

describe('untrained networks', () => {
  useBackend('cpu')

  test('are at chance: accuracy 1 / p on every split, MSE 1 / p, within the spread of random answers', async () => {
    const p = 23
    const values: Record<string, number[]> = {}
    for (let seed = 0; seed < 10; seed++) {
      const setup = tinySetup({ task: { p, trainFraction: 0.5, corruptedShare: 0.4 }, schedule: { steps: 0 }, seed })
      const { record } = await trainRecorded(setup)
      for (const [id, value] of Object.entries(record.values.get(0)!)) (values[id] ??= []).push(value)
    }
    const mean = (id: string): number => values[id]!.reduce((sum, value) => sum + value, 0) / values[id]!.length

    // Ten networks answer some 2600 pairs a split; answers of one network are correlated, so the bound is generous.
    for (const split of ['train', 'test', 'trainClean', 'trainCorrupted', 'trueLabel']) {
      expect(Math.abs(mean(`accuracy.${split}`) - 1 / p)).toBeLessThan(0.03)
    }
    expect(mean('ipr.highShare')).toBe(0)
    expect(mean('loss.test')).toBeGreaterThan(1 / p - 0.01)
  })
})

describe('weight norm', () => {
  test('is the L2 norm over all parameters', () => {
    const params = {
      W_in: namedArray(['d_mlp'], [2], Float32Array.of(3, 0)),
      W_out: namedArray(['d_mlp'], [2], Float32Array.of(0, 4)),
    }

    expect(measure('weight-norm', { params: () => params })).toEqual({ '': 5 })
  })
})

describe('inverse participation ratio', () => {
  const p = 31
  const wave = (freq: number): number[] => Array.from({ length: p }, (_, i) => Math.cos((2 * Math.PI * freq * i) / p + 1))
  const spike = Array.from({ length: p }, (_, i) => (i === 4 ? 1 : 0))

  /** A perceptron whose neuron k reads inputs[k] at both positions and writes outputs[k]. */
  function perceptron(inputs: number[][], outputs: number[][]): Readonly<Record<string, FloatArray>> {
    const d_mlp = inputs.length
    const W_in = Float32Array.from({ length: 2 * p * d_mlp }, (_, i) => {
      return inputs[i % d_mlp]![Math.floor(i / d_mlp) % p]!
    })
    return {
      W_in: namedArray(['pos', 'd_vocab', 'd_mlp'], [2, p, d_mlp], W_in),
      W_out: namedArray(['d_mlp', 'd_vocab'], [d_mlp, p], Float32Array.from(outputs.flat())),
    }
  }

  test('of one periodic and one spiky neuron is 1 and 1 / 16', () => {
    const params = perceptron([wave(3), spike], [wave(3), spike])
    const { mean, lowShare, highShare } = measure('ipr', { params: () => params })

    expect(mean).toBeCloseTo((1 + 1 / 16) / 2, 5)
    expect([lowShare, highShare]).toEqual([0.5, 0.5])
  })

  test('of a neuron is the mean over both inputs and the output', () => {
    const params = perceptron([wave(5)], [spike])

    expect(measure('ipr', { params: () => params })['mean']).toBeCloseTo((1 + 1 + 1 / 16) / 3, 5)
  })

  test('is left out for a network of another form', () => {
    expect(measure('ipr', { params: () => ({ W_E: namedArray(['d_vocab'], [p], new Float32Array(p)) }) })).toEqual({})
  })

  test('a spike’s ratio is that of base/spectrum', () => {
    expect(createSpectrum(p).ipr(spike)).toBeCloseTo(1 / 16, 10)
  })
})

describe('accuracy and loss', () => {
  const split = (accuracy: number, count: number): { loss: number; accuracy: number; trueLabelShare: number; count: number } => ({
    loss: 1 - accuracy,
    accuracy,
    trueLabelShare: 1 - accuracy,
    count,
  })

  test('parts without examples are left out', () => {
    const evaluation = () => ({
      train: split(0.5, 4),
      trainClean: split(0.5, 4),
      trainCorrupted: split(0, 0),
      test: split(0.25, 4),
    })

    expect(measure('accuracy', { evaluation })).toEqual({ train: 0.5, trainClean: 0.5, test: 0.25 })
    expect(measure('loss', { evaluation })).toEqual({ train: 0.5, trainClean: 0.5, test: 0.75 })
  })

  test('the share predicted as the true label is that of the corrupted examples', () => {
    const evaluation = () => ({
      train: split(0.5, 8),
      trainClean: split(0.75, 4),
      trainCorrupted: split(0.25, 4),
      test: split(0.5, 4),
    })

    expect(measure('accuracy', { evaluation })['trueLabel']).toBe(0.75)
  })
})
