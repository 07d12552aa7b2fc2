/** The fused ops of networks: equal to their composed definitions, to a reference in double, and to differences. */
import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { composedActivations, gelu, geluTanh, relu, silu } from '@main/engine/ops/activation'
import { activatedProduct, composedActivatedProduct } from '@main/engine/ops/activated-product'
import { adamSteps, composedAdamStep } from '@main/engine/ops/adam-step'
import { attend, composedAttend, type AttentionInputs } from '@main/engine/ops/attention'
import { composedLinear, linear } from '@main/engine/ops/linear'
import { composedNormalizedRows, normalizedRows, rowsAndScales } from '@main/engine/ops/normalization'
import { softmaxCrossEntropy } from '@main/engine/ops/softmax-cross-entropy'
import { scoped, tf, type Tensor } from '@main/engine/tf'
import { expectClose, onEachBackend, valuesOf } from '../fixtures/backends'

const rng = createRng(23)
const normals = (length: number, scale = 1): Float32Array => Float32Array.from({ length }, () => scale * rng.normal())
const sizeOf = (shape: readonly number[]): number => shape.reduce((size, dim) => size * dim, 1)
const drawn = (shape: readonly number[], scale = 1): Tensor => tf.tensor(normals(sizeOf(shape), scale), [...shape])
const ints = (values: readonly number[]): Tensor => tf.tensor1d([...values], 'int32')

/** Gradients of the weighted sum of f's result, with weights that tell all its elements apart. */
function gradientsOf(f: (...x: Tensor[]) => Tensor, inputs: readonly Tensor[]): number[][] {
  const weighted = (...x: Tensor[]): Tensor => {
    const y = f(...x)
    return y.mul(tf.tensor(Float32Array.from({ length: y.size }, (_, i) => Math.sin(i + 1)), y.shape)).sum()
  }
  return tf.grads(weighted)([...inputs]).map(valuesOf)
}

/** Phi by the trapezoid rule in double: good to 1e-12 within the range of the tests. */
function normalShare(x: number): number {
  const steps = 4000
  let sum = 0
  for (let i = 0; i <= steps; i++) sum += Math.exp(-0.5 * ((i / steps) * x) ** 2) * (i === 0 || i === steps ? 0.5 : 1)
  return 0.5 + (sum * x) / steps / Math.sqrt(2 * Math.PI)
}

