import { unwrap } from '../../base/result'
import type { ServiceOf } from '../../contract/rpc'
import activationMap from '../../lab/interpret/activation-map'
import type { Analysis } from '../../lab/interpret/analysis'
import { neuronMask, withoutNeurons } from '../../lab/interpret/components/neuron-mask'
import { neuronWeights } from '../../lab/interpret/components/neuron-weights'
import { pruneCurve } from '../../lab/interpret/components/prune-curve'
import { orderDefinitions, pruneOrder } from '../../lab/interpret/components/prune-order'
import fourier, { neuronSpectrum } from '../../lab/interpret/fourier'
import neuronEffect from '../../lab/interpret/neuron-effect'
import pruning from '../../lab/interpret/pruning'
import { initialState } from '../../lab/train/loop'
import type { computeContract } from '../compute/contract'
import { suitableSubject, type Bench } from './bench'
import { checkNeurons } from './neurons'
import type { Subject } from './subjects'

/** As many as the contract lets a neuron name. */
const sameFreqCount = 64

export function createInterpret({ subjects, provenance }: Bench): ServiceOf<typeof computeContract.interpret> {
  const subjectFor = (key: string, analysis: Analysis<never, unknown>): Subject => suitableSubject(subjects, key, analysis)

  return {
    attach(attached) {
      subjects.attach(attached)
      return {}
    },
    neurons({ key, thresholds }) {
      const sinceMs = performance.now()
      const subject = subjectFor(key, fourier)
      const spectra = thresholds ? fourier.measure(subject.network, { thresholds }) : subject.spectra()
      const how = provenance(fourier, subject, { sinceMs, spec: { ...spectra.thresholds } })
      return { ...spectra, extra: [...spectra.extra], how }
    },
    neuron({ key, neuron }) {
      const sinceMs = performance.now()
      const subject = subjectFor(key, fourier)
      const { network } = subject
      checkNeurons(subject, [neuron])
      const freqs = subject.spectra().freq.data
      const { train: _train, ...effect } = neuronEffect.measure(network, { dataset: subject.setup.dataset, neuron })
      const sameFreq = [...freqs.keys()].filter((other) => other !== neuron && freqs[other] === freqs[neuron])
      return {
        index: neuron,
        spectrum: neuronSpectrum(network, neuron),
        activation: activationMap.measure(network, { neuron }),
        weights: neuronWeights(network).weightsOf(neuron),
        effect,
        sameFreq: sameFreq.slice(0, sameFreqCount),
        how: provenance(activationMap, subject, { sinceMs, spec: { neuron } }),
      }
    },
    async prune({ key, ...options }, { emit, signal }) {
      const sinceMs = performance.now()
      const subject = subjectFor(key, pruning)
      checkNeurons(subject, options.picked ?? [])
      const order = pruneOrder(subject.spectra(), options)
      const { seed, freq } = options
      const spec = {
        order: orderDefinitions[options.order],
        ...(seed !== undefined && { orderSeed: seed }),
        ...(freq !== undefined && { keptFreq: freq }),
      }
      const result = await pruneCurve(subject.slider(), order, {
        signal,
        onProgress: (curve) => void emit({ ...curve, how: provenance(pruning, subject, { sinceMs, spec }) }),
      })
      unwrap(result)
    },
    pruned({ key, removed }) {
      const subject = subjectFor(key, pruning)
      checkNeurons(subject, removed)
      const pruner = subject.slider()
      pruner.become(removed)
      return pruner.accuracies()
    },
    surgery({ key, removed }) {
      const subject = subjectFor(key, pruning)
      checkNeurons(subject, removed)
      const { setup, network } = subject
      const fresh = initialState(setup)
      const arrays = withoutNeurons(network.arrays, removed)
      const pick = (like: object): typeof arrays =>
        Object.fromEntries(Object.keys(like).map((name) => [name, arrays[name]!]))
      const mask = neuronMask(network.arrays, removed)
      const pruner = subject.slider()
      pruner.become(removed)
      return {
        state: { ...fresh, params: pick(fresh.params), buffers: pick(fresh.buffers) },
        mask: mask.arrays,
        sparsity: mask.sparsity,
        accuracies: pruner.accuracies(),
      }
    },
  }
}
