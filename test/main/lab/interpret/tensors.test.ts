import { expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import activationMap from '@main/lab/interpret/activation-map'
import { createPruner } from '@main/lab/interpret/pruning'
import { onEachBackend } from '../../../fixtures/backends'
import { additionPairs, cosineArrays, cosineNeurons, networkOf } from './cosine-network'

const p = 7
const dataset = additionPairs(p)
const arrays = cosineArrays(p, cosineNeurons(p, 60, createRng(1)))

onEachBackend(() => {
  test('the analytic network solves the task, and reading it leaves no tensor behind', () => {
    const network = networkOf(p, arrays)
    const map = activationMap.measure(network, { neuron: 2 })
    const { test: accuracy } = createPruner(network, dataset).accuracies()
    network.dispose()

    const largest = Math.max(...map.data)
    expect(largest).toBeGreaterThan(2)
    expect(largest).toBeLessThanOrEqual(4.0001)
    expect(accuracy).toBe(1)
  })
})
