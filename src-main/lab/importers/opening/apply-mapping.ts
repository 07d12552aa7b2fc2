/**
 * Makes a model's arrays out of a checkpoint as a mapping says.
 *
 * A mapping may have been edited, remembered from another day, or come over the wire: it is checked here against the
 * file (each tensor is there, each step fits its shape) and against the model (every parameter once, in the model's own
 * shape) before a value is read.
 */
import { dtypes, namedArray, sizeOf, type FloatArray, type NumberArray } from '../../../base/array'
import { err, ok, type Result } from '../../../base/result'
import type { SettingValues } from '../../../base/settings'
import type { ArraysByName, Dimensions } from '../../models/model'
import type { ReadCheckpoint, ReadTensor } from '../importer'
import type { Mapping, ParameterSource, Part, Step } from '../layouts/layout'

type Refusable<T> = Result<T, 'IMPORT_REFUSED'>

/** Everything a network or a checkpoint of a run is made of. */
export interface ImportedNetwork {
  readonly modelId: string
  readonly settings: SettingValues
  readonly dims: Dimensions
  /** Parameters by the model's names, float32. */
  readonly arrays: ArraysByName
}

export function applyMapping(checkpoint: ReadCheckpoint, mapping: Mapping): Refusable<ImportedNetwork> {
  const tensors = new Map(checkpoint.tensors.map((tensor) => [tensor.name, tensor]))
  const arrays: Record<string, FloatArray> = {}
  for (const parameter of mapping.parameters) {
    const made = parameterArray(parameter, tensors)
    if (!made.ok) return err('IMPORT_REFUSED', `${parameter.name}: ${made.error.message}`)
    arrays[parameter.name] = made.value
  }
  const { modelId, settings, dims } = mapping
  return ok({ modelId, settings, dims, arrays })
}

interface Values {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

function parameterArray(parameter: ParameterSource, tensors: ReadonlyMap<string, ReadTensor>): Refusable<FloatArray> {
  const { parts, axis, axes, shape } = parameter
  const shapes: (readonly number[])[] = []
  for (const part of parts) {
    const known = partShape(part, tensors)
    if (!known.ok) return known
    shapes.push(known.value)
  }
  const whole = joinedShape(shapes, axis)
  if (!whole || `${whole}` !== `${shape}`) {
    return err('IMPORT_REFUSED', `${shapes.map((one) => `[${one.join(', ')}]`).join(' and ')} do not make [${shape.join(', ')}]`)
  }
  const values: Values[] = []
  for (const part of parts) {
    const made = partValues(part, tensors)
    if (!made.ok) return made
    values.push(made.value)
  }
  return ok(namedArray(axes, shape, values.length === 1 ? values[0]!.data : joinedData(values, shape, axis)))
}

function partShape(part: Part, tensors: ReadonlyMap<string, ReadTensor>): Refusable<readonly number[]> {
  if ('fill' in part) return ok(part.shape)
  const tensor = tensors.get(part.from)
  if (!tensor) return err('IMPORT_REFUSED', `the file has no tensor '${part.from}'`)
  let shape = tensor.shape
  for (const step of part.steps) {
    const next = shapeAfter(shape, step)
    if (!next) return err('IMPORT_REFUSED', `${JSON.stringify(step)} does not fit [${shape.join(', ')}] of '${part.from}'`)
    shape = next
  }
  return ok(shape)
}

/** Undefined where the step does not fit. */
export function shapeAfter(shape: readonly number[], step: Step): readonly number[] | undefined {
  switch (step.op) {
    case 'transpose': {
      const isOrder = step.order.length === shape.length && new Set(step.order).size === shape.length
      const next = step.order.map((axis) => shape[axis])
      return isOrder && next.every((length) => length !== undefined) ? (next as number[]) : undefined
    }
    case 'reshape':
      return step.shape.every(isLength) && sizeOf(step.shape) === sizeOf(shape) ? step.shape : undefined
    case 'slice': {
      const { axis, start, length } = step
      const isWithin = isLength(start) && isLength(length) && start + length <= (shape[axis] ?? -1)
      return isWithin ? shape.map((one, i) => (i === axis ? length : one)) : undefined
    }
    case 'scale':
      return Number.isFinite(step.factor) ? shape : undefined
  }
}

const isLength = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

function partValues(part: Part, tensors: ReadonlyMap<string, ReadTensor>): Refusable<Values> {
  if ('fill' in part) return ok({ shape: part.shape, data: new Float32Array(sizeOf(part.shape)).fill(part.fill) })
  const tensor = tensors.get(part.from)! // its shape was looked up before
  const read = tensor.read()
  if (!read.ok) return read
  let values: Values = { shape: tensor.shape, data: float32Of(read.value) }
  for (const step of part.steps) values = after(values, step)
  return ok(values)
}

/** The array itself where it is float32 already: every reading is its own copy. */
function float32Of(data: NumberArray): Float32Array {
  return data instanceof dtypes.float32 ? data : Float32Array.from(data)
}

function after({ shape, data }: Values, step: Step): Values {
  const next = shapeAfter(shape, step)!
  switch (step.op) {
    case 'reshape':
      return { shape: next, data }
    case 'scale':
      return { shape, data: data.map((value) => value * step.factor) }
    case 'slice': {
      const inner = sizeOf(shape.slice(step.axis + 1))
      const outer = sizeOf(shape.slice(0, step.axis))
      const whole = shape[step.axis]! * inner
      const kept = new Float32Array(sizeOf(next))
      for (let i = 0; i < outer; i++) {
        const start = i * whole + step.start * inner
        kept.set(data.subarray(start, start + step.length * inner), i * step.length * inner)
      }
      return { shape: next, data: kept }
    }
    case 'transpose':
      return { shape: next, data: transposed(shape, data, step.order) }
  }
}

function transposed(shape: readonly number[], data: Float32Array, order: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)))
  const lengths = order.map((axis) => shape[axis]!)
  const steps = order.map((axis) => strides[axis]!)
  const result = new Float32Array(data.length)
  const place = lengths.map(() => 0)
  for (let i = 0, from = 0; i < result.length; i++) {
    result[i] = data[from]!
    for (let axis = lengths.length - 1; axis >= 0; axis--) {
      from += steps[axis]!
      if (++place[axis]! < lengths[axis]!) break
      from -= steps[axis]! * lengths[axis]!
      place[axis] = 0
    }
  }
  return result
}

/** Undefined where the shapes differ beside the axis, or no parts are there. */
function joinedShape(shapes: readonly (readonly number[])[], axis: number): readonly number[] | undefined {
  const [first, ...others] = shapes
  if (!first) return undefined
  if (others.length === 0) return first
  const isAlike = others.every((shape) => shape.length === first.length && shape.every((length, i) => i === axis || length === first[i]))
  if (!isAlike || first[axis] === undefined) return undefined
  const total = shapes.reduce((sum, shape) => sum + shape[axis]!, 0)
  return first.map((length, i) => (i === axis ? total : length))
}

function joinedData(parts: readonly Values[], shape: readonly number[], axis: number): Float32Array {
  const inner = sizeOf(shape.slice(axis + 1))
  const outer = sizeOf(shape.slice(0, axis))
  const result = new Float32Array(sizeOf(shape))
  let offset = 0
  for (let i = 0; i < outer; i++) {
    for (const part of parts) {
      const width = part.shape[axis]! * inner
      result.set(part.data.subarray(i * width, (i + 1) * width), offset)
      offset += width
    }
  }
  return result
}
