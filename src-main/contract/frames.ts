/**
 * Arrays on the wire: the schema of a NamedArray that came from outside. packing.ts says how a message with arrays in
 * it becomes bytes where a transport needs bytes.
 */
import { z } from 'zod'
import type { NamedArray } from '../base/array'

export { packMessage, unpackMessage } from './packing'

const Numbers = z.union([
  z.instanceof(Float32Array),
  z.instanceof(Float64Array),
  z.instanceof(Int32Array),
  z.instanceof(Uint8Array),
])

/** A NamedArray that came from outside: its shape has to account for its data. */
export const Frame: z.ZodType<NamedArray> = z
  .object({
    axes: z.array(z.string()).readonly(),
    shape: z.array(z.number().int().nonnegative()).readonly(),
    data: Numbers,
  })
  .refine(({ axes, shape, data }) => {
    return axes.length === shape.length && shape.reduce((n, length) => n * length, 1) === data.length
  }, 'axes, shape and data disagree')
export type Frame = NamedArray
