/**
 * An importer reads one file format that holds tensors: bytes in, named tensors and plain values out.
 *
 * Files come from strangers. Three rules hold for every importer:
 *
 * 1. Nothing in a file is run. A pickle's opcodes are interpreted against an allowlist (components/pickle.ts).
 * 2. Every size a file claims is checked against the bytes that are there before memory is asked for.
 * 3. What is not read is refused in one sentence that names the reason: an err of code IMPORT_REFUSED. No input throws.
 *
 * Opening a checkpoint reads its table of contents only. A tensor's values are read when `read` is called, from a source
 * that need not be in memory, so that a large file costs what is taken from it.
 *
 * Stored dtypes are named as safetensors names them. Values come out as
 *   F64 → float64 · F32, F16, BF16 → float32 · I8, I16, I32 → int32 · U8, BOOL → uint8
 *   U16, U32, I64, U64 → int32 where every value fits, else float64 where all are exact, else refused.
 */
import type { NumberArray } from '../../base/array'
import type { Result } from '../../base/result'

/** A file to read from, at any place in it. Reading is synchronous: importers run where nobody waits for a frame. */
export interface ByteSource {
  /** The file's name without its folder: `model.safetensors`. */
  readonly name: string
  readonly sizeBytes: number
  /** `length` bytes from `offset`, which lie within the file; the caller does not write to them. */
  read(offset: number, length: number): Uint8Array
}

export const storedDTypes = [
  'F64', 'F32', 'F16', 'BF16', 'I64', 'I32', 'I16', 'I8', 'U64', 'U32', 'U16', 'U8', 'BOOL',
] as const
export type StoredDType = (typeof storedDTypes)[number]

/** Plain values beside tensors: a configuration, an epoch, losses. NaN and infinities may occur among the numbers. */
export type PlainValue = null | boolean | number | string | readonly PlainValue[] | { readonly [key: string]: PlainValue }

export interface ReadTensor {
  /** As in the file; the keys of nested containers are joined by dots. Unique within a checkpoint. */
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: StoredDType
  /** Values, row-major. Each call reads anew. */
  read(): Result<NumberArray, 'IMPORT_REFUSED'>
}

export interface ReadCheckpoint {
  /** Id of the importer that read it. */
  readonly format: string
  /** In the order of the file. */
  readonly tensors: readonly ReadTensor[]
  readonly metadata: Readonly<Record<string, PlainValue>>
  /** What a reader of the result should know: what was passed over, and what stands for what. */
  readonly notes: readonly string[]
}

export interface Importer {
  readonly id: string
  readonly title: string
  /** Usual endings of its files, without the dot. */
  readonly extensions: readonly string[]
  readonly source: string
  /** True when the first bytes are this format's, whatever the name says. Reads little and never fails. */
  recognize(source: ByteSource): boolean
  read(source: ByteSource): Result<ReadCheckpoint, 'IMPORT_REFUSED'>
}

export function defineImporter(importer: Importer): Importer {
  return Object.freeze(importer)
}

/** A source over bytes in memory. */
export function sourceOf(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    sizeBytes: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  }
}
