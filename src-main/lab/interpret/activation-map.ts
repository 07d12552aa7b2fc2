import { namedArray, type FloatArray } from '../../base/array'
import type { Network } from '../models/network'
import { defineAnalysis } from './analysis'
import { notOneHiddenLayer } from './components/neuron-weights'

/** The hook point whose activation the output layer reads: after BatchNorm where there is one. */
export function outputHook(network: Network): string {
  const names = network.model.hookPoints(network.settings as never, network.dims).map(({ name }) => name)
  // Settings were checked when the network was made.
  const normalized = 'blocks.0.mlp.hook_normalized'
  return names.includes(normalized) ? normalized : 'blocks.0.mlp.hook_post'
}

/** Every pair (a, b), a outermost. */
export function allPairs(modulus: number): Int32Array {
  return Int32Array.from({ length: 2 * modulus * modulus }, (_, i) =>
    i % 2 === 0 ? Math.floor(i / 2 / modulus) : (i >> 1) % modulus,
  )
}

export default defineAnalysis<{ readonly neuron: number }, FloatArray>({
  id: 'activation-map',
  title: 'Activation of a neuron over all pairs',
  definition:
    'h_k(a, b): the activation of neuron k that the output layer reads, for every pair (a, b), in evaluation mode: ' +
    'after the activation function, and after BatchNorm where the model has it.',
  source: 'arXiv:2310.13061 §2',
  unsuitable: notOneHiddenLayer,
  /** [a, b]. */
  measure(network, { neuron }) {
    const modulus = network.dims.d_vocab
    const hook = outputHook(network)
    const { logits, cache } = network.record(allPairs(modulus), [hook])
    logits.dispose()
    const post = cache.get(hook)! // record fills every name it was given  [batch, d_mlp]
    const column = post.slice([0, neuron], [-1, 1])                     // [batch, 1]
    const values = Float32Array.from(column.dataSync<'float32'>())
    post.dispose()
    column.dispose()
    return namedArray(['a', 'b'], [modulus, modulus], values)
  },
})
