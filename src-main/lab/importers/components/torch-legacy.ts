/**
 * PyTorch's two older forms.
 *
 * Before 1.6, one stream: five pickles (a mark, the protocol, the system, the object, the keys of its storages), then for
 * each key a 64-bit count and the elements.
 *
 * Before 0.1.10, a tar archive: `sys_info`, `pickle` with the object, and `storages`: a pickled count, then for each
 * storage a pickle (key, location, class), a 64-bit count and the elements; views on storages may follow. Tensors are
 * either rebuilt in `pickle` or listed in `tensors`, each a pickle (key, storage, class) and its lengths and strides.
 *
 * Source: pytorch, torch/serialization.py, _legacy_load.
 */
import type { ByteSource } from '../importer'
import { elementBytes } from './element'
import { plainRules, storageDType, storageOf } from './pickle-calls'
import { readPickle, type PickleRules, type ReadPickle } from './pickle-machine'
import { isKind, itemsOf, type PickleStorage, type PickleTensor, type PickleValue } from './pickle-value'
import { bytesAt, countAt, isCount, quoted, refuse, viewOf } from './refusal'
import type { StoredBytes } from './stored-tensor'
import type { StoragePlaces } from './torch-storage'
import { openTar } from './tar'

export interface LegacyFile {
  readonly pickle: ReadPickle
  readonly places: StoragePlaces
}

/** The mark as the bytes of its pickle: protocol 2, then an integer of ten bytes. */
const markBytes = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]

export function beginsLikeLegacy(source: ByteSource): boolean {
  if (source.sizeBytes < markBytes.length) return false
  const start = source.read(0, markBytes.length)
  return markBytes.every((byte, i) => start[i] === byte)
}

const noObjects: PickleRules = {
  ...plainRules,
  persistent: () => refuse('the pickle names a storage where none belongs; it is damaged'),
}

export function openLegacy(source: ByteSource): LegacyFile {
  const storages = new Map<string, PickleStorage>()
  const rules: PickleRules = { ...plainRules, persistent: (id) => persistentValue(id, storages) }
  // The pickles have no stated length; all but the storages is theirs, and they are read where they lie.
  const bytes = bytesAt(source, 0, source.sizeBytes, 'the file')
  const protocol = readPickle(bytes, noObjects, markBytes.length)
  const system = readPickle(bytes, noObjects, protocol.endOffset)
  const pickle = readPickle(bytes, rules, system.endOffset)
  const keys = readPickle(bytes, noObjects, pickle.endOffset)
  const placed = new Map<string, StoredBytes>()
  let offset = keys.endOffset
  for (const key of itemsOf(keys.value) ?? refuse('the file does not list its storages; it is damaged')) {
    const storage = storages.get(String(key)) ?? refuse(`the file lists a storage ${quoted(String(key))} that no tensor uses`)
    const sized = sizedBytes(source, offset, storage.dtype ? elementBytes[storage.dtype] : 1)
    placed.set(storage.key, sized.bytes)
    offset = sized.endOffset
  }
  return { pickle, places: { isBigEndian: isBigEndian(system.value), find: (key) => placed.get(key) } }
}

/** A storage, or the class of a module, which its source text may accompany. */
function persistentValue(id: PickleValue, storages: Map<string, PickleStorage>): PickleValue {
  const [tag, className] = itemsOf(id) ?? []
  if (tag === 'module' && className !== undefined) return className
  const storage = storageOf(id) ?? refuse('the pickle names what is no storage; it is damaged')
  storages.set(storage.key, storage)
  return storage
}

function isBigEndian(system: PickleValue): boolean {
  return isKind(system, 'dict') && system.entries.get('little_endian') === false
}

function sizedBytes(source: StoredBytes & { readonly name?: string }, offset: number, size: number): { bytes: StoredBytes; endOffset: number } {
  if (offset + 8 > source.sizeBytes) return refuse('the file ends where a storage begins; it is truncated')
  const count = countAt(viewOf(source.read(offset, 8)), 0)
  const start = offset + 8
  if (count === undefined || start + count * size > source.sizeBytes) {
    return refuse(`a storage at byte ${offset} claims ${count ?? 'over 2^53'} elements of ${size} bytes; the file has ${source.sizeBytes} bytes`)
  }
  const sizeBytes = count * size
  return { bytes: { sizeBytes, read: (at, length) => source.read(start + at, length) }, endOffset: start + sizeBytes }
}

