/** The orders in which neurons are removed. Ties keep the lower index first: an order is a function of its input. */
import { createRng } from '../../../base/rng'
import type { NeuronSpectra } from '../fourier'

/** Same list as the contract's; a test compares them. */
export const pruneOrders = [
  'ipr-ascending',
  'ipr-descending',
  'random',
  'magnitude',
  'frequency',
  'hand-picked',
] as const

export interface OrderOptions {
  readonly order: (typeof pruneOrders)[number]
  /** For `random`; default 0. */
  readonly seed?: number | undefined
  /** For `frequency`: the harmonic to keep; default is the one with the largest summed norm. */
  readonly freq?: number | undefined
  /** For `hand-picked`: repeated entries count once. */
  readonly picked?: readonly number[] | undefined
}

/** What each order does, for "How was this computed". */
export const orderDefinitions: Readonly<Record<OrderOptions['order'], string>> = {
  'ipr-ascending': 'lowest IPR first',
  'ipr-descending': 'highest IPR first',
  random: 'a random permutation drawn from the seed',
  magnitude: 'smallest norm over input and output weights first',
  frequency: 'all other harmonics first, then the kept one; lowest IPR first within each group',
  'hand-picked': 'the picked neurons in the order they were picked',
}

/** Neurons in order of removal. */
export function pruneOrder(neurons: NeuronSpectra, { order, seed = 0, freq, picked = [] }: OrderOptions): Int32Array {
  const all = Int32Array.from({ length: neurons.count }, (_, k) => k)
  const ipr = neurons.ipr.data
  switch (order) {
    case 'ipr-ascending':
      return all.sort((i, j) => ipr[i]! - ipr[j]! || i - j)
    case 'ipr-descending':
      return all.sort((i, j) => ipr[j]! - ipr[i]! || i - j)
    case 'random':
      return createRng(seed).fork('prune-order').permutation(neurons.count)
    case 'magnitude':
      return all.sort((i, j) => neurons.norm.data[i]! - neurons.norm.data[j]! || i - j)
    case 'frequency': {
      const kept = freq ?? strongestFreq(neurons)
      const isKept = (k: number): number => (neurons.freq.data[k] === kept ? 1 : 0)
      return all.sort((i, j) => isKept(i) - isKept(j) || ipr[i]! - ipr[j]! || i - j)
    }
    case 'hand-picked':
      return Int32Array.from(new Set(picked))
  }
}

/** The harmonic whose neurons carry the largest summed norm. */
export function strongestFreq({ freq, norm }: NeuronSpectra): number {
  const total = new Map<number, number>()
  freq.data.forEach((f, k) => total.set(f, (total.get(f) ?? 0) + norm.data[k]!))
  let best = 0
  for (const [f, sum] of total) if (sum > (total.get(best) ?? -1)) best = f
  return best
}
