/**
 * A square matrix made small for a thumbnail. Blocks of side × side cells become one: the cell farthest from zero, so that
 * a thin diagonal stays as strong as it is. NaN cells are left out; a block of them alone is NaN.
 */
export function pooledSide(length: number, most: number): number {
  return Math.max(1, Math.ceil(length / most))
}

/** `source` holds [length, length] from `start`; answers [size, size] with size = ceil(length / side). */
export function pooled(source: Float32Array, start: number, { length, side }: { length: number; side: number }): Float32Array {
  if (side === 1) return source.slice(start, start + length * length)
  const size = Math.ceil(length / side)
  const made = new Float32Array(size * size).fill(NaN)
  for (let row = 0; row < length; row++) {
    const to = Math.floor(row / side) * size
    for (let column = 0; column < length; column++) {
      const value = source[start + row * length + column]!
      const at = to + Math.floor(column / side)
      const held = made[at]!
      if (Number.isNaN(held) || Math.abs(value) > Math.abs(held)) made[at] = value
    }
  }
  return made
}
