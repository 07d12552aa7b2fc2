import { predictedClasses } from '../../engine/ops/correct-count'
import { scoped, tf } from '../../engine/tf'
import type { HookFunction, Network } from '../models/network'
import type { Dataset } from '../tasks/task'
import { outputHook } from './activation-map'
import { defineAnalysis } from './analysis'
import { notOneHiddenLayer } from './components/neuron-weights'
import { accuraciesOf, accuracyNames, type PrunedAccuracies } from './pruning'

/**
 * What one neuron is worth, by intervention: two forward passes instead of a pruner's record of every contribution, so
 * that the answer follows the time line.
 */
export default defineAnalysis<{ readonly dataset: Dataset; readonly neuron: number }, PrunedAccuracies>({
  id: 'neuron-effect',
  title: 'Accuracy without one neuron',
  definition:
    'Change of each accuracy when neuron k alone is zero-ablated: the network runs on every pair in evaluation mode with ' +
    'h_k = 0 in place of what the output layer reads of it, minus the same without the intervention.',
  source: 'arXiv:2310.13061 §4',
  unsuitable: notOneHiddenLayer,
  measure(network, { dataset, neuron }) {
    const before = accuraciesOf(dataset, predictionsOf(network, dataset))
    const after = accuraciesOf(dataset, predictionsOf(network, dataset, zeroAblate(neuron)))
    const changes = accuracyNames.map((name) => [name, after[name] - before[name]] as const)
    return Object.fromEntries(changes) as Record<(typeof accuracyNames)[number], number> // one entry a name
  },
})

/** Sets one neuron of an activation [batch, d_mlp] to zero. */
function zeroAblate(neuron: number): HookFunction {
  return (activation) => {
    const width = activation.shape[1]!
    const kept = new Float32Array(width).fill(1)
    kept[neuron] = 0
    return activation.mul(tf.tensor1d(kept))                           // [batch, d_mlp]
  }
}

/** The class each example is given; the lowest on a tie. */
function predictionsOf(network: Network, dataset: Dataset, hook?: HookFunction): Int32Array {
  return scoped(() => predictedClasses(network.run(dataset.tokens, hook && { [outputHook(network)]: hook })))
}
