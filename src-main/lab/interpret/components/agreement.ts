/**
 * How far an estimate orders things as the truth does.
 *
 *   Spearman   correlation of the ranks, ties sharing their mean rank; NaN where either does not vary
 *   overlap    share of the k largest magnitudes of one that are among the k largest of the other
 */

export interface Agreement {
  /** -1 to 1, or NaN. */
  readonly spearman: number
  readonly topCount: number
  /** 0-1: of the `topCount` largest magnitudes. */
  readonly topOverlap: number
}

export function agreementOf(truth: ArrayLike<number>, estimate: ArrayLike<number>, topCount: number): Agreement {
  const count = Math.min(topCount, truth.length)
  const top = new Set(largestOf(truth, count))
  const shared = largestOf(estimate, count).filter((i) => top.has(i)).length
  return { spearman: correlation(ranksOf(truth), ranksOf(estimate)), topCount: count, topOverlap: shared / count }
}

export function largestOf(values: ArrayLike<number>, count: number): readonly number[] {
  const order = Array.from({ length: values.length }, (_, i) => i)
  return order.sort((i, j) => Math.abs(values[j]!) - Math.abs(values[i]!) || i - j).slice(0, count)
}

function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((i, j) => values[i]! - values[j]!)
  const ranks = new Float64Array(values.length)
  for (let from = 0; from < order.length; ) {
    let to = from + 1
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++
    for (let i = from; i < to; i++) ranks[order[i]!] = (from + to - 1) / 2
    from = to
  }
  return ranks
}

function correlation(xs: Float64Array, ys: Float64Array): number {
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanX, meanY] = [mean(xs), mean(ys)]
  let [xy, xx, yy] = [0, 0, 0]
  for (let i = 0; i < xs.length; i++) {
    const [x, y] = [xs[i]! - meanX, ys[i]! - meanY]
    xy += x * y
    xx += x * x
    yy += y * y
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : NaN
}
