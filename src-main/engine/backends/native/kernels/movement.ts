/** Kernels that move rows and single values: gather and its gradient, concat, stack, select, one-hot, cast, fill. */
import { tf } from '../../../tf'
import { sizeOf } from '../math-backend'
import { floatsOf, intsOf, reshaped, wordsOf, type KernelCall, type NativeKernel, type TensorInfo } from './kernel'

type WordType = 'float32' | 'int32'

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

/** Parts one behind the other: in each of `rows` rows, as much of every part as it has for that row. */
function joined({ backend }: KernelCall, parts: readonly TensorInfo[], shape: readonly number[], rows: number): TensorInfo | undefined {
  const { dtype } = parts[0]!
  if (parts.some((part) => part.dtype !== dtype)) return undefined
  const arrays = parts.map((part) => wordsOf(backend, part))
  if (arrays.some((array) => !array || array.length === 0)) return undefined
  const output = backend.output<Float32Array>(shape, dtype as WordType)
  const step = output.values.length / rows
  let start = 0
  for (const array of arrays) {
    const length = array!.length / rows
    backend.addon.copyRows(array!, 0, length, output.values, start, step, rows, length)
    start += length
  }
  return output.info
}

const concat: NativeKernel = (call) => {
  const parts = Object.values(call.inputs)
  const axis = tf.util.parseAxisParam(call.attrs['axis'] as number, [...parts[0]!.shape])[0]!
  const shapes = parts.map(({ shape }) => [...shape])
  tf.backend_util.assertParamsConsistent(shapes, axis)
  const shape = tf.backend_util.computeOutShape(shapes, axis)
  return joined(call, parts, shape, sizeOf(shape.slice(0, axis)))
}

/** Stack: parts of one shape along a new axis. */
const pack: NativeKernel = (call) => {
  const parts = Object.values(call.inputs)
  const { shape } = parts[0]!
  const axis = Number(call.attrs['axis'])
  if (axis < 0 || parts.some((part) => !tf.util.arraysEqual(part.shape, shape))) return undefined
  const rows = sizeOf(shape.slice(0, axis))
  return joined(call, parts, [...shape.slice(0, axis), parts.length, ...shape.slice(axis)], rows)
}

/** A condition of the operands' shape, or one for each of their rows. */
const select: NativeKernel = ({ backend, inputs }) => {
  const { condition, t, e } = inputs as { condition: TensorInfo; t: TensorInfo; e: TensorInfo } // tfjs-core's own names
  const chosen = backend.valuesOf(condition)
  const x = wordsOf(backend, t)
  const y = wordsOf(backend, e)
  const isOneKind = t.dtype === e.dtype && tf.util.arraysEqual(t.shape, e.shape)
  if (!(chosen instanceof Uint8Array) || !x || !y || !isOneKind) return undefined
  if (chosen.length === 0 || x.length % chosen.length !== 0) return undefined
  const output = backend.output<Float32Array>(t.shape, t.dtype as WordType)
  backend.addon.select(chosen, x, y, output.values, chosen.length, x.length / chosen.length)
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
  if (attrs['dtype'] === x.dtype && wordsOf(backend, x)) return reshaped(backend, x, x.shape)
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
  GatherV2: gather,
  UnsortedSegmentSum: segmentSum,
  Concat: concat,
  Pack: pack,
  Select: select,
  OneHot: oneHot,
  Cast: cast,
  Fill: fill,
  ZerosLike: like(0),
  OnesLike: like(1),
}
