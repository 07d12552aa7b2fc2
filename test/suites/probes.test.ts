/** Every probe: parameters equal before and after, finite values at step 0, declared parts, chance when untrained. */
import { describe, expect, test } from 'vitest'
import { namedArray, type FloatArray } from '@main/base/array'
import { gini } from '@main/base/gini'
import { unwrap } from '@main/base/result'
import { createRng } from '@main/base/rng'
import { createSpectrum } from '@main/base/spectrum'
import { meanCrossEntropy } from '@main/engine/ops/mean-cross-entropy'
import { tf } from '@main/engine/tf'
import { probes } from '@main/lab/probes'
import { seriesId, type Activation, type ProbeContext } from '@main/lab/probes/probe'
import { resolveSetup } from '@main/lab/recipes/resolve-setup'
import type { Dataset } from '@main/lab/tasks/task'
import { createBatches } from '@main/lab/train/batches'
import { createLearner } from '@main/lab/train/learner'
import { initialState } from '@main/lab/train/loop'
import { onEachBackend, useBackend } from '../fixtures/backends'
import { tinySetup, tinySpec, trainRecorded, type TinyChange } from '../fixtures/training'

/** A context that answers from given parts and fails when another one is asked for. */
function contextOf(given: Partial<ProbeContext>): ProbeContext {
  const absent = (): never => {
    throw new Error('the probe asked for something this test does not give')
  }
  const { dataset } = tinySetup()
  const all = { params: absent, evaluation: absent, logitScale: absent, logits: absent, lossOf: absent, record: absent }
  return { step: 0, dataset, ...all, gradientNorm: absent, ...given }
}

const measure = (id: string, given: Partial<ProbeContext>): Readonly<Record<string, number>> =>
  probes.require(id).measure(contextOf(given))

/** What runs are made of, so that every probe applies to one of them. */
const addition: TinyChange = { task: { equalsToken: true }, transformer: {}, loss: 'cross-entropy' }
const sequences = { id: 'repeated-sequences', settings: { vocabulary: 9, length: 4, examples: 20 } }
const kinds = [tinySpec(), tinySpec(addition), { ...tinySpec(addition), task: sequences }]

describe.each([...probes])('$id', (probe) => {
  const known = probe.parts.length > 0 ? probe.parts.map(({ id }) => seriesId(probe, id)) : [probe.id]

  test('its values are finite from before training on, belong to declared parts, and all of them to one kind of run', async () => {
    useCpu()
    const found: string[][] = []
    for (const kind of kinds) {
      const setup = unwrap(resolveSetup({ ...kind, schedule: { steps: 1, measureEvery: 1 } }))
      const { record } = await trainRecorded({ ...setup, probes: [probe] })
      for (const values of record.values.values()) {
        for (const [id, value] of Object.entries(values)) {
          expect(known).toContain(id)
          expect(Number.isFinite(value)).toBe(true)
        }
      }
      found.push(Object.keys(record.values.get(1)!).sort())
    }

    expect(found).toContainEqual([...known].sort())
  })

  test('it says what it measures', () => {
    expect(probe.help.length).toBeGreaterThan(20)
    expect(probe.title).toMatch(/^[A-Z]/)
    expect(probe.source).not.toBe('')
  })
})

const useCpu = (): void => void tf.setBackend('cpu')

