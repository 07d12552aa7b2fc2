/**
 * Every native kernel against the cpu backend, which computes in double and rounds once: on random shapes, empty and
 * one-element ones, shapes beyond the kernels' blocks, and values that are not numbers or infinite.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { loadAddon } from '@main/engine/backends/native/addon'
import { native } from '@main/engine/backends/native'
import { scoped, tf, type Tensor } from '@main/engine/tf'

type Shapes = readonly (readonly number[])[]
type Kind = 'normal' | 'wild' | 'positive'

interface Case {
  readonly name: string
  readonly shapes: Shapes
  readonly run: (...inputs: Tensor[]) => Tensor | Tensor[]
  /** Relative to the largest value of the result; 0 where every bit is decided. */
  readonly tolerance: number
  /** Absolute, where results are small against what they are sums of. */
  readonly slack: number
  readonly kinds: readonly Kind[]
  /** Nothing of it may fall to a cpu kernel. */
  readonly isNative: boolean
}

const addon = loadAddon()
const rng = createRng(5)
const cases: Case[] = []
const wildValues = [NaN, Infinity, -Infinity, -0, 0, 3e38, -3e38, 1e-42, 88, -100]

function add(name: string, shapes: Shapes, run: Case['run'], options: Partial<Case> = {}): void {
  cases.push({ name, shapes, run, tolerance: 0, slack: 0, kinds: ['normal'], isNative: true, ...options })
}

const sizes = [[0], [1], [1, 1, 1], [7], [3, 5], [2, 0, 3], [37, 53], [4, 3, 5, 6], [70_001], [300, 257]]
const everyValue: readonly Kind[] = ['normal', 'wild']

const unaries: [string, number, (x: Tensor) => Tensor][] = [
  ['neg', 0, (x) => x.neg()], ['abs', 0, (x) => x.abs()], ['square', 0, (x) => x.square()], ['relu', 0, (x) => x.relu()],
  ['exp', 1e-6, (x) => x.exp()], ['tanh', 1e-6, (x) => x.tanh()], ['sigmoid', 1e-6, (x) => x.sigmoid()],
  ['erf', 1e-6, (x) => x.erf()], ['step', 0, (x) => x.step(0.25)], ['reciprocal', 1e-6, (x) => x.reciprocal()],
]
for (const [name, tolerance, run] of unaries) {
  for (const shape of sizes) add(name, [shape], run, { tolerance, slack: name === 'erf' ? 3e-7 : 0, kinds: everyValue })
}
for (const shape of sizes) {
  add('sqrt', [shape], (x) => x.sqrt(), { tolerance: 1e-6, kinds: [...everyValue, 'positive'] })
  add('rsqrt', [shape], (x) => x.rsqrt(), { tolerance: 1e-6, kinds: ['positive'] })
  add('log', [shape], (x) => x.log(), { tolerance: 1e-6, kinds: [...everyValue, 'positive'] })
}

const pairs: Shapes[] = [
  [[1], [1]], [[5, 7], [5, 7]], [[5, 7], [7]], [[5, 1], [1, 7]], [[], [3, 4]], [[2, 3, 1, 5], [3, 4, 1]], [[0, 3], [3]],
  [[40_000], [40_000]], [[300, 257], [257]], [[300, 257], [300, 1]], [[2, 1, 3, 1, 4, 1], [1, 2, 1, 3, 1, 4]],
]
const binaries: [string, (a: Tensor, b: Tensor) => Tensor][] = [
  ['add', (a, b) => a.add(b)], ['sub', (a, b) => a.sub(b)], ['mul', (a, b) => a.mul(b)], ['div', (a, b) => a.div(b)],
  ['maximum', (a, b) => a.maximum(b)], ['minimum', (a, b) => a.minimum(b)],
  ['squaredDifference', (a, b) => a.squaredDifference(b)], ['equal', (a, b) => a.equal(b)],
  ['notEqual', (a, b) => a.notEqual(b)], ['greater', (a, b) => a.greater(b)], ['greaterEqual', (a, b) => a.greaterEqual(b)],
  ['less', (a, b) => a.less(b)], ['lessEqual', (a, b) => a.lessEqual(b)],
]
for (const [name, run] of binaries) {
  for (const shapes of pairs) {
    const isNative = !shapes.some((shape) => shape.includes(0))
    add(name, shapes, run as Case['run'], { kinds: everyValue, isNative, tolerance: 2e-7 })
  }
}

