/** NumPy's own words for dtypes and its .npy header. Source: numpy.lib.format, format versions 1.0 to 3.0. */
import type { StoredDType } from '../importer'
import { bytesAt, quoted, refuse, viewOf } from './refusal'
import { columnMajor, storedTensor, type StoredBytes } from './stored-tensor'
import type { ByteSource, ReadTensor } from '../importer'

export interface ArrayKind {
  readonly dtype: StoredDType
  readonly isBigEndian: boolean
}

const kinds: Readonly<Record<string, StoredDType>> = {
  f8: 'F64', f4: 'F32', f2: 'F16', i8: 'I64', i4: 'I32', i2: 'I16', i1: 'I8', u8: 'U64', u4: 'U32', u2: 'U16', u1: 'U8', b1: 'BOOL', '?': 'BOOL',
}

/** What a type string such as `<f4` says; refused where it is none of numbers. */
export function arrayKind(descr: string): ArrayKind {
  const [, order, code] = /^([<>|=]?)(.*)$/s.exec(descr)!
  const dtype = Object.hasOwn(kinds, code!) ? kinds[code!] : undefined
  if (dtype) return { dtype, isBigEndian: order === '>' }
  const names: Readonly<Record<string, string>> = { O: 'Python objects', c: 'complex numbers', V: 'records', M: 'dates', m: 'time spans' }
  const first = code![0] ?? ''
  return refuse(`the array is of dtype ${quoted(descr)}${Object.hasOwn(names, first) ? `, ${names[first]}` : ''}; arrays of real numbers are read`)
}

/** Text, fixed-width: not numbers, but harmless beside them. */
export const isText = (descr: string): boolean => /^[<>|=]?[US]\d+$/.test(descr)

export interface ArrayHeader {
  readonly descr: string
  readonly isColumnMajor: boolean
  readonly shape: readonly number[]
  /** Where the elements begin. */
  readonly bodyOffset: number
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
const headerBytesMax = 1 << 20

export function beginsLikeArray(source: ByteSource): boolean {
  if (source.sizeBytes < 10) return false
  const start = source.read(0, magic.length)
  return magic.every((byte, i) => start[i] === byte)
}

export function arrayHeader(source: ByteSource): ArrayHeader {
  const start = bytesAt(source, 0, Math.min(12, source.sizeBytes), 'the header')
  if (start.length < 10 || !magic.every((byte, i) => start[i] === byte)) refuse(`${quoted(source.name)} does not begin like a .npy file`)
  const version = start[6]!
  if (version < 1 || version > 3 || (version > 1 && start.length < 12)) refuse(`.npy version ${version} is not read; known: 1 to 3`)
  const headerOffset = version === 1 ? 10 : 12
  const headerBytes = version === 1 ? viewOf(start).getUint16(8, true) : viewOf(start).getUint32(8, true)
  if (headerBytes > headerBytesMax) refuse(`the header claims ${headerBytes} bytes; at most ${headerBytesMax} are read`)
  const text = new TextDecoder().decode(bytesAt(source, headerOffset, headerBytes, 'the header'))
  return { ...headerFields(text), bodyOffset: headerOffset + headerBytes }
}

/** The three fields of the header, which is a Python dict in fixed wording; `2L` is Python 2's way to write 2. */
function headerFields(text: string): Omit<ArrayHeader, 'bodyOffset'> {
  if (/'descr':\s*\[/.test(text)) refuse('the array holds records with fields; arrays of real numbers are read')
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1]
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1]
  const lengths = /'shape':\s*\(([\d\sL,]*)\)/.exec(text)?.[1]
  if (descr === undefined || order === undefined || lengths === undefined) {
    return refuse(`the header ${quoted(text.trim())} does not say descr, fortran_order and shape`)
  }
  const shape = lengths.split(',').map((length) => length.trim().replace(/L$/, '')).filter((length) => length !== '')
  return { descr, isColumnMajor: order === 'True', shape: shape.map(Number) }
}

/** A tensor over the elements of an .npy file. */
export function arrayTensor(name: string, header: ArrayHeader, body: StoredBytes): ReadTensor {
  const { descr, isColumnMajor, shape } = header
  const strides = isColumnMajor ? { strides: columnMajor(shape) } : {}
  return storedTensor({ name, shape, ...arrayKind(descr), ...strides }, body)
}
