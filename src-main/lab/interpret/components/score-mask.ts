/**
 * From scores to a mask over weights, and weights scaled to what they are under one.
 *
 * Only matrices are pruned: parameters whose name is W and an index (`W_E`, `blocks.0.attn.W_Q`). Biases and norm weights
 * are few and stay; a mask does not name them. Of equal scores the first in the order of the parameters goes first, so
 * that a mask is a function of its scores.
 */
import { assert } from '../../../base/assert'
import type { FloatArray } from '../../../base/array'
import type { ArraysByName } from '../../models/model'
import type { Score } from '../tickets/score'
import { keptCount, masked } from './weight-mask'

/** The parameters that a mask is over. */
export function prunable(params: ArraysByName): ArraysByName {
  return Object.fromEntries(Object.entries(params).filter(([name]) => /(^|\.)W_[A-Za-z]+$/.test(name)))
}

export interface Pruning {
  /** Higher is kept. */
  readonly scores: ArraysByName
  readonly share: Score['share']
  /** Share of zeros, 0-1; the nearest whole number of weights is pruned. */
  readonly sparsity: number
  /** Where the share is magnitude pruning's: the weights it prunes. */
  readonly weights: ArraysByName
}

/** 1 where a weight stays and 0 where it goes. */
export function maskOf({ scores, share, sparsity, weights }: Pruning): ArraysByName {
  if (share === 'all') return lowestMasked(scores, sparsity)
  const magnitudes = Object.fromEntries(Object.entries(weights).map(([name, array]) => [name, { ...array, data: array.data.map(Math.abs) }]))
  const matched = share === 'magnitude' ? lowestMasked(magnitudes, sparsity) : undefined
  const layers = Object.entries(scores).map(([name, array]): [string, FloatArray] => {
    const count = matched ? zerosIn(matched[name]!) : Math.round(sparsity * array.data.length)
    return [name, lowestMasked({ [name]: array }, count / array.data.length)[name]!]
  })
  return Object.fromEntries(layers)
}

function lowestMasked(scores: ArraysByName, sparsity: number): ArraysByName {
  const all = Float64Array.from(Object.values(scores).flatMap(({ data }) => [...data]))
  assert(!all.some(Number.isNaN), 'a score is not a number')
  const order = Uint32Array.from(all.keys()).sort((i, j) => all[i]! - all[j]! || i - j)
  const isMasked = new Uint8Array(all.length)
  for (const i of order.subarray(0, Math.round(sparsity * all.length))) isMasked[i] = 1
  let start = 0
  const entries = Object.entries(scores).map(([name, array]) => {
    const from = start
    start += array.data.length
    return [name, { ...array, data: Float32Array.from(array.data, (_, i) => 1 - isMasked[from + i]!) }] as const
  })
  return Object.fromEntries(entries)
}

const zerosIn = (array: FloatArray): number => array.data.length - keptCount(array)

/** The parameters with those a mask is over scaled by one factor, so that their Lp norm is that of the survivors. */
export function scaledToMask(params: ArraysByName, mask: ArraysByName, p: 1 | 2): { params: ArraysByName; factor: number } {
  const named = Object.fromEntries(Object.entries(params).filter(([name]) => name in mask))
  const factor = normOf(masked(named, mask), p) / normOf(named, p)
  const entries = Object.entries(params).map(([name, array]): [string, FloatArray] => {
    return [name, name in mask ? { ...array, data: array.data.map((value) => value * factor) } : array]
  })
  return { params: Object.fromEntries(entries), factor }
}

/** Over all weights together. */
export function normOf(params: ArraysByName, p: 1 | 2): number {
  let sum = 0
  for (const { data } of Object.values(params)) for (const value of data) sum += p === 1 ? Math.abs(value) : value * value
  return p === 1 ? sum : Math.sqrt(sum)
}
