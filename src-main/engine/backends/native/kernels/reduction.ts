/** Sums, means and extremes. Reduced axes that are not neighbours are brought together by a transpose first. */
import { tf } from '../../../tf'
import { reductions } from '../addon'
import { sizeOf } from '../math-backend'
import { stridesOf } from './broadcast'
import { floatsOf, type KernelCall, type NativeKernel, type TensorInfo } from './kernel'
import { readAlong } from './rearrangement'

interface Axes {
  readonly outer: number
  readonly count: number
  readonly inner: number
  readonly shape: readonly number[]
}

/** A tensor as [outer, reduced, inner]. Undefined when the reduced axes are not neighbours, or something is empty. */
function axesOf(shape: readonly number[], axes: readonly number[], keepDims: unknown): Axes | undefined {
  if (axes.length === 0 || sizeOf(shape) === 0) return undefined
  const first = axes[0]!
  const last = axes.at(-1)!
  if (last - first + 1 !== axes.length) return undefined
  const kept = keepDims ? axes.map(() => 1) : []
  return {
    outer: sizeOf(shape.slice(0, first)),
    count: sizeOf(shape.slice(first, last + 1)),
    inner: sizeOf(shape.slice(last + 1)),
    shape: [...shape.slice(0, first), ...kept, ...shape.slice(last + 1)],
  }
}

const sortedAxes = (axis: unknown, shape: readonly number[]): number[] =>
  tf.util.parseAxisParam(axis as number | number[], [...shape]).sort((x, y) => x - y)

/** The tensor with the reduced axes behind the others. */
function gathered(call: KernelCall, x: TensorInfo, axes: readonly number[]): TensorInfo | undefined {
  const strides = stridesOf(x.shape)
  const order = [...x.shape.keys()].filter((axis) => !axes.includes(axis)).concat(axes)
  return readAlong(call, x, { shape: order.map((axis) => x.shape[axis]!), strides: order.map((axis) => strides[axis]!) })
}

function reduce(name: (typeof reductions)[number], isMean = false): NativeKernel {
  const operation = reductions.indexOf(name)
  return (call) => {
    const { backend, inputs, attrs } = call
    const x = inputs['x']!
    const values = floatsOf(backend, x)
    const reduced = sortedAxes(attrs['axis'] ?? attrs['reductionIndices'] ?? null, x.shape)
    if (!values || reduced.length === 0 || values.length === 0) return undefined
    const axes = axesOf(x.shape, reduced, attrs['keepDims'])
    if (axes) {
      const { info, values: out } = backend.output<Float32Array>(axes.shape, 'float32')
      backend.addon.reduce(operation, values, out, axes.outer, axes.count, axes.inner, isMean ? 1 / axes.count : 1)
      return info
    }
    const together = gathered(call, x, reduced)
    if (!together) return undefined
    const count = sizeOf(reduced.map((axis) => x.shape[axis]!))
    const shape = x.shape.map((dim, axis) => (reduced.includes(axis) ? 1 : dim))
    const kept = attrs['keepDims'] ? shape : x.shape.filter((_, axis) => !reduced.includes(axis))
    const { info, values: out } = backend.output<Float32Array>(kept, 'float32')
    backend.addon.reduce(operation, floatsOf(backend, together)!, out, out.length, count, 1, isMean ? 1 / count : 1)
    backend.disposeIntermediateTensorInfo(together)
    return info
  }
}

const argMax: NativeKernel = ({ backend, inputs, attrs }) => {
  const x = floatsOf(backend, inputs['x']!)
  const { shape } = inputs['x']!
  const axes = x && axesOf(shape, sortedAxes(attrs['axis'], shape), false)
  if (!axes) return undefined
  const { info, values } = backend.output<Int32Array>(axes.shape, 'int32')
  backend.addon.argMax(x, values, axes.outer, axes.count, axes.inner)
  return info
}

export const reductionKernels: Readonly<Record<string, NativeKernel>> = {
  Sum: reduce('sum'),
  Mean: reduce('sum', true),
  Max: reduce('maximum'),
  Min: reduce('minimum'),
  ArgMax: argMax,
}
