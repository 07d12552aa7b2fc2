/** Matrix products: plain, batched, transposed, with bias and activation. */
import { sizeOf } from '../math-backend'
import { floatsOf, type KernelCall, type NativeKernel, type TensorInfo } from './kernel'

interface Shapes {
  readonly batch: number
  readonly m: number
  readonly n: number
  readonly k: number
  readonly shape: readonly number[]
  readonly isARepeated: boolean
  readonly isBRepeated: boolean
}

/** Undefined where batches broadcast in part, and for shapes that do not multiply. */
function shapesOf(a: TensorInfo, b: TensorInfo, transposeA: boolean, transposeB: boolean): Shapes | undefined {
  if (a.shape.length < 2 || b.shape.length < 2) return undefined
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number]
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number]
  const k = transposeA ? aRows : aColumns
  if (k !== (transposeB ? bColumns : bRows)) return undefined
  const aOuter = a.shape.slice(0, -2)
  const bOuter = b.shape.slice(0, -2)
  const aBatch = sizeOf(aOuter)
  const bBatch = sizeOf(bOuter)
  const isEqual = aOuter.length === bOuter.length && aOuter.every((dim, i) => dim === bOuter[i])
  if (!isEqual && aBatch !== 1 && bBatch !== 1) return undefined
  const m = transposeA ? aColumns : aRows
  const n = transposeB ? bRows : bColumns
  const rank = Math.max(aOuter.length, bOuter.length)
  const outer = Array.from({ length: rank }, (_, i) => {
    const aDim = aOuter[i - rank + aOuter.length] ?? 1
    const bDim = bOuter[i - rank + bOuter.length] ?? 1
    return aDim === 1 ? bDim : aDim
  })
  return {
    batch: sizeOf(outer), m, n, k, shape: [...outer, m, n],
    isARepeated: aBatch === 1, isBRepeated: bBatch === 1,
  }
}

interface Extras {
  readonly bias: Float32Array | null
  readonly hasRelu: boolean
}

function multiply({ backend, inputs, attrs }: KernelCall, { bias, hasRelu }: Extras): TensorInfo | undefined {
  const { a: left, b: right } = inputs as { a: TensorInfo; b: TensorInfo } // tfjs-core's own names
  const a = floatsOf(backend, left)
  const b = floatsOf(backend, right)
  const isATransposed = attrs['transposeA'] === true
  const isBTransposed = attrs['transposeB'] === true
  const shapes = shapesOf(left, right, isATransposed, isBTransposed)
  if (!a || !b || !shapes) return undefined
  const { m, n, k, batch, isARepeated, isBRepeated, shape } = shapes
  if (bias && bias.length !== 1 && bias.length !== n) return undefined
  const { info, values } = backend.output<Float32Array>(shape, 'float32')
  // A batch of left factors over one right factor is one tall matrix.
  const isTall = isBRepeated && !isARepeated && !isATransposed
  backend.addon.multiply(
    a, b, values, isTall ? 1 : batch, isTall ? batch * m : m, n, k,
    isATransposed ? 1 : 0, isBTransposed ? 1 : 0, isTall || isARepeated ? 1 : 0, isBRepeated ? 1 : 0, bias, hasRelu ? 1 : 0,
  )
  return info
}

const plain: NativeKernel = (call) => multiply(call, { bias: null, hasRelu: false })

const fused: NativeKernel = (call) => {
  const { bias } = call.inputs
  const activation = call.attrs['activation'] ?? 'linear'
  if (activation !== 'linear' && activation !== 'relu') return undefined
  const floats = bias ? floatsOf(call.backend, bias) : null
  if (floats === undefined) return undefined
  // A bias with more than one axis of its own broadcasts; the addon adds a row or a number.
  if (bias && sizeOf(bias.shape) !== (bias.shape.at(-1) ?? 1)) return undefined
  return multiply(call, { bias: floats, hasRelu: activation === 'relu' })
}

export const productKernels: Readonly<Record<string, NativeKernel>> = { BatchMatMul: plain, _FusedMatMul: fused }
