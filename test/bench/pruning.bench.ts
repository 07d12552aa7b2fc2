/** Neurons at the paper's size: p = 97, width 500, all 9,409 pairs. Untrained weights cost what trained ones do. */
import { unwrap } from '@main/base/result'
import { createRng } from '@main/base/rng'
import { chooseBackend } from '@main/engine/backend'
import { backendCandidates } from '@main/engine/backends'
import { pruneOrder } from '@main/lab/interpret/components/prune-order'
import { pruneCurve } from '@main/lab/interpret/components/prune-curve'
import activationMap from '@main/lab/interpret/activation-map'
import fourier from '@main/lab/interpret/fourier'
import { createPruner } from '@main/lab/interpret/pruning'
import { createNetwork } from '@main/lab/models/network'
import { recipes } from '@main/lab/recipes'
import { specOf } from '@main/lab/recipes/recipe'
import { resolveSetup } from '@main/lab/recipes/resolve-setup'
import { initialState } from '@main/lab/train/loop'

export default async function bench(report: (name: string, value: number, unit: string) => void): Promise<void> {
  unwrap(await chooseBackend(backendCandidates))
  const setup = unwrap(resolveSetup(specOf(recipes.require('doshi-2023'), { scaleId: 'paper', armId: 'base', seed: 1 })))
  const { params } = initialState(setup)
  const network = createNetwork(setup.model, setup.modelSettings, setup.dataset, params)
  const timed = <T>(name: string, work: () => T): T => {
    const startMs = performance.now()
    const result = work()
    report(name, performance.now() - startMs, 'ms')
    return result
  }

  const neurons = timed('spectra, IPR and roles of 500 neurons', () => fourier.measure(network, {}))
  const pruner = timed('record 9,409 pairs and sum the logits', () => createPruner(network, setup.dataset))
  const order = pruneOrder(neurons, { order: 'ipr-ascending' })

  const slider = createRng(1).permutation(neurons.count)
  const updatesMs = Array.from(slider, (neuron) => {
    const startMs = performance.now()
    if (pruner.isRemoved(neuron)) pruner.restore(neuron)
    else pruner.remove(neuron)
    pruner.accuracies()
    return performance.now() - startMs
  }).sort((x, y) => x - y)
  report('slider update: one neuron and five accuracies, median', updatesMs[250]!, 'ms')
  report('slider update, 99th percentile', updatesMs[495]!, 'ms')
  timed('jump from all removed to half removed', () => {
    pruner.become(order.subarray(0, 250))
    pruner.accuracies()
  })

  const startMs = performance.now()
  unwrap(await pruneCurve(pruner, order))
  report('whole curve, 500 removals', performance.now() - startMs, 'ms')
  timed('activation map of one neuron', () => activationMap.measure(network, { neuron: 7 }))
  network.dispose()
}
