/**
 * A sum over products of two tensors, named by letters, as one batched matrix product:
 *
 *   letters in both and in the result   -> batch
 *   letters in both and not in it       -> summed
 *   letters in one and in the result    -> rows of the first, columns of the second
 *
 * Each factor is brought into that order by a transpose, and so is the result. Anything else (one tensor, three, a letter
 * twice, a letter of one factor alone that is summed) is left to the cpu kernel, which multiplies everything out.
 */
import { sizeOf } from '../math-backend'
import { stridesOf } from './broadcast'
import { floatsOf, type KernelCall, type NativeKernel, type TensorInfo } from './kernel'
import { readAlong } from './rearrangement'

interface Terms {
  readonly a: string
  readonly b: string
  readonly out: string
}

function termsOf(equation: unknown): Terms | undefined {
  const [, a, b, out] = /^([a-z]+),([a-z]+)->([a-z]*)$/i.exec(String(equation).replace(/\s/g, '')) ?? []
  if (a === undefined || b === undefined || out === undefined) return undefined
  const isPlain = [a, b, out].every((term) => new Set(term).size === term.length)
  const isKnown = [...out].every((letter) => a.includes(letter) || b.includes(letter))
  const isShared = [...a, ...b].every((letter) => out.includes(letter) || (a.includes(letter) && b.includes(letter)))
  return isPlain && isKnown && isShared ? { a, b, out } : undefined
}

/** The tensor with its axes in the order of `letters`. */
function ordered(call: KernelCall, x: TensorInfo, term: string, letters: readonly string[]): TensorInfo | undefined {
  const strides = stridesOf(x.shape)
  const axes = letters.map((letter) => term.indexOf(letter))
  return readAlong(call, x, { shape: axes.map((axis) => x.shape[axis]!), strides: axes.map((axis) => strides[axis]!) })
}

const einsum: NativeKernel = (call) => {
  const { backend, inputs, attrs } = call
  const terms = termsOf(attrs['equation'])
  const [left, right, third] = Object.values(inputs)
  if (!terms || !left || !right || third || left.dtype !== 'float32' || right.dtype !== 'float32') return undefined
  const { a, b, out } = terms
  if (a.length !== left.shape.length || b.length !== right.shape.length || sizeOf(left.shape) * sizeOf(right.shape) === 0) return undefined
  const dims = new Map<string, number>([...b].map((letter, i) => [letter, right.shape[i]!]))
  const isAlike = [...a].every((letter, i) => (dims.get(letter) ?? left.shape[i]) === left.shape[i])
  if (!isAlike) return undefined // the cpu kernel names the axes that differ
  ;[...a].forEach((letter, i) => dims.set(letter, left.shape[i]!))
  const batch = [...out].filter((letter) => a.includes(letter) && b.includes(letter))
  const rows = [...out].filter((letter) => !b.includes(letter))
  const columns = [...out].filter((letter) => !a.includes(letter))
  const summed = [...a].filter((letter) => !out.includes(letter))
  const sizeAlong = (letters: readonly string[]): number => sizeOf(letters.map((letter) => dims.get(letter)!))

  const made = [ordered(call, left, a, [...batch, ...rows, ...summed]), ordered(call, right, b, [...batch, ...summed, ...columns])]
  const [x, y] = made.map((info) => info && floatsOf(backend, info))
  const shape = [...batch, ...rows, ...columns]
  const product = x && y && backend.output<Float32Array>(shape.map((letter) => dims.get(letter)!), 'float32')
  if (product) {
    const [m, n, k] = [rows, columns, summed].map(sizeAlong) as [number, number, number]
    backend.addon.multiply(x, y, product.values, sizeAlong(batch), m, n, k, 0, 0, 0, 0, null, 0, 0, null)
  }
  for (const info of made) if (info) backend.disposeIntermediateTensorInfo(info)
  if (!product || shape.join('') === out) return product?.info
  const result = ordered(call, product.info, shape.join(''), [...out])
  backend.disposeIntermediateTensorInfo(product.info)
  return result
}

export const einsumKernels: Readonly<Record<string, NativeKernel>> = { Einsum: einsum }
