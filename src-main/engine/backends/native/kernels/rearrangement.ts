/** Kernels that copy values from places with one set of strides to places with another: transpose, slice, split, pad, tile. */
import { tf } from '../../../tf'
import { sizeOf } from '../math-backend'
import { layoutFor, stridesOf } from './broadcast'
import { reshaped, wordsOf, type KernelCall, type NativeKernel, type TensorInfo } from './kernel'

type WordType = 'float32' | 'int32'

interface Reading {
  readonly shape: readonly number[]
  /** Strides in the input along `shape`. */
  readonly strides: readonly number[]
  /** First element read. */
  readonly start?: number
  /** Shape of the result where it is not `shape`. */
  readonly as?: readonly number[]
}

/** A dense tensor of the values read. Undefined for other dtypes, empty tensors and too many axes. */
export function readAlong({ backend }: KernelCall, x: TensorInfo, reading: Reading): TensorInfo | undefined {
  const { shape, strides, start = 0, as = shape } = reading
  const values = wordsOf(backend, x)
  const layout = values && layoutFor(shape, strides, stridesOf(shape))
  if (!layout) return undefined
  const output = backend.output<Float32Array>(as, x.dtype as WordType)
  backend.addon.rearrange(layout, values, start, output.values, 0)
  return output.info
}

const transpose: NativeKernel = (call) => {
  const x = call.inputs['x']!
  const perm = call.attrs['perm'] as number[]
  if (perm.length !== x.shape.length) return undefined
  // The gradient of gather asks for it. Axes of one element may go anywhere.
  const moving = perm.filter((axis) => x.shape[axis] !== 1)
  const shape = perm.map((axis) => x.shape[axis]!)
  if (moving.every((axis, i) => i === 0 || axis > moving[i - 1]!)) return reshaped(call.backend, x, shape)
  const strides = stridesOf(x.shape)
  return readAlong(call, x, { shape, strides: perm.map((axis) => strides[axis]!) })
}

interface Part {
  readonly begin: readonly number[]
  readonly size: readonly number[]
  readonly as?: readonly number[]
}

function partOf(call: KernelCall, x: TensorInfo, { begin, size, as }: Part): TensorInfo | undefined {
  const strides = stridesOf(x.shape)
  const start = begin.reduce((sum, at, axis) => sum + at * strides[axis]!, 0)
  return readAlong(call, x, { shape: size, strides, start, ...(as && { as }) })
}

const slice: NativeKernel = (call) => {
  const x = call.inputs['x']!
  const [begin, size] = tf.slice_util.parseSliceParams(
    x as never, call.attrs['begin'] as number[], call.attrs['size'] as number[],
  ) as [number[], number[]]
  tf.slice_util.assertParamsValid(x as never, begin, size)
  const isWhole = wordsOf(call.backend, x) !== undefined && size.every((length, axis) => length === x.shape[axis])
  return isWhole ? reshaped(call.backend, x, x.shape) : partOf(call, x, { begin, size })
}

/** Parts of these lengths along an axis; undefined unless all of them can be read. */
function partsOf(call: KernelCall, x: TensorInfo, axis: number, lengths: readonly number[], isUnpacked = false): TensorInfo[] | undefined {
  if (!wordsOf(call.backend, x) || sizeOf(x.shape) === 0 || lengths.includes(0) || x.shape.length > 6) return undefined
  let at = 0
  return lengths.map((length) => {
    const begin = x.shape.map((_, i) => (i === axis ? at : 0))
    const size = x.shape.map((dim, i) => (i === axis ? length : dim))
    at += length
    const as = isUnpacked ? x.shape.filter((_, i) => i !== axis) : size
    return partOf(call, x, { begin, size, as })!
  })
}

const split: NativeKernel = (call) => {
  const x = call.inputs['x']!
  const axis = tf.util.parseAxisParam(call.attrs['axis'] as number, [...x.shape])[0]!
  const lengths = tf.backend_util.prepareSplitSize(x as never, call.attrs['numOrSizeSplits'] as number[], axis)
  return partsOf(call, x, axis, lengths)
}

const unpack: NativeKernel = (call) => {
  const x = call.inputs['value']!
  const axis = tf.util.parseAxisParam(call.attrs['axis'] as number, [...x.shape])[0]!
  return partsOf(call, x, axis, new Array<number>(x.shape[axis]!).fill(1), true)
}

const pad: NativeKernel = ({ backend, inputs, attrs }) => {
  const x = inputs['x']!
  const paddings = attrs['paddings'] as [number, number][]
  const shape = x.shape.map((dim, axis) => paddings[axis]![0] + dim + paddings[axis]![1])
  const values = wordsOf(backend, x)
  const strides = stridesOf(shape)
  const layout = values instanceof Float32Array ? layoutFor(x.shape, stridesOf(x.shape), strides) : undefined
  if (!values || !layout || paddings.some(([before, after]) => before < 0 || after < 0)) return undefined
  const output = backend.output<Float32Array>(shape, 'float32')
  backend.addon.fill(output.values, Number(attrs['constantValue']))
  const start = paddings.reduce((sum, [before], axis) => sum + before * strides[axis]!, 0)
  backend.addon.rearrange(layout, values, 0, output.values, start)
  return output.info
}

/** Each axis of the input becomes two: its repeats, and itself. */
const tile: NativeKernel = (call) => {
  const x = call.inputs['x']!
  const reps = call.attrs['reps'] as number[]
  const own = stridesOf(x.shape)
  return readAlong(call, x, {
    shape: x.shape.flatMap((dim, axis) => [reps[axis]!, dim]),
    strides: own.flatMap((stride) => [0, stride]),
    as: x.shape.map((dim, axis) => dim * reps[axis]!),
  })
}

/** Only with forward steps and without inserted or removed axes; everything else is left to the cpu kernel. */
const stridedSlice: NativeKernel = (call) => {
  const x = call.inputs['x']!
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = call.attrs as never as {
    begin: number[]; end: number[]; strides: number[]
    beginMask: number; endMask: number; ellipsisMask: number; newAxisMask: number; shrinkAxisMask: number
  } // tfjs-core's own attributes
  const plan = tf.slice_util.sliceInfo(
    [...x.shape], begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask,
  )
  const size = tf.slice_util.computeOutShape(plan.begin, plan.end, plan.strides)
  if (plan.strides.some((step) => step < 1) || size.length !== x.shape.length) return undefined
  const own = stridesOf(x.shape)
  return readAlong(call, x, {
    shape: size,
    strides: own.map((stride, axis) => stride * plan.strides[axis]!),
    start: plan.begin.reduce((sum, at, axis) => sum + at * own[axis]!, 0),
    as: plan.finalShape,
  })
}

export const rearrangementKernels: Readonly<Record<string, NativeKernel>> = {
  Transpose: transpose,
  Slice: slice,
  SplitV: split,
  Unpack: unpack,
  PadV2: pad,
  Tile: tile,
  StridedSlice: stridedSlice,
}