const truths = {
  relu: (x: number) => Math.max(x, 0),
  gelu: (x: number) => x * normalShare(x),
  geluTanh: (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  silu: (x: number) => x / (1 + Math.exp(-x)),
} as const

onEachBackend(() => {
  describe.each([
    ['relu', relu],
    ['gelu', gelu],
    ['geluTanh', geluTanh],
    ['silu', silu],
  ] as const)('%s', (name, fused) => {
    test.each([[[0]], [[1]], [[3, 5]], [[70, 300]]])('of %j equals its definition in double', (shape) => {
      scoped(() => {
        const x = drawn(shape, 2)
        expectClose(valuesOf(fused(x)), valuesOf(x).map(truths[name]), { atol: 2e-6 })
      })
    })

    test('its gradient equals that of its composed form', () => {
      scoped(() => {
        const x = drawn([9, 33], 2)
        expectClose(gradientsOf(fused, [x])[0]!, gradientsOf(composedActivations[name], [x])[0]!, { atol: 3e-6 })
      })
    })

    test('far from 0 it is the identity or nothing, and NaN stays', () => {
      scoped(() => {
        const [high, low, bad] = valuesOf(fused(tf.tensor1d([40, -40, NaN])))
        expect([high, bad]).toEqual([40, NaN])
        expect(Math.abs(low!)).toBeLessThan(1e-15)
        expectClose(gradientsOf(fused, [tf.tensor1d([40, -40])])[0]!, [Math.sin(1), 0], { atol: 1e-6 })
      })
    })
  })

  describe.each([true, false])('normalization, centred: %j', (isCentred) => {
    const settings = { isCentred, epsilon: 1e-5 }

    test.each([[[1, 1]], [[3, 5]], [[2, 7, 33]], [[900, 128]]])('of %j equals its definition in double', (shape) => {
      scoped(() => {
        const x = drawn(shape, 3).add(2)
        const width = shape.at(-1)!
        const values = valuesOf(x)
        const truth = values.map((value, i) => {
          const row = values.slice(i - (i % width), i - (i % width) + width)
          const mean = isCentred ? row.reduce((sum, one) => sum + one, 0) / width : 0
          return (value - mean) / Math.sqrt(row.reduce((sum, one) => sum + (one - mean) ** 2, 0) / width + 1e-5)
        })
        expectClose(valuesOf(normalizedRows(x, settings)), truth, { atol: 2e-6, rtol: 2e-6 })
      })
    })

    test('its gradient equals that of its composed form', () => {
      scoped(() => {
        const x = drawn([4, 6, 33], 3)
        const composed = gradientsOf((y) => composedNormalizedRows(y!, settings), [x])[0]!
        expectClose(gradientsOf((y) => normalizedRows(y!, settings), [x])[0]!, composed, { atol: 3e-6 })
      })
    })

    test('a row with a NaN is NaN, others are not touched by it', () => {
      scoped(() => {
        const found = valuesOf(normalizedRows(tf.tensor2d([[1, NaN], [3, 4]]), settings))
        expect(found.map(Number.isNaN)).toEqual([true, true, false, false])
      })
    })
  })

  describe('attention', () => {
    interface Shape {
      readonly batch: number
      readonly queries: number
      readonly keys: number
      readonly heads: number
      readonly width: number
      /** Of a table that keys and values are rows of. */
      readonly rows?: number
      readonly at?: readonly number[]
      readonly mask?: readonly number[]
    }
    const placesIn = (rows: number, [batch, keys]: [number, number]): Tensor =>
      tf.tensor2d(Int32Array.from({ length: batch * keys }, () => rng.below(rows)), [batch, keys], 'int32')
    const inputsOf = ({ batch, queries, keys, heads, width, rows, at, mask }: Shape): AttentionInputs => ({
      q: drawn([batch, queries, heads, width]),
      kv: drawn([...(rows ? [rows] : [batch, keys]), 2 * heads * width]),
      ...(rows && { places: placesIn(rows, [batch, keys]) }),
      ...(at && { at: ints(at) }),
      ...(mask && { mask: tf.tensor2d([...mask], [batch, keys]) }),
    })
    const shapes: Shape[] = [
      { batch: 1, queries: 1, keys: 1, heads: 1, width: 1 },
      { batch: 2, queries: 3, keys: 3, heads: 2, width: 4, at: [0, 1, 2] },
      { batch: 3, queries: 1, keys: 5, heads: 2, width: 19, at: [3] },
      { batch: 2, queries: 2, keys: 3, heads: 1, width: 32, mask: [1, 0, 1, 0, 0, 1] },
      { batch: 400, queries: 2, keys: 4, heads: 3, width: 20, at: [1, 3] },
      { batch: 3, queries: 1, keys: 5, heads: 2, width: 19, rows: 4, at: [3] },
      { batch: 2, queries: 2, keys: 3, heads: 1, width: 32, rows: 5, mask: [1, 0, 1, 0, 0, 1] },
      { batch: 700, queries: 2, keys: 3, heads: 4, width: 32, rows: 31 },
      { batch: 1, queries: 70, keys: 70, heads: 1, width: 8, at: Array.from({ length: 70 }, (_, i) => i) },
    ]

    test.each(shapes)('equals its composed form, and so do its gradients: %j', (shape) => {
      scoped(() => {
        const { q, kv, ...constants } = inputsOf(shape)
        const fused = (x: Tensor, y: Tensor): Tensor => attend({ q: x, kv: y, ...constants }, 1.7)
        const composed = (x: Tensor, y: Tensor): Tensor => composedAttend({ q: x, kv: y, ...constants }, 1.7)

        expectClose(valuesOf(fused(q, kv)), valuesOf(composed(q, kv)), { atol: 3e-6 })
        const [found, wanted] = [fused, composed].map((f) => gradientsOf(f as (...x: Tensor[]) => Tensor, [q, kv]))
        found!.forEach((gradient, i) => expectClose(gradient, wanted![i]!, { atol: 1e-5 }))
      })
    })

    test('at the scored positions alone is what it is there among all', () => {
      scoped(() => {
        const { q, kv, at } = inputsOf(shapes[1]!)
        const everywhere = attend({ q, kv, at: at! }, 2)
        const last = attend({ q: q.slice([0, 2], [-1, 1]), kv, at: ints([2]) }, 2)
        expectClose(valuesOf(last), valuesOf(everywhere.slice([0, 2], [-1, 1])), { atol: 1e-7 })
      })
    })

    test('a key no query sees changes nothing; one that is seen does', () => {
      scoped(() => {
        const { q, kv, at } = inputsOf(shapes[2]!)
        const changedAt = (pos: number): number[] => {
          const change = tf.oneHot(ints([pos]), 5).cast('float32').reshape([1, 5, 1])
          return valuesOf(attend({ q, kv: kv.add(change), at: at! }, 2))
        }
        const before = valuesOf(attend({ q, kv, at: at! }, 2))
        expect(changedAt(4)).toEqual(before)
        expect(changedAt(3)).not.toEqual(before)
      })
    })

    test('a query with nothing to see gets the mean of all values', () => {
      scoped(() => {
        const { q, kv } = inputsOf({ batch: 1, queries: 1, keys: 2, heads: 1, width: 3 })
        const z = attend({ q, kv, mask: tf.zeros([1, 2]) }, 1)
        expectClose(valuesOf(z), valuesOf(kv.slice([0, 0, 3], [1, 2, 3]).mean(1)), { atol: 1e-6 })
      })
    })

    test('a place outside the table throws and is named', () => {
      scoped(() => {
        const { q, kv, at } = inputsOf(shapes[5]!)
        for (const bad of [-1, 4]) {
          const places = tf.fill([3, 5], bad, 'int32')
          expect(() => valuesOf(attend({ q, kv, places, at: at! }, 1))).toThrow(`${bad} lies outside`)
        }
      })
    })

    test('other shapes and types throw and name them', () => {
      scoped(() => {
        const { q, kv } = inputsOf(shapes[1]!)
        expect(() => attend({ q, kv: kv.slice([0, 0, 0], [-1, -1, 8]) }, 1)).toThrow('2 · head · width')
        expect(() => attend({ q, kv, places: tf.zeros([2, 3], 'int32') }, 1)).toThrow('kv [row, 2 · head · width]')
        expect(() => attend({ q, kv, at: ints([0, 1]) }, 1)).toThrow('int32 at [3], got [2]')
        expect(() => attend({ q, kv, mask: tf.ones([2, 4]) }, 1)).toThrow('mask [2, 3], got [2,4]')
      })
    })
  })

  describe.each(['quadratic', 'relu'] as const)('a product behind %s', (activation) => {
    test.each([[1, 1, 1], [3, 5, 2], [70, 300, 97], [700, 33, 500]])('of %i rows, %i neurons and %i outputs equals its composed form, and so do its gradients', (rows, width, out) => {
      scoped(() => {
        const [x, weight] = [drawn([rows, width]), drawn([width, out], width ** -0.5)]
        const fused = (a: Tensor, b: Tensor): Tensor => activatedProduct(a, b, activation)
        const composed = (a: Tensor, b: Tensor): Tensor => composedActivatedProduct(a, b, activation)

        expectClose(valuesOf(fused(x, weight)), valuesOf(composed(x, weight)), { atol: 1e-5 })
        const [found, wanted] = [fused, composed].map((f) => gradientsOf(f as (...x: Tensor[]) => Tensor, [x, weight]))
        found!.forEach((gradient, i) => expectClose(gradient, wanted![i]!, { atol: 1e-4, rtol: 1e-5 }))
      })
    })

    test('passes NaN on, and through its gradient', () => {
      scoped(() => {
        const x = tf.tensor2d([[NaN, 1], [2, -3]])
        const [gradient] = gradientsOf((a, b) => activatedProduct(a, b, activation), [x, tf.ones([2, 3])])
        expect(valuesOf(activatedProduct(x, tf.ones([2, 3]), activation)).map(Number.isNaN)).toEqual([true, true, true, false, false, false])
        expect(gradient!.map(Number.isNaN)).toEqual([true, false, false, false])
      })
    })
  })

  test('rows and scales are those of the composed form, and are not made where a gradient is wanted', () => {
    scoped(() => {
      const settings = { isCentred: true, epsilon: 1e-5 }
      const x = drawn([5, 33], 2)
      const made = rowsAndScales(x, settings)
      const deviation = tf.moments(x, -1, true).variance.add(1e-5).sqrt()

      if (made) {
        expectClose(valuesOf(made.rows), valuesOf(composedNormalizedRows(x, settings)), { atol: 2e-6 })
        expectClose(valuesOf(made.scales), valuesOf(deviation), { rtol: 2e-6 })
        expect(made.scales.shape).toEqual([5, 1])
      }
      tf.grad((y) => {
        expect(rowsAndScales(y, settings)).toBeUndefined()
        return y.sum()
      })(x)
    })
  })

  test('a product with a bias equals its composed form, and so do its gradients', () => {
    scoped(() => {
      const inputs = [drawn([40, 33]), drawn([33, 97]), drawn([97])] as [Tensor, Tensor, Tensor]
      const [found, wanted] = [linear, composedLinear].map((f) => gradientsOf(f as (...x: Tensor[]) => Tensor, inputs))

      expectClose(valuesOf(linear(...inputs)), valuesOf(composedLinear(...inputs)), { atol: 1e-5 })
      found!.forEach((gradient, i) => expectClose(gradient, wanted![i]!, { atol: 1e-5 }))
    })
  })

  test('the Adam step of several parameters is the step of each', () => {
    scoped(() => {
      const settings = { learningRate: 0.01, beta1: 0.9, beta2: 0.98, epsilon: 1e-8, decay: 0.99 }
      const parts = [[1], [3, 5], [0], [97, 130]].map((shape) => ({
        param: drawn(shape), grad: drawn(shape), m: drawn(shape, 0.1), v: drawn(shape, 0.1).square(),
      }))
      const found = adamSteps(parts, settings, 3)
      const alone = parts.map((part) => adamSteps([part], settings, 3)[0]!)
      const composed = parts.map((part) => composedAdamStep(part, settings, 3))

      found.forEach((part, i) => {
        for (const name of ['param', 'm', 'v'] as const) {
          expect(valuesOf(part[name])).toEqual(valuesOf(alone[i]![name]))
          expectClose(valuesOf(part[name]), valuesOf(composed[i]![name]), { atol: 1e-6, rtol: 1e-6 })
        }
      })
    })
  })

  describe('cross-entropy in float64', () => {
    const inDouble = { precision: 'float64' } as const
    const reference = (logits: number[][], labels: number[]): { loss: number; gradient: number[] } => {
      const rows = logits.map((row, b) => {
        const top = Math.max(...row)
        const shares = row.map((z) => Math.exp(z - top))
        const others = shares.reduce((sum, share, c) => (c === labels[b] ? sum : sum + share), 0)
        const own = shares[labels[b]!]!
        const gradient = shares.map((share, c) => (c === labels[b] ? -others : share) / (own + others) / logits.length)
        return { loss: Math.log1p(others / own), gradient }
      })
      return { loss: rows.reduce((sum, { loss }) => sum + loss, 0) / rows.length, gradient: rows.flatMap(({ gradient }) => gradient) }
    }

    test.each([[1, 1], [3, 7], [300, 97]])('of %i rows and %i classes equals the reference in double', (rows, classes) => {
      scoped(() => {
        const x = drawn([rows, classes], 4)
        const labels = Array.from({ length: rows }, () => rng.below(classes))
        const wanted = reference(x.arraySync() as number[][], labels)
        const loss = (y: Tensor): Tensor => softmaxCrossEntropy(y, ints(labels), inDouble)

        expectClose(valuesOf(loss(x)), [wanted.loss], { rtol: 1e-7, atol: 1e-45 })
        expectClose(valuesOf(tf.grad(loss)(x)), wanted.gradient, { rtol: 1e-6, atol: 1e-45 })
      })
    })

    test('an example that is almost certain has a loss and a gradient, which in float32 is nothing for its own class', () => {
      scoped(() => {
        const x = tf.tensor2d([[30, 0, 0]])
        const loss = (y: Tensor): Tensor => softmaxCrossEntropy(y, ints([0]), inDouble)
        const truth = 2 * Math.exp(-30)

        expectClose([...valuesOf(loss(x)), ...valuesOf(tf.grad(loss)(x))], [truth, -truth, truth / 2, truth / 2], { rtol: 1e-6 })
        expect(valuesOf(tf.grad((y: Tensor) => softmaxCrossEntropy(y, ints([0])))(x))[0]).toBeCloseTo(0, 20)
      })
    })

    test('NaN and labels outside the classes are not passed over', () => {
      scoped(() => {
        expect(valuesOf(softmaxCrossEntropy(tf.tensor2d([[NaN, 1]]), ints([1]), inDouble))).toEqual([NaN])
        expect(() => valuesOf(softmaxCrossEntropy(tf.zeros([1, 2]), ints([2]), inDouble))).toThrow('label 2 lies outside')
        expect(() => valuesOf(softmaxCrossEntropy(tf.zeros([1, 2]), ints([-1]), inDouble))).toThrow('label -1 lies outside')
      })
    })
  })
})
