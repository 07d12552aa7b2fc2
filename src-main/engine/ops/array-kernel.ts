/**
 * Kernels written as plain loops over arrays, for the two backends whose tensors this process can reach: cpu and wasm.
 *
 * A fused op prefers a kernel of its name on the active backend and otherwise runs its composed definition:
 *
 *   1. an op file registers its array kernel here when it is loaded, once for both backends;
 *   2. another backend registers a kernel of the same name, inputs and attributes, or does not;
 *   3. `runPreferred` looks the name up at each call, so that the op file knows no backend.
 *
 * A loop beats composed ops where those would multiply by one-hot matrices or pass over memory several times. Both
 * backends hold tensors in the order of their shape, so a kernel sees flat arrays and the shapes.
 */
import { tf, type Tensor } from '../tf'

export interface ArrayInput {
  readonly shape: readonly number[]
  readonly values: ArrayLike<number>
}

export interface ArrayKernel<Input extends string, Attrs> {
  readonly name: string
  /** Shape of the result, float32. The array handed to `fill` starts with zeros. */
  outputShape(shapes: Readonly<Record<Input, readonly number[]>>, attrs: Attrs): readonly number[]
  fill(output: Float32Array, inputs: Readonly<Record<Input, ArrayInput>>, attrs: Attrs): void
}

type TensorInfo = tf.TensorInfo

/** The two members of the wasm backend used here; its package exports the class, this file must not load it. */
interface WasmArrays {
  makeOutput(shape: number[], dtype: 'float32'): TensorInfo
  typedArrayFromHeap(tensor: TensorInfo): Float32Array | Int32Array
}

interface CpuArrays {
  makeTensorInfo(shape: number[], dtype: 'float32', values: Float32Array): TensorInfo
  readonly data: { get(dataId: object): { readonly values: ArrayLike<number> } }
}

export function registerArrayKernel<Input extends string, Attrs>(kernel: ArrayKernel<Input, Attrs>): void {
  tf.registerKernel({
    kernelName: kernel.name,
    backendName: 'cpu',
    kernelFunc({ inputs, attrs, backend }) {
      const cpu = backend as unknown as CpuArrays // tfjs hands every kernel its own backend
      const read = ({ shape, dataId }: TensorInfo): ArrayInput => ({ shape, values: cpu.data.get(dataId).values })
      const output = new Float32Array(tf.util.sizeFromShape(shapeOf(kernel, inputs, attrs)))
      kernel.fill(output, mapInputs(inputs, read), attrs as Attrs)
      return cpu.makeTensorInfo(shapeOf(kernel, inputs, attrs), 'float32', output)
    },
  })
  tf.registerKernel({
    kernelName: kernel.name,
    backendName: 'wasm',
    kernelFunc({ inputs, attrs, backend }) {
      const wasm = backend as unknown as WasmArrays // tfjs hands every kernel its own backend
      // The output is made before any view is taken: growing the heap detaches the views on it.
      const output = wasm.makeOutput(shapeOf(kernel, inputs, attrs), 'float32')
      const values = wasm.typedArrayFromHeap(output) as Float32Array
      const read = (info: TensorInfo): ArrayInput => ({ shape: info.shape, values: wasm.typedArrayFromHeap(info) })
      values.fill(0)
      kernel.fill(values, mapInputs(inputs, read), attrs as Attrs)
      return output
    },
  })
}

/** Runs the kernel of that name if the active backend has one, else the composed form. */
export function runPreferred(
  name: string,
  inputs: Readonly<Record<string, Tensor>>,
  attrs: Readonly<Record<string, number>>,
  composed: () => Tensor,
): Tensor {
  if (!tf.getKernel(name, tf.getBackend())) return composed()
  return tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs as never)
}

/** The outputs of the kernel of that name, or undefined where the active backend has none. */
export function runFused(
  name: string,
  inputs: Readonly<Record<string, Tensor>>,
  attrs: Readonly<Record<string, number>> = {},
): Tensor[] | undefined {
  if (!tf.getKernel(name, tf.getBackend())) return undefined
  return tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs as never) as unknown as Tensor[] // as the kernel declares
}

function shapeOf<Input extends string, Attrs>(
  kernel: ArrayKernel<Input, Attrs>,
  inputs: Readonly<Record<string, unknown>>,
  attrs: unknown,
): number[] {
  const shapes = Object.entries(inputs).map(([name, info]) => [name, (info as TensorInfo).shape])
  return [...kernel.outputShape(Object.fromEntries(shapes) as never, attrs as Attrs)]
}

function mapInputs<Input extends string>(
  inputs: Readonly<Record<string, unknown>>,
  read: (info: TensorInfo) => ArrayInput,
): Record<Input, ArrayInput> {
  const entries = Object.entries(inputs).map(([name, info]) => [name, read(info as TensorInfo)])
  return Object.fromEntries(entries) as Record<Input, ArrayInput> // the op passes the inputs its kernel declares
}
