/** Arrays to be filled entry by entry. */
import { assert } from '../../../../base/assert'
import { namedArray, sizeOf, type FloatArray } from '../../../../base/array'
import type { ArraysByName, ParameterForm } from '../../../models/model'

/** Sets one entry; writing one twice, to something else, is an error. */
export type Writing = (name: string, at: readonly number[], value: number) => void

export function emptyArrays(forms: readonly ParameterForm[]): { readonly arrays: ArraysByName; readonly write: Writing } {
  const entries = forms.map(({ name, axes, shape }): [string, FloatArray] => [name, namedArray(axes, shape, new Float32Array(sizeOf(shape)))])
  const arrays = Object.fromEntries(entries)
  return {
    arrays,
    write(name, at, value) {
      const array = arrays[name]
      assert(array, `there is no parameter '${name}'`)
      const index = at.reduce((sum, i, axis) => sum * array.shape[axis]! + i, 0)
      assert(at.length === array.shape.length && at.every((i, axis) => i < array.shape[axis]!), `${name} has no entry ${at}`)
      assert(array.data[index] === 0 || array.data[index] === Math.fround(value), `${name} ${at} is written twice`)
      array.data[index] = value
    },
  }
}
