/** Neurons as a mask over parameters: what is stored when a pruned network becomes a checkpoint. */
import type { FloatArray } from '../../../base/array'
import type { ArraysByName } from '../../models/model'

/** For each parameter that belongs to single neurons, the position of its neuron axis; negative counts from the end. */
const neuronAxis: Readonly<Record<string, number>> = { W_in: -1, b_in: -1, gamma: -1, beta: -1, W_out: 0 }

export interface NeuronMask {
  /** Zeros at the weights of removed neurons, ones elsewhere, for every parameter that has a neuron axis. */
  readonly arrays: ArraysByName
  /** Share of zeros over those parameters. */
  readonly sparsity: number
}

/** The mask that removes these neurons. */
export function neuronMask(arrays: ArraysByName, removed: Iterable<number>): NeuronMask {
  const isRemoved = new Set(removed)
  let zeros = 0
  let total = 0
  const masks: Record<string, FloatArray> = {}
  for (const [name, position] of Object.entries(neuronAxis)) {
    const array = arrays[name]
    if (!array) continue
    const axis = position < 0 ? array.shape.length + position : position
    const neurons = array.shape[axis]!
    const inner = array.shape.slice(axis + 1).reduce((product, length) => product * length, 1)
    const data = array.data.map((_, i) => (isRemoved.has(Math.floor(i / inner) % neurons) ? 0 : 1))
    for (const value of data) zeros += 1 - value
    total += data.length
    masks[name] = { ...array, data }
  }
  return { arrays: masks, sparsity: total === 0 ? 0 : zeros / total }
}

/**
 * The arrays with the removed neurons' weights zero: W_in columns, W_out rows, and biases, gamma and beta where the
 * model has them. Other arrays, among them running statistics, are the same objects.
 */
export function withoutNeurons(arrays: ArraysByName, removed: Iterable<number>): ArraysByName {
  const masks = neuronMask(arrays, removed).arrays
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => {
      const mask = masks[name]
      return [name, mask ? { ...array, data: array.data.map((value, i) => (mask.data[i] === 0 ? 0 : value)) } : array]
    }),
  )
}
