import { AppError } from '../../base/result'
import { tf } from '../../engine/tf'
import type { ServiceOf } from '../../contract/rpc'
import type { MaskEffect } from '../../contract/masks'
import { neuronMask } from '../../lab/interpret/components/neuron-mask'
import { maskComplaint, masked } from '../../lab/interpret/components/weight-mask'
import fourierEntropy from '../../lab/interpret/fourier-entropy'
import keptFrequencies from '../../lab/interpret/kept-frequencies'
import maskOverlap from '../../lab/interpret/mask-overlap'
import maskedIpr from '../../lab/interpret/masked-ipr'
import pruning from '../../lab/interpret/pruning'
import type { ArraysByName } from '../../lab/models/model'
import { createNetwork } from '../../lab/models/network'
import { evaluate } from '../../lab/train/evaluation'
import { initialState } from '../../lab/train/loop'
import type { computeContract } from '../compute/contract'
import { suitableSubject, type Bench } from './bench'
import { checkNeurons } from './neurons'
import type { Subject } from './subjects'

export function createMasks({ subjects, provenance }: Bench): ServiceOf<typeof computeContract.masks> {
  function fitting(key: string, mask: ArraysByName): Subject {
    const subject = subjects.require(key)
    const complaint = maskComplaint(mask, subject.network.arrays)
    if (complaint !== undefined) throw new AppError({ code: 'MASK_UNFIT', message: complaint })
    return subject
  }

  return {
    ofNeurons({ key, removed }) {
      const subject = suitableSubject(subjects, key, pruning)
      checkNeurons(subject, removed)
      return { ...neuronMask(subject.network.arrays, removed).arrays }
    },
    effect: ({ key, mask }) => effectOf(fitting(key, mask), mask),
    apply({ key, mask }) {
      const subject = fitting(key, mask)
      const fresh = initialState(subject.setup)
      const arrays = masked(subject.network.arrays, mask)
      const pick = (like: object): Record<string, ArraysByName[string]> =>
        Object.fromEntries(Object.keys(like).map((name) => [name, arrays[name]!]))
      const state = { ...fresh, params: pick(fresh.params), buffers: pick(fresh.buffers) }
      return { state, accuracies: effectOf(subject, mask) }
    },
    overlap({ key, masks }) {
      const sinceMs = performance.now()
      const subject = subjects.require(key)
      const found = maskOverlap.measure(subject.network, { masks })
      return { ...found, how: provenance(maskOverlap, subject, { sinceMs, spec: { masks: masks.length } }) }
    },
    spectrum({ key, mask }) {
      const sinceMs = performance.now()
      const subject = fitting(key, mask)
      suitableSubject(subjects, key, keptFrequencies)
      const { denseNats, maskedNats } = fourierEntropy.measure(subject.network, { mask })
      const found = { ...keptFrequencies.measure(subject.network, { mask }), ...maskedIpr.measure(subject.network, { mask }), denseEntropy: denseNats, maskedEntropy: maskedNats }
      const all = [keptFrequencies, maskedIpr, fourierEntropy] as const
      const [definition, source] = [all.map((one) => one.definition).join(' '), all.map((one) => one.source).join('; ')]
      const analysis = { ...keptFrequencies, definition, source }
      return { ...found, how: provenance(analysis, subject, { sinceMs, spec: { arrays: Object.keys(mask).join(', ') } }) }
    },
  }
}

function effectOf({ network, setup }: Subject, mask: ArraysByName): MaskEffect {
  const { dataset, loss, lossSettings } = setup
  if (dataset.exampleCount === 0) {
    throw new AppError({ code: 'MODEL_UNSUITABLE', message: 'the network came without a task; there is nothing to measure its accuracy on' })
  }
  const pruned = createNetwork(network.model, network.settings, network.dims, masked(network.arrays, mask))
  try {
    const { splits } = evaluate(dataset, {
      logitsOf(tokens) {
        const scored = { positions: Int32Array.from(dataset.scoredPositions), count: dataset.scoredPositions.length }
        const logits = pruned.run({ tokens: tokens.dataSync() as Int32Array, length: dataset.n_ctx, scored })
        return logits.rank === 2 ? logits : logits.reshape([-1, dataset.d_vocab_out])
      },
      lossOf: (logits, labels) => tf.tidy(() => loss.measure(lossSettings as never, logits, labels)), // they were checked
    })
    const { trainClean, trainCorrupted, test, train } = splits
    return {
      trainClean: trainClean.accuracy,
      trainCorrupted: trainCorrupted.accuracy,
      test: test.accuracy,
      trueLabel: trainCorrupted.trueLabelShare,
      train: train.accuracy,
    }
  } finally {
    pruned.dispose()
  }
}
