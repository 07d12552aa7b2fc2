/**
 * safetensors: a JSON header, then the tensors' bytes.
 *
 *   8 bytes      length of the header, little-endian
 *   header       { name: { dtype, shape, data_offsets: [begin, end] }, …, __metadata__?: { key: text } }
 *   the rest     bytes; offsets count from here, and the tensors cover it without gap or overlap
 *
 * The header may end at any byte, aligned or not. 8-bit, 4-bit and complex floats are refused by name.
 * Source: huggingface/safetensors, README "Format" and its limit of 100 MB on the header.
 */
import { bytesAt, countAt, isCount, quoted, refusable, refuse, viewOf } from './components/refusal'
import { elementBytes, isStoredDType } from './components/element'
import { checkedCount, storedTensor } from './components/stored-tensor'
import { defineImporter, type ByteSource, type PlainValue, type ReadCheckpoint, type ReadTensor } from './importer'

const headerBytesMax = 100_000_000

export default defineImporter({
  id: 'safetensors',
  title: 'safetensors',
  extensions: ['safetensors'],
  source: 'huggingface/safetensors, README',

  recognize(source) {
    if (source.sizeBytes < 10) return false
    const start = source.read(0, 9)
    const length = countAt(viewOf(start), 0)
    return start[8] === 0x7b && length !== undefined && length <= headerBytesMax
  },

  read: (source) => refusable(() => readSafetensors(source)),
})

interface Placed {
  readonly tensor: ReadTensor
  readonly begin: number
  readonly end: number
}

function readSafetensors(source: ByteSource): ReadCheckpoint {
  const headerBytes = countAt(viewOf(bytesAt(source, 0, 8, 'the length of the header')), 0)
  if (headerBytes === undefined || headerBytes > headerBytesMax) {
    refuse(`the header claims ${headerBytes ?? 'over 2^53'} bytes; at most ${headerBytesMax} are read`)
  }
  const { __metadata__: metadata, ...entries } = headerOf(bytesAt(source, 8, headerBytes, 'the header'))
  const start = 8 + headerBytes
  const placed = Object.entries(entries).map(([name, entry]) => placedTensor(source, start, name, entry))
  checkCover(placed, source.sizeBytes - start)
  return { format: 'safetensors', tensors: placed.map(({ tensor }) => tensor), metadata: textsOf(metadata), notes: [] }
}

function headerOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    return refuse(`the header is no JSON; ${quoted(cause instanceof Error ? cause.message : String(cause))}`)
  }
  if (!isRecord(parsed)) refuse('the header is no JSON object')
  return parsed
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function placedTensor(source: ByteSource, start: number, name: string, entry: unknown): Placed {
  const what = `tensor ${quoted(name)}`
  if (!isRecord(entry)) refuse(`${what} has no description`)
  const { dtype, shape, data_offsets: offsets } = entry
  if (typeof dtype !== 'string') refuse(`${what} names no dtype`)
  if (!isStoredDType(dtype)) refuse(`${what} is of dtype ${quoted(dtype)}, which is not read`)
  if (!Array.isArray(shape) || !shape.every(isCount)) refuse(`${what} has no shape`)
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) refuse(`${what} has no offsets`)
  const [begin, end] = offsets as [number, number]
  const wanted = checkedCount(shape) * elementBytes[dtype]
  if (end - begin !== wanted) {
    refuse(`${what} lies in ${end - begin} bytes; ${dtype} [${shape.join(', ')}] takes ${wanted}`)
  }
  if (start + end > source.sizeBytes) {
    refuse(`${what} ends at byte ${start + end} of a file of ${source.sizeBytes}; it is truncated or damaged`)
  }
  const bytes = {
    sizeBytes: wanted,
    read: (offset: number, length: number) => bytesAt(source, start + begin + offset, length, what),
  }
  return { tensor: storedTensor({ name, dtype, shape }, bytes), begin, end }
}

function checkCover(placed: readonly Placed[], sizeBytes: number): void {
  let covered = 0
  for (const { tensor, begin, end } of [...placed].sort((x, y) => x.begin - y.begin || x.end - y.end)) {
    const what = `tensor ${quoted(tensor.name)}`
    if (begin < covered) refuse(`${what} overlaps another; it begins at ${begin}, the one before ends at ${covered}`)
    if (begin > covered) refuse(`bytes ${covered} to ${begin} before ${what} belong to no tensor`)
    covered = end
  }
  if (covered !== sizeBytes) refuse(`the tensors cover ${covered} of ${sizeBytes} bytes`)
}

function textsOf(metadata: unknown): Readonly<Record<string, PlainValue>> {
  if (metadata === undefined) return {}
  if (!isRecord(metadata)) refuse('__metadata__ is no object of texts')
  const texts = Object.entries(metadata).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(texts)
}
