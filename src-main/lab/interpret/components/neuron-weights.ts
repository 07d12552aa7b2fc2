/**
 * The weights of a one-hidden-layer network over pairs of residues, neuron by neuron: the part of the input that
 * reads a, the part that reads b, and what the neuron writes to the classes. Analyses of neurons start here.
 */
import { assert } from '../../../base/assert'
import { namedArray, type FloatArray } from '../../../base/array'
import type { Network } from '../../models/network'

/** The three weight sequences of a neuron, in the order of the `part` axis. */
export const parts = ['a', 'b', 'output'] as const

/** Why the network is not one hidden layer over pairs of residues; undefined when it is. */
export function notOneHiddenLayer({ model, arrays, dims }: Network): string | undefined {
  const { W_in, W_out } = arrays
  if (!W_in || !W_out) return `model ${model.id} has no W_in and W_out; expected one hidden layer, like mlp`
  const [pos, residues, neurons] = W_in.shape
  if (W_in.shape.length !== 3 || pos !== 2) return `W_in has shape [${W_in.shape}]; expected [2, d_vocab, d_mlp]`
  if (W_out.shape.length !== 2 || W_out.shape[0] !== neurons) {
    return `W_out has shape [${W_out.shape}]; expected [${neurons}, d_vocab_out]`
  }
  if (residues === W_out.shape[1]) return undefined
  return `${residues} inputs but ${dims.d_vocab_out} classes; expected residues of one modulus`
}

export interface NeuronWeights {
  readonly neuronCount: number
  /** Number of residues, the length of every weight sequence. */
  readonly modulus: number
  readonly W_in: FloatArray
  readonly W_out: FloatArray
  /** Where part `part` of a neuron lies: the array, and how to step through it. */
  locate(part: number, neuron: number): { readonly data: Float32Array; readonly start: number; readonly stride: number }
  /** The weights of one neuron, [part, residue]. */
  weightsOf(neuron: number): FloatArray
}

export function neuronWeights(network: Network): NeuronWeights {
  const complaint = notOneHiddenLayer(network)
  assert(complaint === undefined, complaint ?? '')
  const W_in = network.arrays.W_in!
  const W_out = network.arrays.W_out!
  const [, modulus, neuronCount] = W_in.shape as [number, number, number]

  function locate(part: number, neuron: number): { data: Float32Array; start: number; stride: number } {
    if (part === 2) return { data: W_out.data, start: neuron * modulus, stride: 1 }
    return { data: W_in.data, start: part * modulus * neuronCount + neuron, stride: neuronCount }
  }

  return {
    neuronCount,
    modulus,
    W_in,
    W_out,
    locate,
    weightsOf(neuron) {
      const values = parts.flatMap((_, part) => {
        const { data, start, stride } = locate(part, neuron)
        return Array.from({ length: modulus }, (_, residue) => data[start + residue * stride]!)
      })
      return namedArray(['part', 'residue'], [parts.length, modulus], Float32Array.from(values))
    },
  }
}
