/** What the steps of a mapping do to shapes and to values. */
import { sizeOf } from '../../../base/array'
import type { Step } from '../layouts/layout'

export interface Values {
  readonly shape: readonly number[]
  readonly data: Float32Array
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
    case 'pad': {
      const { axis, length } = step
      const isLonger = isLength(length) && length >= (shape[axis] ?? Infinity)
      return isLonger ? shape.map((one, i) => (i === axis ? length : one)) : undefined
    }
  }
}

const isLength = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

/** The step fits: `shapeAfter` was asked before. */
export function after({ shape, data }: Values, step: Step): Values {
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
    case 'pad': {
      const filler = shape.map((one, i) => (i === step.axis ? step.length - one : one))
      const zeros = { shape: filler, data: new Float32Array(sizeOf(filler)) }
      return { shape: next, data: joinedData([{ shape, data }, zeros], next, step.axis) }
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
export function joinedShape(shapes: readonly (readonly number[])[], axis: number): readonly number[] | undefined {
  const [first, ...others] = shapes
  if (!first) return undefined
  if (others.length === 0) return first
  const isAlike = others.every((shape) => shape.length === first.length && shape.every((length, i) => i === axis || length === first[i]))
  if (!isAlike || first[axis] === undefined) return undefined
  const total = shapes.reduce((sum, shape) => sum + shape[axis]!, 0)
  return first.map((length, i) => (i === axis ? total : length))
}

export function joinedData(parts: readonly Values[], shape: readonly number[], axis: number): Float32Array {
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