onEachBackend(() => {
  test.each<[string, TinyChange]>([
    ['a perceptron', { model: { batchNorm: true, dropout: 0.2 } }],
    ['a transformer', addition],
  ])('measuring %s leaves parameters, buffers, slots and random numbers as they were', async (_name, change) => {
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

  test('is that of every neuron’s own spectra', () => {
    const rng = createRng(8)
    const random = (): number[] => Array.from({ length: p }, () => rng.normal())
    const [inputs, outputs] = [Array.from({ length: 40 }, random), Array.from({ length: 40 }, random)]
    const spectrum = createSpectrum(p)
    const ratios = inputs.map((input, k) => (2 * spectrum.ipr(input) + spectrum.ipr(outputs[k]!)) / 3)
    const params = perceptron(inputs, outputs)

    expect(measure('ipr', { params: () => params })['mean']).toBeCloseTo(ratios.reduce((sum, ratio) => sum + ratio) / 40, 6)
  })

  test('is left out for a network of another form', () => {
    expect(measure('ipr', { params: () => ({ W_E: namedArray(['d_vocab'], [p], new Float32Array(p)) }) })).toEqual({})
  })

  test('a spike’s ratio is that of base/spectrum', () => {
    expect(createSpectrum(p).ipr(spike)).toBeCloseTo(1 / 16, 10)
  })
})

describe('progress measures of addition', () => {
  const p = 13
  const { dataset } = tinySetup({ task: { p, equalsToken: true, corruptedShare: 0 }, transformer: {} })
  const embedding = (rows: number, columns: number): FloatArray =>
    namedArray(['d_vocab', 'd_model'], [rows, columns], Float32Array.from({ length: rows * columns }, (_, i) => i % 5))
  const params = (): Readonly<Record<string, FloatArray>> => ({ W_E: embedding(p + 1, 4), W_U: embedding(4, p) })
  const chance = Math.log(p)

  /** Logits over all pairs by formula, as the measures see them. */
  const seeing = (logit: (a: number, b: number, c: number) => number): Partial<ProbeContext> => {
    const logits = Float32Array.from({ length: p ** 3 }, (_, i) => logit(Math.floor(i / p / p), Math.floor(i / p) % p, i % p))
    return { dataset, params, lossOf: meanCrossEntropy, logits: () => logits }
  }
  const wave = (freq: number, x: number): number => Math.cos((2 * Math.PI * freq * x) / p)
  const lossOfAll = ({ logits }: Partial<ProbeContext>): number => meanCrossEntropy(logits!(), dataset.trueLabels)

  test('of cosines of a + b - c: restricted loss is the loss, excluded loss that of chance', () => {
    const ctx = seeing((a, b, c) => 9 * wave(2, a + b - c) + 7 * wave(5, a + b - c))

    expect(measure('restricted-loss', ctx)['']! / lossOfAll(ctx)).toBeCloseTo(1, 5)
    expect(measure('excluded-loss', ctx)['']).toBeCloseTo(chance, 5)
    expect(measure('key-frequencies', ctx)['']).toBe(2)
    expect(measure('explained-variance', ctx)['']).toBeCloseTo(1, 6)
  })
  test('of logits that know pairs alone: no key frequency, restricted loss that of chance, excluded loss the train loss', () => {
    const rng = createRng(3)
    const ctx = seeing(() => rng.normal())
    const logits = ctx.logits!()
    const rows = [...dataset.train].flatMap((pair) => [...logits.subarray(pair * p, (pair + 1) * p)])
    const wanted = dataset.train.map((pair) => dataset.labels[pair]!)

    expect(measure('key-frequencies', ctx)).toEqual({ '': 0 })
    expect(measure('explained-variance', ctx)).toEqual({ '': 0 })
    expect(measure('restricted-loss', ctx)['']).toBeCloseTo(chance, 1)
    expect(measure('excluded-loss', ctx)['']).toBeCloseTo(meanCrossEntropy(Float32Array.from(rows), wanted), 6)
  })
  test('the embedding’s Gini coefficient is that of a single component for a cosine, of none for equal ones', () => {
    const cosine = Float32Array.from({ length: (p + 1) * 2 }, (_, i) => wave(3, Math.floor(i / 2)) * (1 + (i % 2)))
    const spike = Float32Array.from({ length: (p + 1) * 2 }, (_, i) => (i < 2 ? 1 : 0))
    const giniOf = (data: Float32Array): number =>
      measure('fourier-gini', { dataset, params: () => ({ ...params(), W_E: namedArray(['d_vocab', 'd_model'], [p + 1, 2], data) }) })['W_E']!

    expect(giniOf(cosine)).toBeCloseTo(1 - 1 / p, 4)
    // A spike has every cosine alike and no sine: 1 of p components of size 1 / sqrt(p), (p - 1) / 2 of sqrt(2 / p).
    expect(giniOf(spike)).toBeCloseTo(gini([Math.SQRT1_2, ...Array(6).fill(1), ...Array(6).fill(0)]), 4)
  })
  test('apply neither to a network without an embedding nor to another rule', () => {
    const ctx = seeing((a, b, c) => wave(2, a + b - c))
    const products = tinySetup({ task: { p, equalsToken: true, operation: '*' }, transformer: {} }).dataset

    for (const id of ['restricted-loss', 'excluded-loss', 'key-frequencies', 'explained-variance', 'fourier-gini']) {
      expect(measure(id, { ...ctx, params: () => ({ W_in: embedding(2, 2) }) })).toEqual({})
      expect(measure(id, { ...ctx, dataset: products })).toEqual({})
    }
  })
})

describe('attention head scores', () => {
  // 9 is the start token; the pattern of a head is 1 at one key for every query.
  const row = [9, 3, 1, 4, 3, 1, 4]
  const length = row.length
  const dataset: Dataset = {
    ...tinySetup().dataset,
    n_ctx: length,
    tokens: Int32Array.from(row),
    train: new Int32Array(),
    splits: { trainClean: new Int32Array(), trainCorrupted: new Int32Array(), test: Int32Array.of(0) },
  }
  const params = (): Readonly<Record<string, FloatArray>> => ({
    'blocks.0.attn.W_Q': namedArray(['head'], [2], new Float32Array(2)),
  })
  /** A head looks from every query at one key. */
  const scoresOf = (...heads: ((query: number) => number)[]): Readonly<Record<string, number>> => {
    const values = Float32Array.from({ length: heads.length * length ** 2 }, (_, i) => {
      const head = Math.floor(i / length ** 2)
      return i % length === heads[head]!(Math.floor(i / length) % length) ? 1 : 0
    })
    const record = (): Readonly<Record<string, Activation>> => ({
      'blocks.0.attn.hook_pattern': { shape: [1, heads.length, length, length], values },
    })
    return measure('head-scores', { dataset, params, record })
  }

  test('of a head that looks one back is 1 for the previous token and 0 for prefix matching', () => {
    expect(scoresOf((query) => Math.max(0, query - 1))).toEqual({ previousToken: 1, prefixMatching: 0 })
  })
  test('of a head that looks two back, where the copy is three long, is 1 for prefix matching; the best head counts', () => {
    const induction = (query: number): number => Math.max(0, query - 2)

    expect(scoresOf(induction)).toEqual({ previousToken: 1 / 6, prefixMatching: 1 })
    expect(scoresOf((query) => Math.max(0, query - 1), induction)).toEqual({ previousToken: 1, prefixMatching: 1 })
  })
  test('are left out where no token comes twice', () => {
    expect(measure('head-scores', { dataset: { ...dataset, tokens: Int32Array.of(0, 1, 2, 3, 4, 5, 6) }, params })).toEqual({})
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
