/**
 * What the wasm package lacks for training, put in its place once it is loaded.
 *
 * 1. BatchMatMul: the package multiplies fast only when neither factor is transposed; otherwise it runs a plain loop,
 *    some twenty times slower, and every gradient of a product is a transposed one. The kernel here transposes the
 *    factor first, which costs a pass over memory, and then multiplies fast.
 * 2. UnsortedSegmentSum and Unpack, which training a transformer needs at every step (gradient of gather, unstack), are
 *    loops over the heap; the cpu backend's forms are thousands of times slower at these sizes.
 * 3. Other kernels of the cpu backend that wasm has no counterpart of run on the cpu backend: inputs are copied out,
 *    outputs copied back.
 */
import { assert } from '../../../base/assert'
import { tf } from '../../tf'

type TensorInfo = tf.TensorInfo
type Values = Float32Array | Int32Array | Uint8Array

/** The members of the package's backend class used here; the class itself is not exported for typing. */
interface WasmBackend {
  makeOutput(shape: number[], dtype: tf.DataType, memoryOffset?: number, values?: Values): TensorInfo
  readSync(dataId: object): Values
  disposeData(dataId: object): boolean
  /** A view of the heap, until the heap grows. */
  typedArrayFromHeap(tensor: TensorInfo): Values
}

interface CpuBackend {
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: Values): TensorInfo
  readSync(dataId: object): Values
  disposeData(dataId: object): boolean
}

/** Idempotent. */
export function registerWasmKernels(): void {
  if (isPatched) return
  isPatched = true
  registerProduct()
  registerSegmentSum()
  registerUnpack()
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) {
    if (!tf.getKernel(kernelName, 'wasm')) registerOnCpu(kernelName)
  }
}

// Kernels are registered per process, as the registry of TensorFlow.js is.
let isPatched = false

function registerProduct(): void {
  const original = tf.getKernel('BatchMatMul', 'wasm')
  const transpose = tf.getKernel('Transpose', 'wasm')
  assert(original && transpose, 'the wasm package registers BatchMatMul and Transpose')

  function straightened(x: TensorInfo, isTransposed: boolean, backend: unknown): TensorInfo {
    if (!isTransposed) return x
    const perm = x.shape.map((_, axis) => axis)
    const last = perm.length - 1
    perm[last] = last - 1
    perm[last - 1] = last
    return transpose!.kernelFunc({ inputs: { x }, attrs: { perm }, backend: backend as never }) as TensorInfo
  }

  tf.unregisterKernel('BatchMatMul', 'wasm')
  tf.registerKernel({
    ...original,
    kernelFunc({ inputs, attrs, backend }) {
      const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean }
      const { a, b } = inputs as { a: TensorInfo; b: TensorInfo }
      const left = straightened(a, transposeA, backend)
      const right = straightened(b, transposeB, backend)
      const product = original.kernelFunc({
        inputs: { a: left, b: right },
        attrs: { transposeA: false, transposeB: false },
        backend,
      })
      const wasm = backend as unknown as WasmBackend // tfjs hands every kernel its own backend
      if (left !== a) wasm.disposeData(left.dataId)
      if (right !== b) wasm.disposeData(right.dataId)
      return product
    },
  })
}

/** Rows of x summed by segment; a segment outside the number of segments takes none. */
function registerSegmentSum(): void {
  tf.registerKernel({
    kernelName: 'UnsortedSegmentSum',
    backendName: 'wasm',
    kernelFunc({ inputs, attrs, backend }) {
      const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo }
      const { numSegments } = attrs as { numSegments: number }
      const wasm = backend as unknown as WasmBackend // tfjs hands every kernel its own backend
      // The output is made before any view is taken: growing the heap detaches the views on it.
      const output = wasm.makeOutput([numSegments, ...x.shape.slice(1)], x.dtype)
      const [sums, values, ids] = [output, x, segmentIds].map((info) => wasm.typedArrayFromHeap(info)) as [Values, Values, Values]
      const width = tf.util.sizeFromShape(x.shape.slice(1))
      sums.fill(0)
      for (let row = 0; row < ids.length; row++) {
        const segment = ids[row]!
        if (segment < 0 || segment >= numSegments) continue
        for (let i = 0; i < width; i++) sums[segment * width + i]! += values[row * width + i]!
      }
      return output
    },
  })
}

/** The slices along an axis, one tensor each. */
function registerUnpack(): void {
  tf.registerKernel({
    kernelName: 'Unpack',
    backendName: 'wasm',
    kernelFunc({ inputs, attrs, backend }) {
      const x = inputs['value'] as TensorInfo
      const axis = tf.util.parseAxisParam((attrs as { axis: number }).axis, [...x.shape])[0]!
      const wasm = backend as unknown as WasmBackend // tfjs hands every kernel its own backend
      const count = x.shape[axis]!
      const outer = tf.util.sizeFromShape(x.shape.slice(0, axis))
      const inner = tf.util.sizeFromShape(x.shape.slice(axis + 1))
      const shape = x.shape.filter((_, i) => i !== axis)
      const outputs = Array.from({ length: count }, () => wasm.makeOutput(shape, x.dtype))
      const values = wasm.typedArrayFromHeap(x)
      outputs.forEach((output, part) => {
        const slice = wasm.typedArrayFromHeap(output)
        for (let row = 0; row < outer; row++) {
          const start = (row * count + part) * inner
          slice.set(values.subarray(start, start + inner), row * inner)
        }
      })
      return outputs
    },
  })
}

function registerOnCpu(kernelName: string): void {
  tf.registerKernel({
    kernelName,
    backendName: 'wasm',
    kernelFunc({ inputs, attrs, backend }) {
      const kernel = tf.getKernel(kernelName, 'cpu')
      const wasm = backend as unknown as WasmBackend // tfjs hands every kernel its own backend
      const cpu = tf.findBackend('cpu') as unknown as CpuBackend // part of TensorFlow.js
      const copied: TensorInfo[] = []
      const toCpu = (info: TensorInfo): TensorInfo => {
        const copy = cpu.makeTensorInfo(info.shape, info.dtype, wasm.readSync(info.dataId))
        copied.push(copy)
        return copy
      }
      const fromCpu = (info: TensorInfo): TensorInfo => {
        const values = cpu.readSync(info.dataId)
        const output = wasm.makeOutput(info.shape, info.dtype, undefined, values)
        cpu.disposeData(info.dataId)
        return output
      }
      const entries = Object.entries(inputs).map(([name, info]) => [name, overAll(info as TensorInfo, toCpu)])
      const result = kernel.kernelFunc({ inputs: Object.fromEntries(entries) as never, attrs, backend: cpu as never })
      const output = overAll(result, fromCpu)
      for (const { dataId } of copied) cpu.disposeData(dataId)
      return output
    },
  })
}

function overAll<T>(given: T | T[], change: (one: T) => T): T | T[] {
  return Array.isArray(given) ? given.map(change) : change(given)
}
