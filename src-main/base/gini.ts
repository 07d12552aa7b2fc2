/**
 * Gini coefficient of non-negative values: 0 when all are equal, 1 - 1 / n when one holds everything; 0 for zeros.
 * G = sum_i (2 i - n - 1) x_(i) / (n sum x), with x_(i) ascending, i from 1.
 */
export function gini(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort()
  const count = sorted.length
  let total = 0
  let weighted = 0
  for (let i = 0; i < count; i++) {
    total += sorted[i]!
    weighted += (2 * (i + 1) - count - 1) * sorted[i]!
  }
  return total === 0 ? 0 : weighted / (count * total)
}