const reduced: [readonly number[], number | number[]][] = [
  [[1], 0], [[7, 9], 0], [[7, 9], 1], [[7, 9], [0, 1]], [[3, 4, 5], [0, 2]], [[3, 4, 5], 1], [[2, 3, 4, 5], [0, 2]],
  [[70_001], 0], [[3, 70_001], 1], [[70_001, 3], 0], [[200, 300], 0], [[5, 200, 300], [0, 2]], [[2, 3, 2, 3, 2, 3], [1, 3, 5]],
]
for (const [shape, axis] of reduced) {
  const size = shape.reduce((product, dim) => product * dim, 1)
  add('sum', [shape], (x) => x.sum(axis), { slack: 1e-8 * size, tolerance: 1e-6 })
  add('mean', [shape], (x) => x.mean(axis, true), { slack: 1e-7, tolerance: 1e-6 })
  add('max', [shape], (x) => x.max(axis), { kinds: everyValue })
  add('min', [shape], (x) => x.min(axis), { kinds: everyValue })
  if (typeof axis === 'number') add('argMax', [shape], (x) => x.argMax(axis))
}

for (const [m, k, n] of [[1, 1, 1], [3, 5, 7], [17, 33, 65], [64, 513, 49], [130, 1100, 97], [9, 3000, 113], [700, 20, 1], [520, 600, 610], [9, 700, 19]] as const) {
  for (const [isA, isB] of [[false, false], [true, false], [false, true], [true, true]] as const) {
    const shapes = [isA ? [k, m] : [m, k], isB ? [n, k] : [k, n]]
    add(`matMul ${isA ? 'T' : 'N'}${isB ? 'T' : 'N'}`, shapes, (a, b) => tf.matMul(a!, b!, isA, isB), { tolerance: 3e-6 })
  }
}
for (const shapes of [
  [[4, 3, 5], [4, 5, 2]], [[4, 3, 5], [1, 5, 2]], [[1, 3, 5], [4, 5, 2]], [[4, 3, 5], [5, 2]], 
  [[2, 4, 3, 5], [4, 5, 2]], [[1, 2, 3, 5], [2, 5, 2]], [[6, 70, 80], [6, 80, 90]], [[900, 3, 32], [900, 32, 3]],
]) {
  add('matMul of batches', shapes, (a, b) => tf.matMul(a!, b!), { tolerance: 3e-6 })
}
// The cpu backend leaves half of such a product out.
add('matMul of batches that lack an axis each', [[2, 1, 3, 5], [1, 4, 5, 2]], (a, b) =>
  tf.getBackend() === 'cpu' ? tf.matMul(a!.tile([1, 4, 1, 1]), b!.tile([2, 1, 1, 1])) : tf.matMul(a!, b!), { tolerance: 3e-6 })
add('matMul with nothing between', [[3, 0], [0, 4]], (a, b) => tf.matMul(a!, b!))
add('matMul of no rows', [[0, 3], [3, 4]], (a, b) => tf.matMul(a!, b!))
add('matMul of a transposed view', [[40, 60], [40, 30]], (a, b) => tf.matMul(a!.transpose(), b!), { tolerance: 3e-6 })
add('fused matMul', [[33, 70], [70, 50], [50]], (a, b, bias) =>
  tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias: bias!, activation: 'relu' }), { tolerance: 3e-6 })

