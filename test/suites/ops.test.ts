/** Every fused op: equal to its composed definition, its gradient equal to differences, its shapes checked. */
import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { adamStep } from '@main/engine/ops/adam-step'
import { countCorrect, predictedClasses } from '@main/engine/ops/correct-count'
import {
  composedEmbeddingSum,
  composedEmbeddingSumGradient,
  embeddingSum,
  embeddingSumGradient,
} from '@main/engine/ops/embedding-sum'
import { composedOneHotError, oneHotError } from '@main/engine/ops/one-hot-error'
import { composedSoftmaxCrossEntropy, softmaxCrossEntropy } from '@main/engine/ops/softmax-cross-entropy'
import { scoped, tf, type Tensor } from '@main/engine/tf'
import { expectClose, onEachBackend, valuesOf } from '../fixtures/backends'

const rng = createRng(11)
const normals = (length: number, scale = 1): Float32Array => Float32Array.from({ length }, () => scale * rng.normal())
const below = (length: number, bound: number): Int32Array => Int32Array.from({ length }, () => rng.below(bound))

const tokens = below(2 * 9, 5)
const table = normals(2 * 5 * 6)
const logits = normals(4 * 7, 3)
const labels = below(4, 7)
const ints = (values: Int32Array, shape: number[]): Tensor => tf.tensor(values, shape, 'int32')

/** Slope of f at x along a direction, by central difference; the step balances truncation against float32 rounding. */
function slope(f: (x: Tensor) => Tensor, { x, shape, along }: Sample): number {
  const step = 1e-2
  const at = (t: number): number => scoped(() => f(tf.tensor(x.map((value, i) => value + t * along[i]!), shape)).dataSync()[0]!)
  return (at(step) - at(-step)) / (2 * step)
}

interface Sample {
  readonly x: Float32Array
  readonly shape: number[]
  readonly along: Float32Array
}

function expectGradient(f: (x: Tensor) => Tensor, sample: Sample): void {
  const gradient = scoped(() => valuesOf(tf.grad(f)(tf.tensor(sample.x, sample.shape))))
  const predicted = gradient.reduce((sum, value, i) => sum + value * sample.along[i]!, 0)
  const wanted = slope(f, sample)
  expect(Math.abs(predicted - wanted)).toBeLessThan(2e-3 * Math.max(1, Math.abs(wanted)))
}

