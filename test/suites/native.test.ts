/** What the native backend promises beyond numbers: arrays that stay as read, checked arguments, bits that do not depend on threads. */
import { beforeAll, describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { loadAddon, type Addon } from '@main/engine/backends/native/addon'
import { createBufferPool } from '@main/engine/backends/native/buffer-pool'
import { embeddingSum, embeddingSumGradient } from '@main/engine/ops/embedding-sum'
import { softmaxCrossEntropy } from '@main/engine/ops/softmax-cross-entropy'
import { scoped, tf, type Tensor } from '@main/engine/tf'
import { createBatches } from '@main/lab/train/batches'
import { createLearner } from '@main/lab/train/learner'
import { initialState } from '@main/lab/train/loop'
import { useBackend, valuesOf } from '../fixtures/backends'
import { tinySetup, type TinyChange } from '../fixtures/training'

const loaded = loadAddon()

describe.skipIf(!loaded.ok)('the native backend', () => {
  useBackend('native')
  let addon: Addon
  beforeAll(() => {
    if (loaded.ok) addon = loaded.value
  })

  /** Every parameter after some steps of training, and what `look` was shown at each step. */
  function trained(change: TinyChange, steps: number, look: (step: number, params: readonly Float32Array[]) => void = () => {}): Float32Array[] {
    const setup = tinySetup(change)
    const state = initialState(setup)
    const learner = createLearner(setup, state)
    const batches = createBatches(setup.dataset, 0, state.cursor)
    for (let step = 1; step <= steps; step++) {
      learner.learn(batches.current(), step, { wantsGradientNorm: true })
      batches.advance()
      look(step, Object.values(learner.params()).map(({ data }) => data as Float32Array))
    }
    const params = Object.values(learner.params()).map(({ data }) => data as Float32Array)
    learner.dispose()
    batches.dispose()
    return params
  }

  test('an array read from a tensor stays as it was while training goes on', () => {
    const kept: { readonly array: Float32Array; readonly copy: Float32Array }[] = []

    trained({ task: { p: 23 }, model: { d_mlp: 64 } }, 30, (_step, params) => {
      for (const array of params) kept.push({ array, copy: Float32Array.from(array) })
    })

    expect(kept).toHaveLength(60)
    expect(kept.filter(({ array, copy }) => !array.every((value, i) => Object.is(value, copy[i])))).toEqual([])
  })

  test('an array read from a disposed tensor is not written to by those that follow', () => {
    const read = scoped(() => tf.ones([1000]).add(1).dataSync())
    scoped(() => Array.from({ length: 20 }, () => tf.ones([1000]).mul(5)))

    expect(read.every((value) => value === 2)).toBe(true)
  })

  test('the memory of a tensor whose array a cpu kernel has seen is not used again', () => {
    scoped(() => {
      const x = tf.ones([1000]).add(1)
      const sorted = tf.topk(x, 3).values // a kernel of the cpu backend
      const cumulated = tf.cumsum(x)
      x.dispose()
      for (let i = 0; i < 20; i++) tf.ones([1000]).mul(7).dispose()

      expect(valuesOf(sorted)).toEqual([2, 2, 2])
      expect(valuesOf(cumulated).at(-1)).toBe(2000)
    })
  })

  test('a reshaped tensor outlives the one it shares memory with', () => {
    scoped(() => {
      const x = tf.ones([1000]).add(1)
      const shared = x.reshape([10, 100])
      x.dispose()
      for (let i = 0; i < 20; i++) tf.ones([1000]).mul(7).dispose()

      expect(valuesOf(shared).every((value) => value === 2)).toBe(true)
    })
  })

  test('blocks of sizes no longer asked for make room for others', () => {
    const pool = createBufferPool(addon)
    const quarter = 2 ** 24 // 64 MB of floats
    const old = [1, 2, 3, 4].map(() => pool.acquire('float32', quarter).block)
    for (const block of old) pool.release(block)
    const { block } = pool.acquire('float32', quarter / 2)
    pool.release(block)

    expect(pool.acquire('float32', quarter / 2).block).toBe(block)
    expect(pool.freeBytes()).toBeLessThanOrEqual(2 ** 28)
  })

  /** Longer than a slab of a weight gradient's sum, and of more columns than a block of it. */
  const oneLayer: TinyChange = {
    task: { p: 31, equalsToken: true },
    transformer: { n_heads: 4, d_head: 32, d_model: 128, d_mlp: 300 },
    loss: 'cross-entropy',
  }
  test.each<[string, TinyChange]>([
    ['perceptron', { task: { p: 31 }, model: { d_mlp: 150 } }],
    ['perceptron under cross-entropy with BatchNorm', { task: { p: 31 }, model: { d_mlp: 150, batchNorm: true }, loss: 'cross-entropy' }],
    ['transformer of one layer without a norm', oneLayer],
    ['transformer of two layers with norms and biases', { ...oneLayer, task: { p: 23, equalsToken: true }, transformer: { ...oneLayer.transformer, n_layers: 2, normalization: 'LN', biases: true } }],
  ])('weights after training have the same bits with 1, 2 and 3 threads: %s', (_name, change) => {
    const threads = addon.threads()
    try {
      const results = [1, 2, 3].map((count) => {
        addon.useThreads(count)
        return trained(change, 5)
      })
      expect(results[1]).toEqual(results[0])
      expect(results[2]).toEqual(results[0])
    } finally {
      addon.useThreads(threads)
    }
  })

  test('large products have the same bits with 1, 2 and 3 threads', () => {
    const threads = addon.threads()
    const rng = createRng(3)
    const drawn = (rows: number, columns: number): Tensor =>
      tf.tensor(Float32Array.from({ length: rows * columns }, () => rng.normal()), [rows, columns])
    try {
      scoped(() => {
        const a = drawn(1100, 203)
        const b = drawn(1100, 98)
        const wide = drawn(1100, 600)
        const results = [1, 2, 3].map((count) => {
          addon.useThreads(count)
          return [valuesOf(tf.matMul(a, b, true)), valuesOf(tf.matMul(wide, wide, true)), valuesOf(a.sum(0)), valuesOf(a.sum())]
        })
        expect(results[1]).toEqual(results[0])
        expect(results[2]).toEqual(results[0])
      })
    } finally {
      addon.useThreads(threads)
    }
  })

  test('indices outside what they point into throw and are named', () => {
    scoped(() => {
      const tokens = (value: number): Tensor => tf.tensor2d([[0, value]], [1, 2], 'int32')
      const label = (value: number): Tensor => tf.tensor1d([value], 'int32')
      for (const bad of [-1, 5, 2 ** 31 - 1, -(2 ** 31)]) {
        expect(() => embeddingSum(tf.zeros([2, 5, 3]), tokens(bad))).toThrow(`token ${bad} lies outside the vocabulary of 5`)
        expect(() => embeddingSumGradient(tf.zeros([1, 3]), tokens(bad), { d_vocab: 5, d: 3 })).toThrow(`token ${bad} lies outside`)
        expect(() => softmaxCrossEntropy(tf.zeros([1, 5]), label(bad))).toThrow(`label ${bad} lies outside`)
        expect(() => tf.gather(tf.zeros([5, 3]), label(bad)).dataSync()).toThrow(/index|gather|out of/i)
      }
    })
  })

  const floats = (length: number): Float32Array => new Float32Array(length).fill(1)
  const layout = Int32Array.of(2, 3, 4, 4, 1, 4, 1)
  const zeros = (length: number): Int32Array => new Int32Array(length)
  /** One good call of every function that computes. */
  const calls: Partial<Record<keyof Addon, () => unknown[]>> = {
    multiply: () => [floats(12), floats(20), floats(15), 1, 3, 5, 4, 0, 0, 0, 0, floats(5), 1, 1, floats(15)],
    unary: () => [2, floats(7), floats(7), 0],
    binary: () => [0, layout, floats(12), floats(12), floats(12)],
    compare: () => [0, layout, floats(12), floats(12), new Uint8Array(12)],
    reduce: () => [0, floats(24), floats(8), 2, 3, 4, 1],
    argMax: () => [floats(24), zeros(8), 2, 3, 4],
    gather: () => [floats(24), zeros(5), floats(40), 2, 3, 4, 5],
    rearrange: () => [layout, floats(12), 0, floats(12), 0],
    select: () => [new Uint8Array(3), floats(12), floats(12), floats(12), 3, 4],
    copyRows: () => [floats(12), 0, 4, floats(12), 0, 4, 3, 4],
    oneHot: () => [zeros(3), floats(15), 3, 5, 1, 0],
    castInts: () => [zeros(7), floats(7)],
    castBytes: () => [new Uint8Array(7), floats(7)],
    fill: () => [floats(7), 3],
    softmax: () => [floats(12), floats(12), 3, 4, 0],
    crossEntropy: () => [floats(12), zeros(3), floats(1), floats(12), 3, 4],
    crossEntropyInDouble: () => [floats(12), zeros(3), floats(1), floats(12), 3, 4],
    oneHotError: () => [floats(12), zeros(3), floats(1), floats(12), 3, 4],
    embeddingSum: () => [floats(30), zeros(8), floats(12), 4, 2, 5, 3],
    embeddingScatter: () => [floats(12), zeros(8), floats(30), 4, 2, 5, 3, 1],
    adam: () => [Array.from({ length: 14 }, () => floats(6)), 0.1, 0.9, 0.98, 1e-8, 1, 1, 1],
    normalize: () => [floats(12), floats(12), floats(3), 3, 4, 1e-5, 1],
    normalizeGradient: () => [floats(12), floats(12), floats(3), floats(12), 3, 4, 1],
    attend: () => [floats(48), floats(128), floats(48), floats(48), 2, 3, 4, 2, 4, 1, zeros(3), floats(8), 0, null],
    attendGradient: () => [
      floats(48), floats(48), floats(128), floats(48), floats(48), floats(128), 2, 3, 4, 2, 4, 1, zeros(3), floats(8), 8, zeros(8),
    ],
    useInstructionSet: () => [addon.instructionSet()],
    useThreads: () => [addon.threads()],
    lineOffset: () => [new ArrayBuffer(64)],
  }

  /** Arguments whose length is the size of the problem: a shorter one is a smaller problem. */
  const sizedByInput = ['unary 1', 'castInts 0', 'castBytes 0', 'fill 0']

  test('every function of the addon has a good call here', () => {
    const reading = ['instructionSets', 'instructionSet', 'threads']
    expect(Object.keys(calls).sort()).toEqual(Object.keys(addon).filter((name) => !reading.includes(name)).sort())
  })

  const call = (name: string, args: readonly unknown[]): unknown => (addon as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!(...args)
  const refusal = expect.objectContaining({ name: 'RangeError', code: 'NATIVE_ARGUMENT' }) as unknown

  test.each(Object.entries(calls))('%s takes its good call and refuses what is wrong in it', (name, good) => {
    expect(() => call(name, good())).not.toThrow()
    expect(() => call(name, good().slice(1))).toThrow(refusal as Error)
    expect(() => call(name, [...good(), 0])).toThrow(refusal as Error)
    good().forEach((given, at) => {
      const isNumber = typeof given === 'number'
      const wrong = isNumber ? [undefined, 'x', {}, [], floats(3)] : [undefined, 3, 'x', {}, [3], new Float64Array(2000), new DataView(new ArrayBuffer(8))]
      if (ArrayBuffer.isView(given) && !sizedByInput.includes(`${name} ${at}`)) wrong.push((given as Float32Array).slice(1))
      for (const bad of wrong) {
        const args = good()
        args[at] = bad
        expect(() => call(name, args), `argument ${at} as ${String(bad)}`).toThrow(refusal as Error)
      }
      // A number may be a dimension that no array is large enough for, an operation that does not exist, or any float.
      for (const bad of isNumber ? [-1, 0.5, NaN, Infinity, 1e6, 2 ** 31, 2 ** 40, 2 ** 60] : []) {
        const args = good()
        args[at] = bad
        try {
          if (!(name === 'useThreads')) call(name, args)
        } catch (thrown) {
          expect(thrown).toEqual(refusal)
        }
      }
    })
  })

  test('a layout that leaves its arrays, repeats what it writes or has no room for its numbers is refused', () => {
    for (const bad of [
      [2, 3, 4, 5, 1, 4, 1], [2, 3, 4, 4, 1, 0, 1], [2, 3, 4, -4, 1, 4, 1], [2, 0, 4, 4, 1, 4, 1], [7, 1, 1, 1], [0], [-1, 3],
      [1, 2 ** 31 - 1, 2 ** 31 - 1, 1],
    ]) {
      expect(() => call('rearrange', [Int32Array.from(bad), floats(12), 0, floats(12), 0]), `${bad}`).toThrow(refusal as Error)
    }
    expect(() => call('rearrange', [layout, floats(12), 1, floats(12), 0])).toThrow(refusal as Error)
    expect(() => call('rearrange', [layout, floats(12), 0, floats(12), 1])).toThrow(refusal as Error)
  })
})