const sums: [string, Shapes, boolean][] = [
  ['ij,jk->ik', [[5, 7], [7, 4]], true], ['ij,kj->ki', [[5, 7], [4, 7]], true], ['bqhd,bkhd->bhqk', [[2, 3, 4, 5], [2, 6, 4, 5]], true],
  ['bhqk,bkhd->bqhd', [[2, 4, 3, 6], [2, 6, 4, 5]], true], ['bd,hde->bhe', [[9, 8], [3, 8, 5]], true], ['i,j->ij', [[5], [6]], true],
  ['ij,ij->', [[5, 6], [5, 6]], true], ['ij,ij->ji', [[5, 6], [5, 6]], true], ['ij,k->k', [[5, 6], [3]], false], ['ij->ji', [[5, 6]], false],
]
for (const [equation, shapes, isNative] of sums) {
  add(`einsum ${equation}`, shapes, (...inputs) => tf.einsum(equation, ...inputs), { tolerance: 3e-6, isNative })
}

for (const shape of [[1, 1], [4, 7], [5, 3, 113], [2000, 97], [3, 40_000]]) {
  add('softmax', [shape], (x) => tf.softmax(x!), { tolerance: 1e-6 })
  add('logSoftmax', [shape], (x) => tf.logSoftmax(x!), { tolerance: 1e-6 })
}

const permutations: [readonly number[], number[]][] = [
  [[1], [0]], [[3, 5], [1, 0]], [[2, 3, 4], [2, 0, 1]], [[130, 70], [1, 0]], [[9, 3, 4, 32], [0, 2, 1, 3]],
  [[9, 4, 3, 32], [0, 2, 3, 1]], [[2, 3, 2, 3, 2, 3], [5, 3, 1, 0, 2, 4]], [[500, 3, 40], [1, 0, 2]],
]
for (const [shape, perm] of permutations) add('transpose', [shape], (x) => x!.transpose(perm), { kinds: everyValue })
add('slice', [[6, 7, 8]], (x) => tf.slice(x!, [1, 2, 3], [4, 4, 2]))
add('slice of rows', [[600, 70]], (x) => tf.slice(x!, [100, 0], [400, -1]))
add('slice of columns', [[600, 70]], (x) => tf.slice(x!, [0, 9], [-1, 33]))
add('strided slice', [[9, 12]], (x) => tf.stridedSlice(x!, [1, 2], [8, 11], [2, 3]))
add('split', [[60, 70]], (x) => tf.split(x!, [30, 39, 1], 1))
add('unstack', [[4, 5, 6]], (x) => tf.unstack(x!, 1))
add('stack', [[4, 6], [4, 6], [4, 6]], (...parts) => tf.stack(parts, 1))
add('concat', [[4, 6], [4, 1], [4, 9]], (...parts) => tf.concat(parts, 1))
add('concat of rows', [[4, 6], [1, 6]], (...parts) => tf.concat(parts, 0))
add('pad', [[3, 5, 2]], (x) => tf.pad(x!, [[1, 0], [0, 2], [3, 3]], 7))
add('tile', [[3, 1, 5]], (x) => tf.tile(x!, [2, 4, 3]))
add('expandDims and broadcast', [[3, 5]], (x) => x!.expandDims(1).broadcastTo([3, 4, 5]))
add('where', [[40, 50], [40, 50]], (a, b) => tf.where(a!.greater(b!), a!, b!))
add('gather', [[40, 50]], (x) => tf.gather(x!, tf.tensor2d([[3, 3], [0, 39]], [2, 2], 'int32')))
add('gather of columns', [[40, 50]], (x) => tf.gather(x!, tf.tensor1d([3, 49, 0], 'int32'), 1))
add('gather’s gradient', [[40, 50]], (x) => tf.grad((y) => tf.gather(y, tf.tensor1d([3, 3, 0], 'int32')).square().sum())(x!), { tolerance: 1e-6 })
add('oneHot', [[3]], () => tf.oneHot(tf.tensor1d([0, 4, 9], 'int32'), 5, 2, -1, 'float32'))
add('cast of truth values', [[40, 3]], (x) => x!.greater(0).cast('float32'))
add('cast of integers', [[40, 3]], (x) => x!.mul(100).cast('int32').cast('float32'), { isNative: false })

