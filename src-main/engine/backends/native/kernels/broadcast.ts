/** How two operands run along a broadcast output, in the numbers the addon takes. */

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
  const axes: { dim: number; a: number; b: number }[] = []
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
  if (axes.length === 0) axes.push({ dim: 1, a: 0, b: 0 })
  if (axes.length > mostAxes) return undefined
  axes.reverse()
  const layout = [axes.length, ...axes.map(({ dim }) => dim), ...axes.map((one) => one.a), ...axes.map((one) => one.b)]
  return { shape, layout: Int32Array.from(layout) }
}

/** Innermost axes come first. An axis along which both operands run on as along the one inside it becomes part of it. */
function addAxis(axes: { dim: number; a: number; b: number }[], axis: { dim: number; a: number; b: number }): void {
  if (axis.dim === 1) return
  const inner = axes.at(-1)
  if (inner && axis.a === inner.a * inner.dim && axis.b === inner.b * inner.dim) inner.dim *= axis.dim
  else axes.push(axis)
}
