/**
 * A mask as a file, in one of two forms. Both are safetensors files that name the mask's arrays.
 *
 *   safetensors   U8 of the array's own shape, 0 and 1
 *   packed        U8 codes, of which each array has the shorter:
 *                   bits   eight entries a byte, row-major, the first in the highest bit, the last byte filled with 0
 *                   gaps   where the rarer value stands: for each such entry the number of others since the one before,
 *                          as a little-endian base-128 number whose bytes but the last have their highest bit set
 *
 * A packed file's metadata say under `arrays`, as JSON, each array's shape, axes, coding and, of gaps, the rarer value.
 * resources/docs/mask-files.md describes it for readers, resources/export/read_mask.py reads it.
 * Source: huggingface/safetensors, README "Format"; LEB128 as in DWARF 5 §7.6.
 */
import { namedArray, type NamedArray } from '../../base/array'
import type { ArraysByName } from '../models/model'
import { safetensorsFile } from './safetensors'

/** What a packed file says of an array. */
export interface PackedForm {
  readonly shape: readonly number[]
  readonly axes: readonly string[]
  readonly coding: 'bits' | 'gaps'
  readonly rare?: 0 | 1
}

/** `facts` are texts for whoever opens the file: its name, what it was made from. */
export function maskFile(mask: ArraysByName, facts: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  return safetensorsFile(Object.fromEntries(Object.entries(mask).map(([name, array]) => [name, zerosAndOnes(array)])), facts)
}

export function packedMaskFile(mask: ArraysByName, facts: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const codes: Record<string, NamedArray<Uint8Array>> = {}
  const forms: Record<string, PackedForm> = {}
  for (const [name, array] of Object.entries(mask)) {
    const { shape, axes, data } = zerosAndOnes(array)
    const rare = 2 * data.reduce((sum, bit) => sum + bit, 0) <= data.length ? 1 : 0
    const [bits, gaps] = [bitsOf(data), gapsOf(data, rare)]
    const isShorter = gaps.length < bits.length
    const code = isShorter ? gaps : bits
    codes[name] = namedArray(['byte'], [code.length], code)
    forms[name] = isShorter ? { shape, axes, coding: 'gaps', rare } : { shape, axes, coding: 'bits' }
  }
  return safetensorsFile(codes, { ...facts, format: 'grokscope packed mask 1', arrays: JSON.stringify(forms) })
}

function zerosAndOnes({ axes, shape, data }: ArraysByName[string]): NamedArray<Uint8Array> {
  return namedArray(axes, shape, Uint8Array.from(data, (value) => (value === 0 ? 0 : 1)))
}

function bitsOf(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(data.length / 8))
  for (let i = 0; i < data.length; i++) bytes[i >> 3]! |= data[i]! << (7 - (i & 7))
  return bytes
}

function gapsOf(data: Uint8Array, rare: 0 | 1): Uint8Array {
  const bytes: number[] = []
  for (let i = 0, since = 0; i < data.length; i++, since++) {
    if (data[i] !== rare) continue
    let rest = since
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(128 + (rest % 128))
    bytes.push(rest)
    since = -1
  }
  return Uint8Array.from(bytes)
}
