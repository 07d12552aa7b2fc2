/**
 * Removing hidden neurons, and what becomes of the accuracies. The output layer is linear in the neurons, so a network
 * without neuron k has the logits
 *
 *   z(e) - h_k(e) W_out[k, :]        e: example, h_k: what the output layer reads of neuron k (after BatchNorm)
 *
 * and one removal costs examples x classes multiplications instead of a forward pass. Output biases stay.
 *
 * 1. Record h once for every example of the dataset, [neuron, example].
 * 2. Keep z in float64, as a sum of contributions each rounded to one fixed quantum q, a power of two. S bounds the sum
 *    of all contributions' magnitudes and q >= S / 2^51, so every partial sum is a multiple of q that float64 holds
 *    exactly: additions do not round. The logits then depend on the set of removed neurons alone, not on the path to it,
 *    restoring undoes removing bit for bit, and q lies near float64's own precision at S.
 * 3. Adding and subtracting m = 1.5 * 2^52 * q rounds a product to a multiple of q in two additions.
 * 4. Subtract and look for the largest logit in the same pass over memory; the lowest class wins a tie, as tf.argMax.
 *
 * Differs from running the pruned network in float32 by rounding alone, at most a few units in float32's last place.
 * Source: arXiv:2310.13061 §4, fig. 6.
 */
import { assert } from '../../base/assert'
import { countCorrect } from '../../engine/ops/correct-count'
import type { Network } from '../models/network'
import type { Dataset } from '../tasks/task'
import { outputHook } from './activation-map'
import { defineAnalysis } from './analysis'
import { neuronWeights, notOneHiddenLayer } from './components/neuron-weights'

/** Shares, 0-1. Those of an empty split are 0, as in probes. */
export interface PrunedAccuracies {
  readonly trainClean: number
  readonly trainCorrupted: number
  readonly test: number
  /** Share of corrupted training examples predicted as their true label. */
  readonly trueLabel: number
  /** All training examples together. */
  readonly train: number
}

export const accuracyNames = ['trainClean', 'trainCorrupted', 'test', 'trueLabel', 'train'] as const

export interface Pruner {
  readonly neuronCount: number
  readonly removedCount: number
  isRemoved(neuron: number): boolean
  /** No effect on a neuron already removed. */
  remove(neuron: number): void
  /** No effect on a neuron that is not removed. */
  restore(neuron: number): void
  /** Exactly these removed, by the shortest way. */
  become(removed: Iterable<number>): void
  accuracies(): PrunedAccuracies
  /** Logits of one example; a copy. */
  logitsOf(example: number): Float64Array
  /** An independent pruner in the same state that shares the recorded activations. */
  fork(): Pruner
}

export default defineAnalysis<{ readonly dataset: Dataset; readonly removed: readonly number[] }, PrunedAccuracies>({
  id: 'pruning',
  title: 'Accuracy without some neurons',
  definition:
    'Accuracies of the network without the removed neurons R: logits z(e) − Σ_{k∈R} h_k(e) W_out[k, :], with h_k what the ' +
    'output layer reads of neuron k in evaluation mode; biases stay, nothing is retrained. The predicted class is the ' +
    'largest logit, the lowest class on a tie. True label: share of corrupted training pairs predicted as a∘b mod p.',
  source: 'arXiv:2310.13061 §4, fig. 6',
  unsuitable: notOneHiddenLayer,
  measure(network, { dataset, removed }) {
    const pruner = createPruner(network, dataset)
    pruner.become(removed)
    return pruner.accuracies()
  },
})

/** What does not change while neurons come and go. */
interface Recording {
  readonly neuronCount: number
  readonly exampleCount: number
  readonly classCount: number
  /** [neuron, example] */
  readonly activations: Float32Array
  /** [neuron, class], as float64 so that products are not rounded twice. */
  readonly outputs: Float64Array
  /** Adding and subtracting it rounds to a multiple of the quantum. */
  readonly rounder: number
  readonly dataset: Dataset
}

