/**
 * Named arrays as a safetensors file: a JSON header and the tensors' bytes, little-endian, in the order given.
 * The header is padded with spaces to a multiple of eight, so that every tensor is aligned where it is mapped into memory.
 * Source: huggingface/safetensors, README "Format".
 */
import type { NamedArray } from '../../base/array'

const storedNames = { 4: 'F32', 1: 'U8' } as const

export function safetensorsFile(
  arrays: Readonly<Record<string, NamedArray<Float32Array> | NamedArray<Uint8Array>>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata }
  let end = 0
  for (const [name, { shape, data }] of Object.entries(arrays)) {
    const begin = end
    end += data.byteLength
    header[name] = { dtype: storedNames[data.BYTES_PER_ELEMENT as 1 | 4], shape, data_offsets: [begin, end] }
  }
  const text = new TextEncoder().encode(JSON.stringify(header))
  const headerBytes = Math.ceil(text.length / 8) * 8
  const file = new Uint8Array(8 + headerBytes + end)
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true)
  file.fill(0x20, 8, 8 + headerBytes)
  file.set(text, 8)
  let at = 8 + headerBytes
  for (const { data } of Object.values(arrays)) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return file
}
