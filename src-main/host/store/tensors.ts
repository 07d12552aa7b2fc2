/**
 * Tensors by content. A tensor's key is the SHA-256 of its element type, shape and bytes, so that equal
 * tensors are stored once however many checkpoints, runs and masks use them. Axis names and parameter names
 * belong to the use, not to the content.
 *
 * Deleting is in two parts, because freeing a large tensor means visiting all its pages: removing a use puts
 * the tensor on the list of released ones (a trigger does), and `sweep` deletes those that no use is left of,
 * in small transactions, until its time is up. What remains waits for the next sweep, also across a restart.
 *
 * Bytes are stored little-endian, the order of every platform this program runs on.
 */
import { createHash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { dtypeOf, dtypes, sizeOf, type DType, type NamedArray, type NumberArray } from '../../base/array'
import { err, ok, type Result } from '../../base/result'

interface TensorRow {
  readonly hash: Buffer
  readonly dtype: string
  readonly shape: string
  readonly bytes: Buffer
}

export interface StoredTensor {
  readonly array: NamedArray
  readonly hash: Buffer
}

export interface Tensors {
  /** Stores the content unless it is there already. */
  write(array: NamedArray): { readonly id: number; readonly hash: Buffer }
  /** `label` names the tensor in the message when its content is not what was stored. */
  load(tensorId: number, axes: readonly string[], label: string): Result<StoredTensor, 'PROJECT_DAMAGED'>
  /** Deletes released tensors for about this long; true when none is left. */
  sweep(budgetMs: number): boolean
}

export function createTensors(db: Database): Tensors {
  const find = db.prepare<[Buffer], { id: number }>('SELECT id FROM tensors WHERE hash = ?')
  const insert = db.prepare('INSERT INTO tensors (hash, dtype, shape, size_bytes, bytes) VALUES (?, ?, ?, ?, ?)')
  const select = db.prepare<[number], TensorRow>('SELECT hash, dtype, shape, bytes FROM tensors WHERE id = ?')
  const released = db.prepare<[], { tensor_id: number }>('SELECT tensor_id FROM released_tensors LIMIT 8')
  const settle = db.prepare('DELETE FROM released_tensors WHERE tensor_id = ?')
  const remove = db.prepare(`
    DELETE FROM tensors WHERE id = :id
      AND NOT EXISTS (SELECT 1 FROM checkpoint_tensors WHERE tensor_id = :id)
      AND NOT EXISTS (SELECT 1 FROM mask_tensors WHERE tensor_id = :id)`)

  const removeSome = db.transaction((): boolean => {
    const some = released.all()
    for (const { tensor_id: id } of some) {
      remove.run({ id })
      settle.run(id)
    }
    return some.length > 0
  })

  return {
    write({ shape, data }) {
      const bytes = bytesOf(data)
      const hash = tensorHash(dtypeOf(data), shape, bytes)
      const known = find.get(hash)
      if (known) return { id: known.id, hash }
      const { lastInsertRowid } = insert.run(hash, dtypeOf(data), JSON.stringify(shape), bytes.length, bytes)
      return { id: Number(lastInsertRowid), hash }
    },
    load(tensorId, axes, label) {
      const row = select.get(tensorId)
      if (!row) return err('PROJECT_DAMAGED', `tensor '${label}' is missing`, { tensor: label })
      return arrayOf(row, axes, label)
    },
    sweep(budgetMs) {
      const until = performance.now() + budgetMs
      while (removeSome()) if (performance.now() >= until) return released.get() === undefined
      return true
    },
  }
}

export function tensorHash(dtype: DType, shape: readonly number[], bytes: Uint8Array): Buffer {
  return createHash('sha256').update(`${dtype}[${shape.join(',')}]`).update(bytes).digest()
}

function bytesOf(data: NumberArray): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}

/** The array in a row; its bytes have to have the hash they were stored under. */
function arrayOf(row: TensorRow, axes: readonly string[], label: string): Result<StoredTensor, 'PROJECT_DAMAGED'> {
  const kind = Object.hasOwn(dtypes, row.dtype) ? dtypes[row.dtype as DType] : undefined
  const shape = JSON.parse(row.shape) as readonly number[] // written by `write`; the hash covers it
  const isIntact =
    kind !== undefined &&
    axes.length === shape.length &&
    row.bytes.length === sizeOf(shape) * kind.BYTES_PER_ELEMENT &&
    tensorHash(row.dtype as DType, shape, row.bytes).equals(row.hash)
  if (!isIntact) return err('PROJECT_DAMAGED', `tensor '${label}' is not what was stored`, { tensor: label })
  // A copy: SQLite's buffer need not be aligned for the element type.
  const data = new kind(sizeOf(shape))
  new Uint8Array(data.buffer).set(row.bytes)
  return ok({ array: { axes, shape, data }, hash: row.hash })
}
