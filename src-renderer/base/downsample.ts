/**
 * A long series as few points, without losing an extreme.
 *
 * The x range is cut into `columns` equal parts. Of each part the first, lowest, highest and last point stay,
 * in their order. A line through them covers the same pixels as a line through all points when a column is a
 * pixel wide, so a single spike in a million points is still drawn. A gap (NaN) of a column stays a gap.
 */

export interface Points {
  readonly x: Float64Array
  readonly y: Float64Array
}

/** Points of ascending `x` inside [from, to] and one on either side, at most 4 a column plus gaps. */
export function downsample(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  columns: number,
  range?: readonly [number, number],
): Points {
  const [first, last] = visible(x, range)
  if (last - first <= columns * 4) return pick(x, y, sequence(first, last))
  const low = x[first]!
  const width = (x[last - 1]! - low) / columns || 1
  const kept: number[] = []
  let start = first
  while (start < last) {
    const column = Math.min(columns - 1, Math.floor((x[start]! - low) / width))
    let end = start + 1
    while (end < last && Math.min(columns - 1, Math.floor((x[end]! - low) / width)) === column) end++
    kept.push(...extremes(y, start, end))
    start = end
  }
  return pick(x, y, kept)
}

function visible(x: ArrayLike<number>, range?: readonly [number, number]): readonly [number, number] {
  let first = 0
  let last = x.length
  if (!range) return [first, last]
  while (first < last - 1 && x[first + 1]! < range[0]) first++
  while (last > first + 1 && x[last - 2]! > range[1]) last--
  return [first, last]
}

function extremes(y: ArrayLike<number>, start: number, end: number): readonly number[] {
  let lowest = start
  let highest = start
  let gap = -1
  for (let i = start; i < end; i++) {
    const value = y[i]!
    if (Number.isNaN(value)) gap = i
    if (value < y[lowest]! || Number.isNaN(y[lowest]!)) lowest = i
    if (value > y[highest]! || Number.isNaN(y[highest]!)) highest = i
  }
  const indices = new Set([start, lowest, highest, end - 1])
  if (gap >= 0) indices.add(gap)
  return [...indices].sort((i, j) => i - j)
}

function sequence(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first }, (_, i) => first + i)
}

function pick(x: ArrayLike<number>, y: ArrayLike<number>, indices: readonly number[]): Points {
  return { x: Float64Array.from(indices, (i) => x[i]!), y: Float64Array.from(indices, (i) => y[i]!) }
}