/** Records every example once. Holds 4 bytes per example and neuron, 8 per example and class: 26 MB at p = 97, width 500. */
export function createPruner(network: Network, dataset: Dataset): Pruner {
  const { neuronCount, modulus: classCount, W_out } = neuronWeights(network)
  const { exampleCount } = dataset
  const hook = outputHook(network)
  const { logits: unused, cache } = network.record(dataset.tokens, [hook])
  unused.dispose()
  const post = cache.get(hook)! // record fills every name it was given  [batch, d_mlp]
  const byNeuron = post.transpose()                                      // [d_mlp, batch]
  const activations = byNeuron.dataSync<'float32'>() as Float32Array
  post.dispose()
  byNeuron.dispose()

  const bias = network.arrays['b_out']?.data ?? new Float32Array(classCount)
  const outputs = Float64Array.from(W_out.data)
  let bound = largestMagnitude(bias, 0, classCount)
  for (let k = 0; k < neuronCount; k++) {
    const activation = largestMagnitude(activations, k * exampleCount, exampleCount)
    bound += activation * largestMagnitude(outputs, k * classCount, classCount)
  }
  assert(Number.isFinite(bound), 'activations or output weights are not finite')
  const quantum = bound === 0 ? 0 : 2 ** (Math.ceil(Math.log2(bound)) - 51)
  const rounder = 1.5 * 2 ** 52 * quantum
  const recording = { neuronCount, exampleCount, classCount, activations, outputs, rounder, dataset }

  const logits = new Float64Array(exampleCount * classCount)
  for (let i = 0; i < logits.length; i++) logits[i] = bias[i % classCount]! + rounder - rounder
  addContributions(recording, logits, Array.from({ length: neuronCount }, (_, k) => ({ neuron: k, sign: 1 })))
  return prunerOf(recording, logits, new Uint8Array(neuronCount))
}

function prunerOf(recording: Recording, logits: Float64Array, removed: Uint8Array): Pruner {
  const { neuronCount, classCount, exampleCount } = recording
  const predicted = new Int32Array(exampleCount)
  let removedCount = removed.reduce((sum, flag) => sum + flag, 0)
  let arePredictionsCurrent = false

  function change(neuron: number, toRemoved: 0 | 1): void {
    assert(neuron >= 0 && neuron < neuronCount, `neuron ${neuron} is not among ${neuronCount}`)
    if (removed[neuron] === toRemoved) return
    addAndPredict(recording, { logits, predicted, neuron, sign: toRemoved === 1 ? -1 : 1 })
    removed[neuron] = toRemoved
    removedCount += toRemoved === 1 ? 1 : -1
    // A silent neuron's examples are skipped, so predictions are complete only if they were before.
    if (!arePredictionsCurrent) predictAll(recording, logits, predicted)
    arePredictionsCurrent = true
  }

  return {
    neuronCount,
    get removedCount() {
      return removedCount
    },
    isRemoved: (neuron) => removed[neuron] === 1,
    remove: (neuron) => change(neuron, 1),
    restore: (neuron) => change(neuron, 0),
    become(wanted) {
      const target = new Uint8Array(neuronCount)
      for (const neuron of wanted) {
        assert(neuron >= 0 && neuron < neuronCount, `neuron ${neuron} is not among ${neuronCount}`)
        target[neuron] = 1
      }
      const changes: Change[] = []
      target.forEach((flag, neuron) => {
        if (flag !== removed[neuron]) changes.push({ neuron, sign: flag === 1 ? -1 : 1 })
      })
      if (changes.length === 1) return change(changes[0]!.neuron, changes[0]!.sign === -1 ? 1 : 0)
      addContributions(recording, logits, changes)
      removed.set(target)
      removedCount = target.reduce((sum, flag) => sum + flag, 0)
      if (changes.length > 0) arePredictionsCurrent = false
    },
    accuracies() {
      if (!arePredictionsCurrent) predictAll(recording, logits, predicted)
      arePredictionsCurrent = true
      return accuraciesOf(recording.dataset, predicted)
    },
    logitsOf: (example) => logits.slice(example * classCount, (example + 1) * classCount),
    fork: () => prunerOf(recording, logits.slice(), removed.slice()),
  }
}

