/** Matrix products: plain, batched, transposed, with bias and activation. */
import { slopes } from '../addon'
import { sizeOf } from '../math-backend'
import { stridesOf } from './broadcast'
import { floatsOf, type KernelCall, type NativeKernel, type TensorInfo } from './kernel'
import { readAlong } from './rearrangement'

interface Shapes {
  readonly batch: number
  readonly m: number
  readonly n: number
  readonly k: number
  readonly shape: readonly number[]
  readonly isARepeated: boolean
  readonly isBRepeated: boolean
  readonly outer: readonly number[]
  /** Both factors have batches, of which some are to be repeated. */
  readonly isMixed: boolean
}

/** Undefined for shapes that do not multiply. */
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
  const m = transposeA ? aColumns : aRows
  const n = transposeB ? bRows : bColumns
  const rank = Math.max(aOuter.length, bOuter.length)
  const padded = (own: readonly number[]): number[] => [...new Array<number>(rank - own.length).fill(1), ...own]
  const [aDims, bDims] = [padded(aOuter), padded(bOuter)]
  if (aDims.some((dim, i) => dim !== bDims[i] && dim !== 1 && bDims[i] !== 1)) return undefined
  const outer = aDims.map((dim, i) => (dim === 1 ? bDims[i]! : dim))
  const isMixed = aBatch !== 1 && bBatch !== 1 && aDims.some((dim, i) => dim !== bDims[i])
  return {
    batch: sizeOf(outer), m, n, k, shape: [...outer, m, n], outer,
    isARepeated: aBatch === 1, isBRepeated: bBatch === 1, isMixed,
  }
}

/** A factor repeated along the batch axes it lacks. */
function spread(call: KernelCall, x: TensorInfo, outer: readonly number[]): TensorInfo | undefined {
  const shape = [...outer, ...x.shape.slice(-2)]
  const own = [...new Array<number>(shape.length - x.shape.length).fill(1), ...x.shape]
  const strides = stridesOf(own).map((stride, axis) => (own[axis] === 1 ? 0 : stride))
  return readAlong(call, x, { shape, strides })
}

/** Where batches broadcast in part on both sides, the factors are repeated first. */
function multiplyMixed(call: KernelCall, outer: readonly number[], extras: Extras): TensorInfo | undefined {
  const { a, b } = call.inputs as { a: TensorInfo; b: TensorInfo } // tfjs-core's own names
  if (outer.includes(0)) return undefined
  const made = [spread(call, a, outer), spread(call, b, outer)] as const
  const [left, right] = made
  const product = left && right && multiply({ ...call, inputs: { ...call.inputs, a: left, b: right } }, extras)
  for (const one of made) if (one) call.backend.disposeIntermediateTensorInfo(one)
  return product
}

interface Extras {
  readonly bias?: Float32Array | null
  readonly hasRelu?: boolean
  readonly slope?: { readonly of: (typeof slopes)[number]; readonly at: Float32Array }
}

function multiply(call: KernelCall, extras: Extras = {}): TensorInfo | undefined {
  const { bias = null, hasRelu = false, slope } = extras
  const { backend, inputs, attrs } = call
  const { a: left, b: right } = inputs as { a: TensorInfo; b: TensorInfo } // tfjs-core's own names
  const a = floatsOf(backend, left)
  const b = floatsOf(backend, right)
  const isATransposed = attrs['transposeA'] === true
  const isBTransposed = attrs['transposeB'] === true
  const shapes = shapesOf(left, right, isATransposed, isBTransposed)
  if (!a || !b || !shapes) return undefined
  if (shapes.isMixed) return multiplyMixed(call, shapes.outer, extras)
  const { m, n, k, batch, isARepeated, isBRepeated, shape } = shapes
  if (bias && bias.length !== 1 && bias.length !== n) return undefined
  const { info, values } = backend.output<Float32Array>(shape, 'float32')
  // A batch of left factors over one right factor is one tall matrix.
  const isTall = isBRepeated && !isARepeated && !isATransposed
  backend.addon.multiply(
    a, b, values, isTall ? 1 : batch, isTall ? batch * m : m, n, k,
    isATransposed ? 1 : 0, isBTransposed ? 1 : 0, isTall || isARepeated ? 1 : 0, isBRepeated ? 1 : 0, bias, hasRelu ? 1 : 0,
    slope ? slopes.indexOf(slope.of) : 0, slope?.at ?? null,
  )
  return info
}

const plain: NativeKernel = (call) => multiply(call)

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

/** (dy · weight^T) times the slope of an activation at x, for the gradient of x where y = activation(x) · weight. */
const sloped: NativeKernel = (call) => {
  const { dy, weight, x } = call.inputs as { dy: TensorInfo; weight: TensorInfo; x: TensorInfo } // the op's own names
  const at = floatsOf(call.backend, x)
  const of = slopes.find((name) => name === call.attrs['activation'])
  if (!at || !of || at.length !== dy.shape[0]! * weight.shape[0]!) return undefined
  return multiply({ ...call, inputs: { a: dy, b: weight }, attrs: { transposeB: true } }, { slope: { of, at } })
}

export const productKernels: Readonly<Record<string, NativeKernel>> = {
  BatchMatMul: plain,
  _FusedMatMul: fused,
  SlopedProduct: sloped,
}