/** A transposed or sliced tensor is dense again: the kernels never see strides of their own. */
add('sum of a slice of a transpose', [[30, 40]], (x) => x!.transpose().slice([3, 2], [20, 20]).sum(0), { tolerance: 1e-6 })

function drawn(shape: readonly number[], kind: Kind): Float32Array {
  const length = shape.reduce((size, dim) => size * dim, 1)
  return Float32Array.from({ length }, () => {
    const value = rng.normal()
    if (kind === 'positive') return Math.abs(value) + 1e-3
    return kind === 'wild' && rng.below(4) === 0 ? wildValues[rng.below(wildValues.length)]! : value
  })
}

interface Outcome {
  readonly shapes: number[][]
  readonly dtypes: string[]
  readonly values: (Float32Array | Int32Array | Uint8Array)[]
}

const fallen: string[] = []

function outcomeOn(backend: string, { shapes, run }: Case, arrays: readonly Float32Array[]): Outcome {
  void tf.setBackend(backend)
  return scoped(() => {
    const inputs = arrays.map((array, i) => tf.tensor(array, [...shapes[i]!]))
    fallen.length = 0
    const given = run(...inputs)
    const outputs = Array.isArray(given) ? given : [given]
    return {
      shapes: outputs.map(({ shape }) => shape),
      dtypes: outputs.map(({ dtype }) => dtype),
      values: outputs.map((output) => output.dataSync().slice()),
    }
  })
}

function expectAlike(found: Outcome, wanted: Outcome, { tolerance, slack, shapes }: Case): void {
  expect([found.shapes, found.dtypes]).toEqual([wanted.shapes, wanted.dtypes])
  found.values.forEach((values, part) => {
    const truth = wanted.values[part]!
    let scale = 0
    for (const value of truth) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value))
    let bad: string | undefined
    for (let i = 0; i < truth.length; i++) {
      const isAlike = Object.is(values[i], truth[i]) || values[i] === truth[i] || Math.abs(values[i]! - truth[i]!) <= tolerance * scale + slack
      if (!isAlike) bad ??= `value ${i} of ${truth.length} is ${values[i]}, wanted ${truth[i]}`
    }
    expect(bad, shapes.map((shape) => `[${shape}]`).join(' ')).toBeUndefined()
  })
}

describe.skipIf(!addon.ok)('native kernels', () => {
  beforeAll(async () => {
    for (const config of tf.getKernelsForBackend('cpu')) {
      const { kernelFunc, kernelName } = config
      config.kernelFunc = (call) => {
        fallen.push(kernelName)
        return kernelFunc(call)
      }
    }
    await native.load()
    await tf.setBackend('native')
  })
  afterAll(() => expect(tf.memory().numTensors).toBe(0))

  const byName = new Map<string, Case[]>()
  for (const one of cases) byName.set(one.name, [...(byName.get(one.name) ?? []), one])

  test.each([...byName])('%s gives what the cpu backend gives', (_name, group) => {
    for (const one of group) {
      for (const kind of one.kinds) {
        const arrays = one.shapes.map((shape) => drawn(shape, kind))
        const wanted = outcomeOn('cpu', one, arrays)
        const found = outcomeOn('native', one, arrays)
        const foreign = fallen.filter((kernel) => !['Reshape', 'Identity', 'ExpandDims'].includes(kernel))

        expectAlike(found, wanted, one)
        expect(one.isNative ? foreign : [], `${one.shapes.map((shape) => `[${shape}]`)}`).toEqual([])
      }
    }
  })
})
