/** Sizes, positions and searches that drawing needs; pixels unless said otherwise. */

export interface Size {
  readonly width: number
  readonly height: number
}

export interface Box extends Size {
  readonly left: number
  readonly top: number
}

export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value
}

/** The largest box of square cells inside `room`, centred; cells are whole pixels when at least two fit. */
export function squareCells(columns: number, rows: number, room: Box): Box & { readonly cell: number } {
  const largest = Math.max(0, Math.min(room.width / columns, room.height / rows))
  const cell = largest >= 2 ? Math.floor(largest) : largest
  const width = cell * columns
  const height = cell * rows
  return {
    cell,
    width,
    height,
    left: room.left + Math.max(0, Math.floor((room.width - width) / 2)),
    top: room.top + Math.max(0, Math.floor((room.height - height) / 2)),
  }
}

/** Index of the ascending `values` entry closest to `wanted`; −1 when there is none. */
export function nearestIndex(values: ArrayLike<number>, wanted: number): number {
  if (values.length === 0) return -1
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (values[middle]! < wanted) low = middle + 1
    else high = middle
  }
  const isLeftNearer = low > 0 && wanted - values[low - 1]! <= values[low]! - wanted
  return isLeftNearer ? low - 1 : low
}

/** Smallest and largest finite value; undefined when there is none. */
export function extent(values: ArrayLike<number>): readonly [number, number] | undefined {
  let low = Infinity
  let high = -Infinity
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value < low && value !== -Infinity) low = value
    if (value > high && value !== Infinity) high = value
  }
  return low <= high ? [low, high] : undefined
}
