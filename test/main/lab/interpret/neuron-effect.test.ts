import { expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import neuronEffect from '@main/lab/interpret/neuron-effect'
import { accuracyNames, createPruner } from '@main/lab/interpret/pruning'
import { tf } from '@main/engine/tf'
import { additionPairs, cosineArrays, cosineNeurons, networkOf, randomArrays } from './cosine-network'

const p = 11
const dataset = additionPairs(p)

test('the effect of ablating a neuron is what removing it from the logits gives', () => {
  const network = networkOf(p, randomArrays(p, 16, createRng(5)))
  const pruner = createPruner(network, dataset)
  const before = pruner.accuracies()

  for (const neuron of [0, 7, 15]) {
    pruner.become([neuron])
    const after = pruner.accuracies()
    const effect = neuronEffect.measure(network, { dataset, neuron })
    for (const name of accuracyNames) expect(effect[name]).toBeCloseTo(after[name] - before[name], 12)
  }
  network.dispose()
})

test('a neuron without output weights has no effect, and without the only one every pair is given the class of the largest bias', () => {
  const silent = cosineArrays(p, cosineNeurons(p, 40, createRng(3)))
  const W_out = silent['W_out']!.data.slice()
  W_out.fill(0, 0, p)
  const network = networkOf(p, { ...silent, W_out: { ...silent['W_out']!, data: W_out } })
  const single = randomArrays(p, 1, createRng(2))
  const alone = networkOf(p, single)
  const before = createPruner(alone, dataset).accuracies()
  const tensors = tf.memory().numTensors

  const none = neuronEffect.measure(network, { dataset, neuron: 0 })
  const all = neuronEffect.measure(alone, { dataset, neuron: 0 })

  expect(none).toEqual({ trainClean: 0, trainCorrupted: 0, test: 0, trueLabel: 0, train: 0 })
  const bias = single['b_out']!.data
  const named = dataset.splits.test.filter((example) => dataset.labels[example] === bias.indexOf(Math.max(...bias)))
  expect(dataset.splits.test.length).toBeGreaterThan(0)
  expect(all.test).toBeCloseTo(named.length / dataset.splits.test.length - before.test, 12)
  expect(tf.memory().numTensors).toBe(tensors)
  network.dispose()
  alone.dispose()
})
