/**
 * What a native kernel is: a replacement for the cpu kernel of one name, in the cases it handles.
 *
 * It returns undefined for any other case (another dtype, an empty tensor, an unusual attribute), and the cpu kernel
 * then runs. Checks of arguments that belong to the operation's meaning stay with the cpu kernel: a native kernel
 * handles only what it has seen to be valid.
 */
import { tf } from '../../../tf'
import type { NativeBackend } from '../math-backend'

export type TensorInfo = tf.TensorInfo
export type Inputs = Readonly<Record<string, TensorInfo>>

export interface KernelCall {
  readonly backend: NativeBackend
  readonly inputs: Inputs
  readonly attrs: Readonly<Record<string, unknown>>
}

export type NativeKernel = (call: KernelCall) => TensorInfo | TensorInfo[] | undefined

/** Values of a float32 tensor, or undefined for any other dtype or array class. */
export function floatsOf(backend: NativeBackend, info: TensorInfo): Float32Array | undefined {
  // A cast from int32 in the cpu backend only relabels, so that a float32 tensor may be kept in an Int32Array.
  const values = info.dtype === 'float32' ? backend.valuesOf(info) : undefined
  return values instanceof Float32Array ? values : undefined
}

export function intsOf(backend: NativeBackend, info: TensorInfo): Int32Array | undefined {
  const values = info.dtype === 'int32' ? backend.valuesOf(info) : undefined
  return values instanceof Int32Array ? values : undefined
}

/** Values of a float32 or int32 tensor kept in elements of four bytes. */
export function wordsOf(backend: NativeBackend, info: TensorInfo): Float32Array | Int32Array | undefined {
  return floatsOf(backend, info) ?? intsOf(backend, info)
}

/** The same values under another shape, without a copy. */
export function reshaped(backend: NativeBackend, info: TensorInfo, shape: readonly number[]): TensorInfo {
  backend.incRef(info.dataId)
  return { dataId: info.dataId, shape: [...shape], dtype: info.dtype }
}

/** Registers every kernel of the cpu backend for `backendName`, with the native ones before them. */
export function registerKernels(backendName: string, kernels: Readonly<Record<string, NativeKernel>>): void {
  const missing = new Set(Object.keys(kernels))
  for (const config of tf.getKernelsForBackend('cpu')) {
    const native = kernels[config.kernelName]
    missing.delete(config.kernelName)
    tf.registerKernel({ ...config, backendName, kernelFunc: native ? before(native, config.kernelFunc) : config.kernelFunc })
  }
  for (const kernelName of missing) {
    const native = kernels[kernelName]!
    tf.registerKernel({ kernelName, backendName, kernelFunc: before(native, () => refuse(kernelName)) })
  }
}

function before(native: NativeKernel, fallback: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const { inputs, backend } = call as unknown as KernelCall // tfjs hands every kernel its own backend
    return native({ inputs, backend, attrs: call.attrs ?? {} }) ?? fallback(call)
  }
}

function refuse(kernelName: string): never {
  throw new Error(`${kernelName} has no kernel for these tensors`)
}
