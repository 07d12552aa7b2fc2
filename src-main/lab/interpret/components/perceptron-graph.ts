/**
 * The computational graph of a perceptron, in the form of a transformer's: inputs, neurons and outputs.
 *
 *   writers   x{pos}, h{layer}.{neuron}
 *   readers   h{layer}.{neuron}, y{class}
 *
 * A layer reads the layer before it and nothing else. What goes along an edge is one number: the writer's value times the
 * weight, or of a one-hot input the weight its token chooses. Biases belong to the readers, so that every edge can be
 * changed by itself. A one-layer perceptron on two tokens with 500 neurons and 97 classes has 49,500 edges.
 */
import { assert } from '../../../base/assert'
import type { Network } from '../../models/network'
import { circuitGraph, numbered, type CircuitGraph, type UnnumberedReader, type Writer } from './circuit-graph'
import { transformerSettings } from './head-weights'

/** Models whose graph has one number an edge. */
export const isPerceptron = ({ model }: Network): boolean => model.id === 'mlp' || model.id === 'mlp-stack'

/** Layers of hidden neurons, from the input on. */
export function hiddenWidths({ model, settings }: Network): readonly number[] {
  const { d_mlp, n_layers } = settings as { readonly d_mlp: number; readonly n_layers?: number } // both models' fields
  return Array.from({ length: model.id === 'mlp' ? 1 : n_layers! }, () => d_mlp)
}

export function perceptronGraph(network: Network): CircuitGraph {
  assert(isPerceptron(network), `model ${network.model.id} is no perceptron`)
  const { n_ctx, d_vocab_out } = network.dims
  const writers: Writer[] = Array.from({ length: n_ctx }, (_, neuron) => ({ name: `x${neuron}`, layer: -1, neuron }))
  const readers: UnnumberedReader[] = []
  let firstWriter = 0
  const widths = hiddenWidths(network)
  widths.forEach((width, layer) => {
    const writerCount = writers.length - firstWriter
    for (let neuron = 0; neuron < width; neuron++) readers.push({ name: `h${layer}.${neuron}`, layer, neuron, firstWriter, writerCount })
    firstWriter = writers.length
    for (let neuron = 0; neuron < width; neuron++) writers.push({ name: `h${layer}.${neuron}`, layer, neuron })
  })
  const writerCount = writers.length - firstWriter
  for (let neuron = 0; neuron < d_vocab_out; neuron++) {
    readers.push({ name: `y${neuron}`, layer: widths.length, neuron, firstWriter, writerCount })
  }
  return numbered(writers, readers)
}

/** The graph of a transformer or a perceptron. */
export function graphOf(network: Network): CircuitGraph {
  return isPerceptron(network) ? perceptronGraph(network) : circuitGraph(transformerSettings(network))
}
