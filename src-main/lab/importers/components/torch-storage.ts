/**
 * Where PyTorch's files keep the bytes of storages, and how a pickle's tensors become windows on them.
 *
 * A place is the bytes of one storage. Its size is what the file has; what the pickle claims must fit it.
 */
import type { ReadTensor } from '../importer'
import { elementBytes } from './element'
import { arrayKind } from './numpy-array'
import type { PickleStorage, PickleTensor } from './pickle-value'
import type { NamedLeaf } from './pickle-tree'
import { quoted, refusable, refuse } from './refusal'
import { columnMajor, storedTensor, type StoredBytes } from './stored-tensor'

export interface StoragePlaces {
  readonly isBigEndian: boolean
  /** The bytes of the storage of that key; undefined where the file has none. */
  find(key: string): StoredBytes | undefined
}

export function tensorsOf(leaves: readonly NamedLeaf[], places: StoragePlaces): readonly ReadTensor[] {
  return leaves.map(({ name, leaf }) => {
    const made = refusable(() => ('kind' in leaf ? torchTensor(name, leaf, places) : numpyTensor(name, leaf)))
    return made.ok ? made.value : refuse(`tensor ${quoted(name)}: ${made.error.message}`)
  })
}

function torchTensor(name: string, { storage, dtype, offset, shape, strides }: PickleTensor, places: StoragePlaces): ReadTensor {
  const bytes = storageBytes(storage, places)
  return storedTensor({ name, dtype, offset, shape, strides, isBigEndian: places.isBigEndian }, bytes)
}

function storageBytes(storage: PickleStorage, places: StoragePlaces): StoredBytes {
  const { key, dtype, count, view } = storage
  const whole = places.find(key) ?? refuse(`the file has no storage ${quoted(key)}`)
  const size = dtype ? elementBytes[dtype] : 1
  if (count * size !== whole.sizeBytes) {
    return refuse(`storage ${quoted(key)} claims ${count} elements of ${size} bytes; the file has ${whole.sizeBytes} bytes of it`)
  }
  if (!view) return whole
  if (view.offset + view.count > count) return refuse(`a view of storage ${quoted(key)} reaches beyond its end`)
  return {
    sizeBytes: view.count * size,
    read: (offset, length) => whole.read(view.offset * size + offset, length),
  }
}

function numpyTensor(name: string, leaf: Exclude<NamedLeaf['leaf'], PickleTensor>): ReadTensor {
  const { descr, shape, isColumnMajor, bytes } = leaf
  const place = { sizeBytes: bytes.length, read: (offset: number, length: number) => bytes.subarray(offset, offset + length) }
  return storedTensor({ name, shape, ...arrayKind(descr), ...(isColumnMajor && { strides: columnMajor(shape) }) }, place)
}
