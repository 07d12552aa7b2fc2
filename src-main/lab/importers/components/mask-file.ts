/** Reads masks from files; lab/exporters/mask-file.ts says how they are laid out. */
import { namedArray, sizeOf, type FloatArray } from '../../../base/array'
import type { Result } from '../../../base/result'
import { sourceOf, type ReadTensor } from '../importer'
import safetensors from '../safetensors'
import { isCount, quoted, refusable, refuse } from './refusal'

/** A few bytes of gaps stand for as many entries as they like, so a mask of more is refused before memory is asked for. */
const mostEntries = 2 ** 30

export function readMask(name: string, bytes: Uint8Array): Result<Readonly<Record<string, FloatArray>>, 'IMPORT_REFUSED'> {
  return refusable(() => {
    const read = safetensors.read(sourceOf(name, bytes))
    if (!read.ok) return refuse(read.error.message)
    const { tensors, metadata } = read.value
    if (tensors.length === 0) refuse('the file holds no array')
    const forms = metadata['arrays'] === undefined ? undefined : formsOf(String(metadata['arrays']))
    const arrays = tensors.map((tensor) => [tensor.name, forms ? unpacked(tensor, forms[tensor.name]) : plain(tensor)] as const)
    return Object.fromEntries(arrays)
  })
}

function plain(tensor: ReadTensor): FloatArray {
  const values = Float32Array.from(valuesOf(tensor))
  const strange = values.find((value) => value !== 0 && value !== 1)
  if (strange !== undefined) refuse(`${quoted(tensor.name)} holds ${strange}; a mask holds 0 and 1`)
  return { axes: tensor.shape.map((_, axis) => `axis_${axis}`), shape: tensor.shape, data: values }
}

function valuesOf(tensor: ReadTensor): ArrayLike<number> {
  const values = tensor.read()
  return values.ok ? values.value : refuse(values.error.message)
}

function formsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const forms: unknown = JSON.parse(text)
    if (typeof forms === 'object' && forms !== null) return forms as Record<string, unknown> // checked entry by entry
  } catch {
    return refuse('the forms of the arrays are no JSON')
  }
  return refuse('the forms of the arrays are no JSON object')
}

function unpacked(tensor: ReadTensor, form: unknown): FloatArray {
  const what = quoted(tensor.name)
  if (typeof form !== 'object' || form === null) return refuse(`${what} has no form`)
  const { shape, axes, coding, rare } = form as Record<string, unknown> // each is checked here
  if (!Array.isArray(shape) || !shape.every(isCount)) return refuse(`${what} has no shape`)
  const isNamed = Array.isArray(axes) && axes.length === shape.length && axes.every((axis) => typeof axis === 'string')
  if (!isNamed) return refuse(`${what} does not name its ${shape.length} axes`)
  const count = sizeOf(shape)
  if (!isCount(count) || count > mostEntries) return refuse(`${what} claims ${count} entries; at most ${mostEntries} are read`)
  const code = valuesOf(tensor)
  if (coding === 'bits') return namedArray(axes, shape, fromBits(code, count, what))
  if (coding !== 'gaps' || (rare !== 0 && rare !== 1)) return refuse(`${what} is coded in a way that is not read`)
  return namedArray(axes, shape, fromGaps(code, { count, rare, what }))
}

function fromBits(code: ArrayLike<number>, count: number, what: string): Float32Array {
  if (code.length !== Math.ceil(count / 8)) refuse(`${what} lies in ${code.length} bytes; ${count} bits take ${Math.ceil(count / 8)}`)
  return Float32Array.from({ length: count }, (_, i) => (code[i >> 3]! >> (7 - (i & 7))) & 1)
}

interface Gaps {
  readonly count: number
  readonly rare: 0 | 1
  readonly what: string
}

function fromGaps(code: ArrayLike<number>, { count, rare, what }: Gaps): Float32Array {
  const data = new Float32Array(count).fill(1 - rare)
  let [at, gap, scale] = [-1, 0, 1]
  for (let i = 0; i < code.length; i++) {
    gap += (code[i]! & 127) * scale
    scale *= 128
    if (code[i]! >= 128 && i < code.length - 1) continue
    at += gap + 1
    if (code[i]! >= 128 || !(at < count)) refuse(`${what} ends at entry ${at} of ${count}; it is truncated or damaged`)
    data[at] = rare
    ;[gap, scale] = [0, 1]
  }
  return data
}
