/** Changes to a mask that are not saved yet: by array, by entry, whether it is to be kept. */
export type MaskDraft = Readonly<Record<string, ReadonlyMap<number, boolean>>>

export const brushes = ['entry', 'row', 'column'] as const
export type Brush = (typeof brushes)[number]

/** Entries, row-major, that a click on a cell is about. */
export function cellsOf([row, column]: readonly [number, number], shape: readonly number[], brush: Brush): readonly number[] {
  const [rows, columns] = shape as [number, number]
  if (brush === 'row') return Array.from({ length: columns }, (_, i) => row * columns + i)
  if (brush === 'column') return Array.from({ length: rows }, (_, i) => i * columns + column)
  return [row * columns + column]
}

/** A copy of what is kept, with the changes made. */
export function keptAfter(kept: ArrayLike<number>, changes: ReadonlyMap<number, boolean> | undefined): Uint8Array {
  const after = Uint8Array.from(kept)
  for (const [cell, isKept] of changes ?? []) after[cell] = isKept ? 1 : 0
  return after
}