onEachBackend((backend) => {
  describe('embedding sum', () => {
    const shape = [2, 5, 6]
    const weights = normals(9 * 6)
    const weighted = (x: Tensor): Tensor =>
      embeddingSum(x, ints(tokens, [9, 2])).square().mul(tf.tensor(weights, [9, 6])).sum()

    test('equals its composed definition and the product with one-hot rows', () => {
      scoped(() => {
        const fused = embeddingSum(tf.tensor(table, shape), ints(tokens, [9, 2]))
        const composed = composedEmbeddingSum(tf.tensor(table, shape), ints(tokens, [9, 2]))
        const oneHot = tf.oneHot(ints(tokens, [9, 2]), 5).reshape([9, 10]).cast('float32')
        const product = tf.matMul(oneHot, tf.tensor(table, [10, 6]))

        expectClose(valuesOf(fused), valuesOf(composed), { atol: 1e-6 })
        expectClose(valuesOf(fused), valuesOf(product), { atol: 1e-6 })
      })
    })

    test('its gradient equals its composed definition', () => {
      scoped(() => {
        const dy = tf.tensor(weights, [9, 6])
        const fused = embeddingSumGradient(dy, ints(tokens, [9, 2]), { d_vocab: 5, d: 6 })
        const composed = composedEmbeddingSumGradient(dy, ints(tokens, [9, 2]), 5)

        expectClose(valuesOf(fused), valuesOf(composed), { atol: 1e-6 })
      })
    })

    test('its gradient equals differences', () => {
      expectGradient(weighted, { x: table, shape, along: normals(60) })
    })

    test('the gradient of its gradient equals differences', () => {
      const squaredGradient = (x: Tensor): Tensor => tf.grad(weighted)(x).square().sum()

      expectGradient((x) => squaredGradient(x).mul(0.01), { x: table, shape, along: normals(60, 0.3) })
    })

    test('a token outside the vocabulary throws and names it', () => {
      const outside = tokens.map((token, i) => (i === 3 ? 5 : token))

      scoped(() => {
        const run = (): Tensor => embeddingSum(tf.tensor(table, shape), ints(outside, [9, 2]))
        // TensorFlow's own gather refuses it first, in its own words.
        expect(run).toThrow(backend === 'node' ? 'the index value 5 is not in' : 'token 5 lies outside the vocabulary of 5')
      })
    })

    test('tokens of another width, rank or type throw', () => {
      scoped(() => {
        const rows = tf.tensor(table, shape)
        expect(() => embeddingSum(rows, ints(tokens.slice(0, 9), [3, 3]))).toThrow('int32 tokens [batch, 2]')
        expect(() => embeddingSum(rows, tf.zeros([4, 2]))).toThrow('int32 tokens [batch, 2], got float32')
        expect(() => embeddingSum(tf.zeros([2, 5]), ints(tokens, [9, 2]))).toThrow('[pos, d_vocab, d]')
      })
    })
  })

  describe.each([
    ['softmax cross-entropy', softmaxCrossEntropy, composedSoftmaxCrossEntropy, Math.log(7)],
    ['one-hot error', oneHotError, composedOneHotError, 1 / 7],
  ])('%s', (_name, fused, composed, chance) => {
    const sample = { x: logits, shape: [4, 7], along: normals(28) }

    test('equals its composed definition', () => {
      scoped(() => {
        const x = tf.tensor(logits, [4, 7])
        expectClose(valuesOf(fused(x, ints(labels, [4]))), valuesOf(composed(x, ints(labels, [4]))), { rtol: 1e-6 })
      })
    })

    test('its gradient equals that of its composed definition and differences', () => {
      const gradientOf = (f: typeof fused): number[] =>
        scoped(() => valuesOf(tf.grad((x) => f(x, ints(labels, [4])))(tf.tensor(logits, [4, 7]))))

      expectClose(gradientOf(fused), gradientOf(composed), { atol: 1e-6 })
      expectGradient((x) => fused(x, ints(labels, [4])), sample)
    })

    test('logits of zero have the loss of chance', () => {
      scoped(() => expect(valuesOf(fused(tf.zeros([4, 7]), ints(labels, [4])))[0]).toBeCloseTo(chance, 6))
    })

    test('labels of another length or type throw', () => {
      scoped(() => {
        expect(() => fused(tf.zeros([4, 7]), ints(labels.slice(0, 3), [3]))).toThrow('int32 labels [batch]')
        expect(() => fused(tf.zeros([4, 7]), tf.zeros([4]))).toThrow('int32 labels [batch]')
      })
    })
  })

  test('cross-entropy of huge logits stays finite', () => {
    scoped(() => {
      const loss = softmaxCrossEntropy(tf.tensor2d([[1000, -1000, 0]]), ints(Int32Array.of(1), [1]))
      expect(valuesOf(loss)[0]).toBeCloseTo(2000, 3)
    })
  })

  test('an Adam step at the start moves every weight by the learning rate against its gradient', () => {
    scoped(() => {
      const settings = { learningRate: 0.1, beta1: 0.9, beta2: 0.98, epsilon: 0 }
      const [param, grad] = [tf.tensor1d([1, 2, 3]), tf.tensor1d([5, -0.01, 1e-4])]
      const next = adamStep({ param, grad, m: tf.zeros([3]), v: tf.zeros([3]) }, settings, 1)

      expectClose(valuesOf(next.param), [0.9, 2.1, 2.9], { atol: 1e-5 })
    })
  })

  test('the predicted class is the first of the largest logits', () => {
    scoped(() => {
      const x = tf.tensor2d([
        [0, 3, 3],
        [-1, -2, -0.5],
        [9, 1, 2],
      ])
      expect(predictedClasses(x)).toEqual(Int32Array.of(1, 2, 0))
    })
  })

  test('a transposed product equals the product of the transposed', () => {
    scoped(() => {
      const [a, b] = [tf.tensor(normals(35), [5, 7]), tf.tensor(normals(20), [5, 4])]
      expectClose(valuesOf(tf.matMul(a, b, true, false)), valuesOf(tf.matMul(a.transpose(), b)), { atol: 1e-6 })
      const [c, d] = [tf.tensor(normals(2 * 15), [2, 3, 5]), tf.tensor(normals(2 * 20), [2, 4, 5])]
      const product = tf.matMul(c, d.transpose([0, 2, 1]))
      expectClose(valuesOf(tf.matMul(c, d, false, true)), valuesOf(product), { atol: 1e-6 })
    })
  })

  test('a kernel that wasm lacks runs, and gives what the definition says', () => {
    scoped(() => {
      const sum = tf.unsortedSegmentSum(tf.tensor1d([1, 2, 3, 4]), tf.tensor1d([1, 0, 1, 1], 'int32'), 3)
      expect(valuesOf(sum)).toEqual([2, 8, 0])
      const gradient = tf.grad((x) => tf.gather(x, tf.tensor1d([2, 2, 0], 'int32')).sum())(tf.tensor1d([5, 6, 7]))
      expect(valuesOf(gradient)).toEqual([1, 0, 2])
      const rows = tf.unsortedSegmentSum(tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]), tf.tensor1d([1, -1, 1], 'int32'), 2)
      expect(valuesOf(rows)).toEqual([0, 0, 6, 8])
      const parts = tf.unstack(tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]), 1)
      expect(parts.map((part) => [part.shape, valuesOf(part)])).toEqual([[[2, 2], [1, 2, 5, 6]], [[2, 2], [3, 4, 7, 8]]])
    })
  })
})

test('correct predictions are counted among the members only', () => {
  const predicted = Int32Array.of(1, 2, 3, 4)
  const wanted = Int32Array.of(1, 0, 3, 0)

  expect(countCorrect(predicted, wanted, Int32Array.of(0, 1, 3))).toBe(1)
  expect(countCorrect(predicted, wanted, Int32Array.of(0, 2))).toBe(2)
  expect(countCorrect(predicted, wanted, new Int32Array(0))).toBe(0)
})
