/** Masks over weights: 1 where a weight is kept, 0 where it is not; arrays that a mask does not name are kept whole. */
import { namedArray, type FloatArray } from '../../../base/array'
import type { ArraysByName } from '../../models/model'

/** The first array of the mask that the network does not have, or has in another shape; undefined when all fit. */
export function maskComplaint(mask: ArraysByName, arrays: ArraysByName): string | undefined {
  for (const [name, { shape }] of Object.entries(mask)) {
    const array = Object.hasOwn(arrays, name) ? arrays[name] : undefined
    if (!array) return `the network has no '${name}' that the mask is over; it has ${Object.keys(arrays).join(', ')}`
    if (array.shape.join() === shape.join()) continue
    return `${name} is [${shape.join(', ')}] in the mask and [${array.shape.join(', ')}] in the network; expected equal shapes`
  }
  return undefined
}

/** The arrays with every weight that the mask does not keep at 0; arrays it does not name are the same objects. */
export function masked(arrays: ArraysByName, mask: ArraysByName): ArraysByName {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => {
      const kept = Object.hasOwn(mask, name) ? mask[name]!.data : undefined
      return [name, kept ? { ...array, data: array.data.map((value, i) => (kept[i] === 0 ? 0 : value)) } : array]
    }),
  )
}

export function keptCount({ data }: FloatArray): number {
  let kept = 0
  for (const value of data) if (value !== 0) kept++
  return kept
}

/** Share of zeros over all arrays; 0 of a mask without entries. */
export function sparsityOf(mask: ArraysByName): number {
  let [kept, count] = [0, 0]
  for (const array of Object.values(mask)) {
    kept += keptCount(array)
    count += array.data.length
  }
  return count === 0 ? 0 : 1 - kept / count
}

/** Kept where both keep; an array that only one names is as that one has it. */
export function keptByBoth(mask: ArraysByName, other: ArraysByName): ArraysByName {
  const shared = Object.entries(mask).map(([name, array]): [string, FloatArray] => {
    const also = other[name]?.data
    return [name, also ? namedArray(array.axes, array.shape, array.data.map((kept, i) => (also[i] === 0 ? 0 : kept))) : array]
  })
  return { ...other, ...Object.fromEntries(shared) }
}