export function openTorchTar(source: ByteSource): LegacyFile {
  const members = openTar(source)
  const member = (name: string): StoredBytes => members.get(name) ?? refuse(`the tar archive has no member ${quoted(name)} and is no PyTorch file`)
  const whole = (name: string): Uint8Array => member(name).read(0, member(name).sizeBytes)
  const system = readPickle(whole('sys_info'), noObjects)
  const storages = tarStorages(member('storages'))
  const tensors = members.has('tensors') ? tarTensors(whole('tensors'), storages) : new Map<string, PickleTensor>()
  const rules: PickleRules = {
    ...plainRules,
    persistent(id) {
      // A class stands for itself, beside the source text that the archive may hold.
      const [className] = itemsOf(id) ?? []
      if (className !== undefined) return className
      return tensors.get(String(id)) ?? storages.get(String(id))?.storage ?? refuse(`the pickle names a tensor ${quoted(String(id))} that the file does not hold`)
    },
  }
  const pickle = readPickle(whole('pickle'), rules)
  return { pickle, places: { isBigEndian: isBigEndian(system.value), find: (key) => storages.get(key)?.bytes } }
}

interface TarStorage {
  readonly storage: PickleStorage
  readonly bytes: StoredBytes
}

function tarStorages(member: StoredBytes): ReadonlyMap<string, TarStorage> {
  const bytes = member.read(0, member.sizeBytes)
  const first = readPickle(bytes, noObjects)
  const storages = new Map<string, TarStorage>()
  let offset = first.endOffset
  for (let i = 0; i < countIn(first.value, bytes); i++) {
    const header = readPickle(bytes, noObjects, offset)
    const [key, , className] = itemsOf(header.value) ?? []
    const dtype = storageDType(className)
    const size = dtype ? elementBytes[dtype] : 1
    const sized = sizedBytes(member, header.endOffset, size)
    const name = String(key)
    storages.set(name, { storage: { kind: 'storage', key: name, dtype, count: sized.bytes.sizeBytes / size }, bytes: sized.bytes })
    offset = sized.endOffset
  }
  if (offset < bytes.length) addViews(readPickle(bytes, noObjects, offset).value, storages)
  return storages
}

/** [(key, key of the whole, offset, count), …] */
function addViews(list: PickleValue, storages: Map<string, TarStorage>): void {
  for (const item of itemsOf(list) ?? []) {
    const [key, wholeKey, offset, count] = itemsOf(item) ?? []
    const whole = storages.get(String(wholeKey))
    if (!whole || !isCount(offset) || !isCount(count)) return refuse('a view of a storage has no place; the file is damaged')
    storages.set(String(key), { ...whole, storage: { ...whole.storage, view: { offset, count } } })
  }
}

function countIn(value: PickleValue, { length }: Uint8Array): number {
  return isCount(value) && value <= length ? value : refuse('the file does not say how many storages it has; it is damaged')
}

function tarTensors(bytes: Uint8Array, storages: ReadonlyMap<string, TarStorage>): Map<string, PickleTensor> {
  const view = viewOf(bytes)
  const first = readPickle(bytes, noObjects)
  const tensors = new Map<string, PickleTensor>()
  let offset = first.endOffset
  for (let i = 0; i < countIn(first.value, bytes); i++) {
    const header = readPickle(bytes, noObjects, offset)
    const [key, storageKey] = itemsOf(header.value) ?? []
    const of = storages.get(String(storageKey)) ?? refuse(`the file has no storage ${quoted(String(storageKey))}`)
    const dtype = of.storage.dtype ?? refuse('a tensor does not say what its bytes are; the file is damaged')
    // The number of axes takes eight bytes, of which four count; lengths, strides and the offset take eight each.
    const start = header.endOffset
    const axisCount = start + 4 <= bytes.length ? view.getInt32(start, true) : -1
    const counts = start + 8
    offset = counts + 8 * (2 * axisCount + 1)
    if (axisCount < 0 || axisCount > 32 || offset > bytes.length) return refuse('the list of tensors is truncated or damaged')
    const at = (place: number): number => countAt(view, counts + 8 * place) ?? refuse('a tensor has a length beyond 2^53')
    const places = Array.from({ length: axisCount }, (_, axis) => axis)
    tensors.set(String(key), {
      kind: 'tensor',
      storage: of.storage,
      dtype,
      offset: at(2 * axisCount),
      shape: places.map((axis) => at(axis)),
      strides: places.map((axis) => at(axisCount + axis)),
    })
  }
  return tensors
}
