/**
 * Optimal ablation: for each writer the one vector that, written in its place for every pair and position, changes what the
 * network says the least. Ablating by it takes away what the writer knows of the input and nothing besides; a mean can
 * put the network where it never is.
 *
 *   a_s = argmin_a  mean over pairs of  KL( clean run ‖ clean run with a in place of s )
 *
 * whatever the metric at hand. The constant starts at the mean of the corrupted run's writes and is trained by Adam in units
 * of their spread; the best on the way is kept, so that it never does worse than the mean. All writers of a batch are
 * trained at once, a copy of the pairs each.
 *
 * Source: arXiv:2409.09951 §2. Differs: there the constants of one circuit are trained together; here each by itself.
 */
import { scoped, tf, type Tensor } from '../../../engine/tf'
import type { Network } from '../../models/network'
import { createAdam } from './adam'
import type { CircuitGraph, Reader } from './circuit-graph'
import { edgeHooks } from './edge-runner'
import { sequencesOf, wholeOf, type Pairs } from './pairs'
import { createMetric, type MetricReader } from './patch-metric'

export const constantSteps = 60
const learningRate = 0.1
/** Larger graphs would take longer than the question is worth. */
export const mostLearnedWriters = 64

export interface LearnedConstants {
  /** [writer, d_model], row-major. */
  readonly values: Float32Array
  /** By writer, in nats: with the mean, and with the constant. */
  readonly meanLoss: Float64Array
  readonly loss: Float64Array
  readonly steps: number
}

export interface ConstantsProblem {
  readonly pairs: Pairs
  readonly graph: CircuitGraph
  /** [writer, pair, pos, d_model] */
  readonly cleanWrites: Tensor
  readonly corruptedWrites: Tensor
  /** Of the clean run: [pair, 1, class]. */
  readonly cleanLogits: Tensor
  /** The clean stream at the start: [pair, pos, d_model]. */
  readonly stream: Tensor
  readonly copiesAtOnce: number
}

export function learnConstants(network: Network, problem: ConstantsProblem): LearnedConstants {
  const reader = createMetric('kl-divergence', problem.pairs, problem.cleanLogits)
  const count = problem.graph.writers.length
  const d_model = problem.corruptedWrites.shape[3]!
  const means = scoped(() => problem.corruptedWrites.mean([1, 2]).dataSync() as Float32Array) // [writer, d_model], of float32
  const spreads = scoped(() => problem.corruptedWrites.sub(problem.corruptedWrites.mean([1, 2], true)).square().mean([1, 2, 3]).sqrt().dataSync())
  const best = { values: means.slice(), meanLoss: new Float64Array(count), loss: new Float64Array(count), steps: constantSteps }
  try {
    for (let first = 0; first < count; first += problem.copiesAtOnce) {
      const writers = Array.from({ length: Math.min(problem.copiesAtOnce, count - first) }, (_, i) => first + i)
      train(network, problem, { reader, writers, spreads, means, best, d_model })
    }
  } finally {
    reader.dispose()
  }
  return best
}

interface Training {
  readonly reader: MetricReader
  readonly writers: readonly number[]
  readonly spreads: ArrayLike<number>
  readonly means: Float32Array
  readonly best: LearnedConstants
  readonly d_model: number
}

function train(network: Network, problem: ConstantsProblem, { reader, writers, spreads, means, best, d_model }: Training): void {
  const count = writers.length * d_model
  const moved = new Float64Array(count)
  const adam = createAdam(count, learningRate)
  const rowStart = writers[0]! * d_model
  const spreadOf = (i: number): number => spreads[writers[Math.floor(i / d_model)]!]!
  const at = (): Float32Array => Float32Array.from(moved, (value, i) => means[rowStart + i]! + spreadOf(i) * value)
  for (let step = 0; step <= constantSteps; step++) {
    const values = at()
    const { losses, gradient } = scoped(() => lossesAt(network, problem, { reader, writers, values }))
    writers.forEach((writer, row) => {
      if (step === 0) best.meanLoss[writer] = losses[row]!
      if (step > 0 && losses[row]! >= best.loss[writer]!) return
      best.loss[writer] = losses[row]!
      best.values.set(values.subarray(row * d_model, (row + 1) * d_model), writer * d_model)
    })
    adam(moved, gradient.map((slope, i) => slope * spreadOf(i)))
  }
}

interface Trial {
  readonly reader: MetricReader
  readonly writers: readonly number[]
  readonly values: Float32Array
}

/** Each writer's loss by itself, and the gradient of their sum, which is each one's own. */
function lossesAt(network: Network, problem: ConstantsProblem, { reader, writers, values }: Trial): { losses: Float32Array; gradient: Float32Array } {
  const { pairs, graph, cleanWrites, stream } = problem
  const [all, batch, length, d_model] = cleanWrites.shape as [number, number, number, number]
  const copies = writers.length
  const entry = 'blocks.0.hook_resid_pre'
  const sequences = { ...sequencesOf(pairs, 'clean', wholeOf(pairs), copies), from: { hook: entry, resid: tf.tile(stream, [copies, 1, 1]) } }
  let losses: Float32Array = new Float32Array(0)
  const sumOf = (constants: Tensor): Tensor => {
    const rows = tf.pad(constants, [[writers[0]!, all - writers[0]! - copies], [0, 0]])
    const substitutes = rows.reshape([all, 1, 1, d_model]).add(tf.zeros([all, batch, length, d_model]))
    const differences = substitutes.sub(cleanWrites)
    const hooks = edgeHooks({ ...graph, positions: 1 }, network, { substitutes, differences, copies, entry, ablated: eachAlone(writers) })
    const divergences = reader.read(network.run(sequences, hooks), wholeOf(pairs)).mean(1)
    losses = divergences.dataSync().slice() as Float32Array // [copy], of float32
    return divergences.sum()
  }
  const gradient = tf.grad(sumOf)(tf.tensor2d(values, [copies, d_model])).dataSync() as Float32Array // of float32
  return { losses, gradient }
}

/** In each copy all edges of its own writer. */
function eachAlone(writers: readonly number[]): (readers: readonly Reader[]) => Tensor | undefined {
  return (readers) => {
    const { writerCount } = readers[0]!
    if (writers[0]! >= writerCount) return undefined
    const shares = new Float32Array(writers.length * readers.length * writerCount)
    writers.forEach((writer, copy) => {
      if (writer >= writerCount) return
      for (let i = 0; i < readers.length; i++) shares[(copy * readers.length + i) * writerCount + writer] = 1
    })
    return tf.tensor4d(shares, [writers.length, readers.length, writerCount, 1])
  }
}
