/**
 * How well scores, or a search at several thresholds, tell the members of a set from the rest.
 *
 *   stepwise area   between two measured points only the lower true positive rate counts as reached:
 *                   sum over points by rising false positive rate of (fpr_i - fpr_{i-1}) · max_{j < i} tpr_j
 *   AUROC           share of pairs of a member and another in which the member scores higher, ties half
 *
 * The stepwise area is the one of arXiv:2304.14997 §4.2: joining points by lines would credit circuits nobody found.
 */
export interface RocPoint {
  readonly falsePositiveRate: number
  readonly truePositiveRate: number
}

/** 0–1. Points in any order; beyond the last one the highest rate reached holds. */
export function stepwiseArea(points: readonly RocPoint[]): number {
  const sorted = [...points].sort(
    (x, y) => x.falsePositiveRate - y.falsePositiveRate || x.truePositiveRate - y.truePositiveRate,
  )
  let area = 0
  let reached = 0
  let at = 0
  for (const { falsePositiveRate, truePositiveRate } of sorted) {
    area += (falsePositiveRate - at) * reached
    at = falsePositiveRate
    reached = Math.max(reached, truePositiveRate)
  }
  return area + (1 - at) * reached
}

/** 0–1; NaN where either side is empty. */
export function areaUnderRoc(scores: ArrayLike<number>, isMember: ArrayLike<number>): number {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort((i, j) => scores[i]! - scores[j]!)
  let below = 0
  let pairs = 0
  let members = 0
  for (let from = 0; from < order.length; ) {
    let to = from
    let tiedMembers = 0
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) if (isMember[order[to++]!]) tiedMembers++
    const tiedOthers = to - from - tiedMembers
    pairs += tiedMembers * (below + tiedOthers / 2)
    below += tiedOthers
    members += tiedMembers
    from = to
  }
  return members > 0 && below > 0 ? pairs / (members * below) : NaN
}
