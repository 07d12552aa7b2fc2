/** Sums, means and extremes over neighbouring axes; scattered axes are left to the cpu kernels. */
import { tf } from '../../../tf'
import { reductions } from '../addon'
import { sizeOf } from '../math-backend'
import { floatsOf, type KernelCall, type NativeKernel, type TensorInfo } from './kernel'

interface Axes {
  readonly outer: number
  readonly count: number
  readonly inner: number
  readonly shape: readonly number[]
}

/** A tensor as [outer, reduced, inner]. Undefined when the reduced axes are not neighbours, or something is empty. */
function axesOf({ shape }: TensorInfo, axis: unknown, keepDims: unknown): Axes | undefined {
  const axes = tf.util.parseAxisParam(axis as number | number[], [...shape]).sort((x, y) => x - y)
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

function reduce(name: (typeof reductions)[number], isMean = false): NativeKernel {
  const operation = reductions.indexOf(name)
  return ({ backend, inputs, attrs }: KernelCall) => {
    const x = floatsOf(backend, inputs['x']!)
    const axis = attrs['axis'] ?? attrs['reductionIndices']
    const axes = x && axesOf(inputs['x']!, axis ?? null, attrs['keepDims'])
    if (!axes) return undefined
    const { info, values } = backend.output<Float32Array>(axes.shape, 'float32')
    backend.addon.reduce(operation, x, values, axes.outer, axes.count, axes.inner, isMean ? 1 / axes.count : 1)
    return info
  }
}

const argMax: NativeKernel = ({ backend, inputs, attrs }) => {
  const x = floatsOf(backend, inputs['x']!)
  const axes = x && axesOf(inputs['x']!, attrs['axis'], false)
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
