/** Kernels that move values: transpose, gather and its gradient, slice, concat, one-hot, cast, fill. */
import { tf } from '../../../tf'
import { sizeOf } from '../math-backend'
import { floatsOf, intsOf, reshaped, wordsOf, type KernelCall, type NativeKernel, type TensorInfo } from './kernel'

const mostAxes = 6

type WordType = 'float32' | 'int32'

const transpose: NativeKernel = ({ backend, inputs, attrs }) => {
  const x = inputs['x']!
  const values = wordsOf(backend, x)
  const perm = attrs['perm'] as number[]
  const rank = x.shape.length
  if (!values || values.length === 0 || rank < 1 || rank > mostAxes || perm.length !== rank) return undefined
  const strides = [...tf.util.computeStrides([...x.shape]), 1]
  const shape = perm.map((axis) => x.shape[axis]!)
  const ofAxes = perm.map((axis) => strides[axis]!)
  const output = backend.output<Float32Array>(shape, x.dtype as WordType)
  backend.addon.transpose(Int32Array.from([rank, ...shape, ...ofAxes, ...ofAxes.map(() => 0)]), values, output.values)
  return output.info
}

const gather: NativeKernel = ({ backend, inputs, attrs }) => {
  const { x, indices } = inputs as { x: TensorInfo; indices: TensorInfo } // tfjs-core's own names
  const values = wordsOf(backend, x)
  const places = intsOf(backend, indices)
  if (!values || !places || values.length === 0 || attrs['batchDims']) return undefined
  const axis = tf.util.parseAxisParam(attrs['axis'] as number, [...x.shape])[0]!
  const size = x.shape[axis]!
  // The cpu kernel names the index that lies outside, in the words tfjs-core's callers know.
  if (!places.every((place) => place >= 0 && place < size)) return undefined
  const outer = sizeOf(x.shape.slice(0, axis))
  const inner = sizeOf(x.shape.slice(axis + 1))
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]
  const output = backend.output<Float32Array>(shape, x.dtype as WordType)
  if (places.length > 0) backend.addon.gather(values, places, output.values, outer, size, inner, places.length)
  return output.info
}

const segmentSum: NativeKernel = ({ backend, inputs, attrs }) => {
  const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo } // tfjs-core's own names
  const values = floatsOf(backend, x)
  const ids = intsOf(backend, segmentIds)
  const count = Number(attrs['numSegments'])
  if (!values || !ids || segmentIds.shape.length !== 1 || ids.length !== x.shape[0] || ids.length === 0) return undefined
  const width = sizeOf(x.shape.slice(1))
  const output = backend.output<Float32Array>([count, ...x.shape.slice(1)], 'float32')
  if (width > 0) backend.addon.embeddingScatter(values, ids, output.values, ids.length, 1, count, width, 0)
  return output.info
}

/** Slices that leave every axis but one whole. */
const slice: NativeKernel = ({ backend, inputs, attrs }) => {
  const x = inputs['x']!
  const values = wordsOf(backend, x)
  if (!values || values.length === 0 || x.shape.length === 0) return undefined
  const [begin, size] = tf.slice_util.parseSliceParams(
    x as never, attrs['begin'] as number[], attrs['size'] as number[],
  ) as [number[], number[]]
  tf.slice_util.assertParamsValid(x as never, begin, size)
  const cut = size.findIndex((length, axis) => length !== x.shape[axis])
  if (cut < 0) return reshaped(backend, x, x.shape)
  if (size.some((length, axis) => axis !== cut && length !== x.shape[axis])) return undefined
  const inner = sizeOf(x.shape.slice(cut + 1))
  const rows = sizeOf(x.shape.slice(0, cut))
  const output = backend.output<Float32Array>(size, x.dtype as WordType)
  const length = size[cut]! * inner
  backend.addon.copyRows(values, begin[cut]! * inner, x.shape[cut]! * inner, output.values, 0, length, rows, length)
  return output.info
}

const concat: NativeKernel = ({ backend, inputs, attrs }: KernelCall) => {
  const parts = Object.values(inputs)
  const first = parts[0]!
  if (parts.some(({ dtype }) => dtype !== first.dtype)) return undefined
  const arrays = parts.map((part) => wordsOf(backend, part))
  if (arrays.some((array) => !array || array.length === 0)) return undefined
  const axis = tf.util.parseAxisParam(attrs['axis'] as number, [...first.shape])[0]!
  const shapes = parts.map(({ shape }) => [...shape])
  tf.backend_util.assertParamsConsistent(shapes, axis)
  const shape = tf.backend_util.computeOutShape(shapes, axis)
  const output = backend.output<Float32Array>(shape, first.dtype as WordType)
  const rows = sizeOf(shape.slice(0, axis))
  const step = sizeOf(shape.slice(axis))
  let start = 0
  for (const array of arrays) {
    const length = array!.length / rows
    backend.addon.copyRows(array!, 0, length, output.values, start, step, rows, length)
    start += length
  }
  return output.info
}

const oneHot: NativeKernel = ({ backend, inputs, attrs }) => {
  const indices = intsOf(backend, inputs['indices']!)
  const dtype = attrs['dtype'] ?? 'float32'
  if (!indices || indices.length === 0 || dtype !== 'float32') return undefined
  const depth = Number(attrs['depth'])
  const output = backend.output<Float32Array>([...inputs['indices']!.shape, depth], 'float32')
  backend.addon.oneHot(indices, output.values, indices.length, depth, Number(attrs['onValue']), Number(attrs['offValue']))
  return output.info
}

/** To float32, from the two dtypes whose arrays are of another class. */
const cast: NativeKernel = ({ backend, inputs, attrs }) => {
  const x = inputs['x']!
  if (attrs['dtype'] !== 'float32' || (x.dtype !== 'int32' && x.dtype !== 'bool')) return undefined
  const values = backend.valuesOf(x)
  if (!(values instanceof Int32Array) && !(values instanceof Uint8Array)) return undefined
  const output = backend.output<Float32Array>(x.shape, 'float32')
  if (values instanceof Int32Array) backend.addon.castInts(values, output.values)
  else backend.addon.castBytes(values, output.values)
  return output.info
}

function filled({ backend }: KernelCall, shape: readonly number[], value: number): TensorInfo {
  const { info, values } = backend.output<Float32Array>(shape, 'float32')
  backend.addon.fill(values, value)
  return info
}

const fill: NativeKernel = (call) => {
  const { shape, value, dtype } = call.attrs
  const isFloat = typeof value === 'number' && (dtype === undefined || dtype === 'float32')
  return isFloat ? filled(call, shape as number[], value) : undefined
}

function like(value: number): NativeKernel {
  return (call) => {
    const { dtype, shape } = call.inputs['x']!
    return dtype === 'float32' ? filled(call, shape, value) : undefined
  }
}

export const movementKernels: Readonly<Record<string, NativeKernel>> = {
  Transpose: transpose,
  GatherV2: gather,
  UnsortedSegmentSum: segmentSum,
  Slice: slice,
  Concat: concat,
  OneHot: oneHot,
  Cast: cast,
  Fill: fill,
  ZerosLike: like(0),
  OnesLike: like(1),
}
