/** How two arrays run along the axes of an operation, in the numbers the addon takes. */

export interface Broadcast {
  readonly shape: readonly number[]
  /** Rank, dimensions, strides of a, strides of b; axes merged where both operands run on. */
  readonly layout: Int32Array
}

const mostAxes = 6

/** Undefined for shapes that do not broadcast, are empty, or need more axes than the addon has. */
export function broadcast(a: readonly number[], b: readonly number[]): Broadcast | undefined {
  const rank = Math.max(a.length, b.length)
  const shape: number[] = []
  const axes: Axis[] = []
  let aStride = 1
  let bStride = 1
  for (let back = 1; back <= rank; back++) {
    const aDim = a[a.length - back] ?? 1
    const bDim = b[b.length - back] ?? 1
    if (aDim !== bDim && aDim !== 1 && bDim !== 1) return undefined
    const dim = aDim === 1 ? bDim : aDim
    if (dim === 0) return undefined
    shape.unshift(dim)
    addAxis(axes, { dim, a: aDim === 1 ? 0 : aStride, b: bDim === 1 ? 0 : bStride })
    aStride *= aDim
    bStride *= bDim
  }
  const layout = layoutOf(axes)
  return layout && { shape, layout }
}

/** The layout of an operation over `shape`, by the strides of two arrays. Undefined where it is empty or has too many axes. */
export function layoutFor(
  shape: readonly number[],
  a: readonly number[],
  b: readonly number[],
): Int32Array | undefined {
  const axes: Axis[] = []
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] === 0) return undefined
    addAxis(axes, { dim: shape[i]!, a: a[i]!, b: b[i]! })
  }
  return layoutOf(axes)
}

export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride
    stride *= shape[i]!
  }
  return strides
}

interface Axis {
  dim: number
  readonly a: number
  readonly b: number
}

/** Rank, dimensions, strides of a, strides of b, outermost first. */
function layoutOf(innermostFirst: Axis[]): Int32Array | undefined {
  const rank = Math.max(1, innermostFirst.length)
  if (rank > mostAxes) return undefined
  const layout = new Int32Array(1 + 3 * rank)
  layout[0] = rank
  layout[1] = 1
  innermostFirst.forEach(({ dim, a, b }, i) => {
    const axis = rank - i
    layout[axis] = dim
    layout[rank + axis] = a
    layout[2 * rank + axis] = b
  })
  return layout
}

/** Innermost axes come first. An axis along which both operands run on as along the one inside it becomes part of it. */
function addAxis(axes: Axis[], axis: Axis): void {
  if (axis.dim === 1) return
  const inner = axes.at(-1)
  if (inner && axis.a === inner.a * inner.dim && axis.b === inner.b * inner.dim) inner.dim *= axis.dim
  else axes.push(axis)
}
