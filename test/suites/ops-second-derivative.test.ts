/** Second derivatives of every fused op, on every backend: the gradient of a slope equals differences of the gradient. */
import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { activatedProduct } from '@main/engine/ops/activated-product'
import { gelu, geluTanh, relu, silu } from '@main/engine/ops/activation'
import { attend } from '@main/engine/ops/attention'
import { embeddingSum } from '@main/engine/ops/embedding-sum'
import { normalizedRows } from '@main/engine/ops/normalization'
import { oneHotError } from '@main/engine/ops/one-hot-error'
import { quadratic } from '@main/engine/ops/quadratic'
import { softmaxCrossEntropy } from '@main/engine/ops/softmax-cross-entropy'
import { scoped, tf, type Tensor } from '@main/engine/tf'
import { expectClose, onEachBackend, valuesOf } from '../fixtures/backends'

const rng = createRng(31)
const sizeOf = (shape: readonly number[]): number => shape.reduce((size, dim) => size * dim, 1)
/** Away from 0 by a tenth, where relu has no second derivative. */
const drawn = (shape: readonly number[]): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, () => {
    const value = rng.normal()
    return value + Math.sign(value) * 0.1
  })

interface Case {
  readonly name: string
  readonly shapes: readonly (readonly number[])[]
  readonly op: (...inputs: Tensor[]) => Tensor
}

const labels = (): Tensor => tf.tensor1d([0, 3, 2], 'int32')
const cases: readonly Case[] = [
  ...Object.entries({ relu, gelu, geluTanh, silu, quadratic }).map(([name, op]) => ({ name, shapes: [[3, 5]], op })),
  { name: 'normalized rows, centred', shapes: [[3, 6]], op: (x) => normalizedRows(x!, { isCentred: true, epsilon: 1e-5 }) },
  { name: 'normalized rows, not centred', shapes: [[3, 6]], op: (x) => normalizedRows(x!, { isCentred: false, epsilon: 1e-5 }) },
  { name: 'embedding sum', shapes: [[2, 4, 3]], op: (x) => embeddingSum(x!, tf.tensor2d([[0, 3], [3, 1]], [2, 2], 'int32')) },
  { name: 'one-hot error', shapes: [[3, 4]], op: (x) => oneHotError(x!, labels()) },
  { name: 'cross-entropy', shapes: [[3, 4]], op: (x) => softmaxCrossEntropy(x!, labels()) },
  { name: 'cross-entropy in float64', shapes: [[3, 4]], op: (x) => softmaxCrossEntropy(x!, labels(), { precision: 'float64' }) },
  { name: 'a product behind a square', shapes: [[3, 4], [4, 2]], op: (x, y) => activatedProduct(x!, y!, 'quadratic') },
  { name: 'a product behind relu', shapes: [[3, 4], [4, 2]], op: (x, y) => activatedProduct(x!, y!, 'relu') },
  { name: 'attention', shapes: [[2, 2, 2, 3], [2, 3, 12]], op: (q, kv) => attend({ q: q!, kv: kv!, at: tf.tensor1d([1, 2], 'int32') }, 1.3) },
  {
    name: 'attention to rows of a table',
    shapes: [[2, 1, 2, 3], [4, 12]],
    op: (q, kv) => attend({ q: q!, kv: kv!, places: tf.tensor2d([[0, 3, 1], [3, 2, 0]], [2, 3], 'int32') }, 1.3),
  },
]

/** What is differentiated: a sum that is curved in the op's result, so that its first derivative matters as well. */
function curved(op: Case['op']): (...inputs: Tensor[]) => Tensor {
  return (...inputs) => {
    const y = op(...inputs)
    const weights = tf.tensor(Float32Array.from({ length: y.size }, (_, i) => Math.sin(i + 1)), y.shape)
    return y.mul(weights).sum().add(y.square().sum().mul(0.3))
  }
}

onEachBackend(() => {
  describe('the second derivative', () => {
    test.each(cases)('of $name equals differences of the first', ({ shapes, op }) => {
      const arrays = shapes.map(drawn)
      const along = shapes.map(drawn)
      const f = curved(op)
      const gradientsAt = (step: number): number[] =>
        scoped(() => {
          const inputs = arrays.map((array, i) => tf.tensor(array.map((value, j) => value + step * along[i]![j]!), [...shapes[i]!]))
          return tf.grads(f)(inputs).flatMap(valuesOf)
        })
      const step = 1e-2
      const [above, below] = [gradientsAt(step), gradientsAt(-step)]
      const wanted = above.map((value, i) => (value - below[i]!) / (2 * step))

      const found = scoped(() => {
        const directions = along.map((array, i) => tf.tensor(array, [...shapes[i]!]))
        /** The slope along the directions, whose gradient is the second derivative times them. */
        const slope = (...inputs: Tensor[]): Tensor =>
          tf.grads(f)(inputs).map((gradient, i) => gradient.mul(directions[i]!).sum()).reduce((sum, part) => sum.add(part))
        return tf.grads(slope)(arrays.map((array, i) => tf.tensor(array, [...shapes[i]!]))).flatMap(valuesOf)
      })

      const scale = Math.max(...wanted.map(Math.abs))
      expect(scale).toBeGreaterThan(0.01)
      expectClose(found, wanted, { atol: 4e-3 * scale })
    })
  })
})