/** Accuracies of one prediction per example. */
export function accuraciesOf({ labels, trueLabels, splits }: Dataset, predicted: Int32Array): PrunedAccuracies {
  const share = (count: number, total: number): number => (total === 0 ? 0 : count / total)
  const { trainClean, trainCorrupted, test } = splits
  const clean = countCorrect(predicted, labels, trainClean)
  const corrupted = countCorrect(predicted, labels, trainCorrupted)
  return {
    trainClean: share(clean, trainClean.length),
    trainCorrupted: share(corrupted, trainCorrupted.length),
    test: share(countCorrect(predicted, labels, test), test.length),
    trueLabel: share(countCorrect(predicted, trueLabels, trainCorrupted), trainCorrupted.length),
    train: share(clean + corrupted, trainClean.length + trainCorrupted.length),
  }
}

interface Change {
  readonly neuron: number
  /** 1 adds the neuron's contribution, -1 takes it away. */
  readonly sign: number
}

/** Adds one neuron's contribution, with the given sign, and renews the predictions of the examples it touches. */
function addAndPredict(
  { activations, outputs, rounder, exampleCount, classCount }: Recording,
  { logits, predicted, neuron, sign }: Change & { logits: Float64Array; predicted: Int32Array },
): void {
  const first = neuron * exampleCount
  const weights = outputs.slice(neuron * classCount, (neuron + 1) * classCount)
  for (let example = 0, at = 0; example < exampleCount; example++) {
    const activation = sign * activations[first + example]!
    if (activation === 0) {
      at += classCount
      continue
    }
    let best = -Infinity
    let bestClass = 0
    for (let c = 0; c < classCount; c++, at++) {
      const value = logits[at]! + (activation * weights[c]! + rounder - rounder)
      logits[at] = value
      if (value > best) {
        best = value
        bestClass = c
      }
    }
    predicted[example] = bestClass
  }
}

/** Adds several neurons' contributions, four at a time: one pass over the logits for four neurons. */
function addContributions(recording: Recording, logits: Float64Array, changes: readonly Change[]): void {
  const { activations, outputs, rounder, exampleCount, classCount } = recording
  for (let i = 0; i < changes.length; i += 4) {
    const group = [0, 1, 2, 3].map((j) => changes[i + j] ?? { neuron: 0, sign: 0 })
    const signs = group.map(({ sign }) => sign) as [number, number, number, number] // group has four
    const [sign0, sign1, sign2, sign3] = signs
    const [first0, first1, first2, first3] = group.map(({ neuron }) => neuron * exampleCount) as typeof signs
    const [w0, w1, w2, w3] = group.map(({ neuron }) =>
      outputs.slice(neuron * classCount, (neuron + 1) * classCount),
    ) as [Float64Array, Float64Array, Float64Array, Float64Array]
    for (let example = 0, at = 0; example < exampleCount; example++) {
      const a0 = sign0 * activations[first0 + example]!
      const a1 = sign1 * activations[first1 + example]!
      const a2 = sign2 * activations[first2 + example]!
      const a3 = sign3 * activations[first3 + example]!
      for (let c = 0; c < classCount; c++, at++) {
        logits[at]! +=
          a0 * w0[c]! + rounder - rounder +
          (a1 * w1[c]! + rounder - rounder) +
          (a2 * w2[c]! + rounder - rounder) +
          (a3 * w3[c]! + rounder - rounder)
      }
    }
  }
}

function predictAll({ exampleCount, classCount }: Recording, logits: Float64Array, predicted: Int32Array): void {
  for (let example = 0, at = 0; example < exampleCount; example++) {
    let best = -Infinity
    let bestClass = 0
    for (let c = 0; c < classCount; c++, at++) {
      if (logits[at]! > best) {
        best = logits[at]!
        bestClass = c
      }
    }
    predicted[example] = bestClass
  }
}

function largestMagnitude(values: ArrayLike<number>, start: number, length: number): number {
  let largest = 0
  for (let i = start; i < start + length; i++) {
    const magnitude = Math.abs(values[i]!)
    if (Number.isNaN(magnitude)) return NaN
    if (magnitude > largest) largest = magnitude
  }
  return largest
}
