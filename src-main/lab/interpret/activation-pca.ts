/**
 * How many directions of an activation a network needs: principal components over inputs, and the accuracy when all but
 * the first few are removed.
 *
 * 1. x are the activations at a hook point, one vector an input and position looked at; m their mean.
 * 2. Gram matrix G = mean of (x - m)(x - m)^T, summed in float64; its eigenvectors, largest eigenvalue first, are the
 *    components.
 * 3. Keeping k directions replaces x by m + P (x - m), P the projection on the first k - 1 components: the mean counts as
 *    the first direction. Keeping none replaces x by 0.
 *
 * Axes: x [sample, d_model]. Source: arXiv:2405.10928 §3 (PCA as the baseline of local interaction bases).
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { assert } from '../../base/assert'
import { countCorrect, predictedClasses } from '../../engine/ops/correct-count'
import { scoped, tf, type Tensor } from '../../engine/tf'
import type { Network, Sequences } from '../models/network'
import { defineAnalysis } from './analysis'

export interface PcaInput {
  readonly sequences: Sequences
  /** A hook point whose activations are [batch, pos, width]. */
  readonly hook: string
  /** Positions whose activations are looked at, and changed; every one when absent. */
  readonly positions?: readonly number[]
}

export interface Components {
  /** [width] */
  readonly mean: Float64Array
  /** [width, width], row-major. */
  readonly gram: Float64Array
  /** Of `gram`, largest first. */
  readonly eigenvalues: Float64Array
  /** Unit eigenvectors, one a row: [component, width]. */
  readonly basis: Float64Array
}

export default defineAnalysis<PcaInput, Components>({
  id: 'activation-pca',
  title: 'Principal components of an activation',
  definition:
    'Eigenvectors of the Gram matrix of the activations about their mean, over the inputs and positions looked at, by ' +
    'falling eigenvalue; sums in float64 over float32 activations.',
  source: 'arXiv:2405.10928 §3',
  unsuitable: () => undefined,
  measure(network, input) {
    const { width, data } = samplesOf(network, input)
    const count = data.length / width
    const mean = new Float64Array(width)
    for (let i = 0; i < data.length; i++) mean[i % width]! += data[i]! / count
    const gram = gramAbout(mean, data)
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(Matrix.from1DArray(width, width, gram), {
      assumeSymmetric: true,
    })
    const order = realEigenvalues.map((_, i) => i).sort((x, y) => realEigenvalues[y]! - realEigenvalues[x]!)
    const basis = new Float64Array(width * width)
    order.forEach((column, row) => basis.set(eigenvectorMatrix.getColumn(column), row * width))
    return { mean, gram, eigenvalues: Float64Array.from(order, (i) => realEigenvalues[i]!), basis }
  },
})

export interface KeepingInput {
  readonly components: Components
  /** Numbers of directions to keep, the mean the first of them. */
  readonly kept: readonly number[]
  /** [example, scored] */
  readonly labels: Int32Array
}

/**
 * Accuracy for each number of directions kept. The hook point is one of the residual stream, from which the rest of the
 * network runs again; what lies before it runs once.
 */
export function accuraciesKeeping(network: Network, { sequences, hook, positions }: PcaInput, input: KeepingInput): Float64Array {
  const { components, kept, labels } = input
  return scoped(() => {
    const { logits, cache } = network.record(sequences, [hook])
    const activation = cache.get(hook)! // record fills every name it was given
    const accuracies = Float64Array.from(kept, (count) =>
      scoped(() => {
        const resid = keeping(activation, components, { count, positions })
        const answers = network.run({ ...sequences, from: { hook, resid } })
        const predicted = predictedClasses(answers.reshape([-1, answers.shape.at(-1)!]))
        assert(predicted.length === labels.length, `${predicted.length} answers but ${labels.length} labels`)
        return countCorrect(predicted, labels, Int32Array.from(labels.keys())) / labels.length
      }),
    )
    tf.dispose([logits, activation])
    return accuracies
  })
}

interface Keeping {
  readonly count: number
  readonly positions: readonly number[] | undefined
}

/** The activation [batch, pos, width] with only the first directions left at the positions looked at. */
function keeping(activation: Tensor, { mean, basis }: Components, { count, positions }: Keeping): Tensor {
  const [batch, length, width] = activation.shape as [number, number, number]
  const projected = count === 0 ? tf.zerosLike(activation) : projection()
  if (!positions) return projected
  const inside = tf.tensor3d(Float32Array.from({ length }, (_, pos) => (positions.includes(pos) ? 1 : 0)), [1, length, 1])
  return projected.mul(inside).add(activation.mul(tf.sub(1, inside)))

  function projection(): Tensor {
    const centre = tf.tensor1d(Float32Array.from(mean))
    if (count === 1) return tf.zerosLike(activation).add(centre)
    const rows = tf.tensor2d(Float32Array.from(basis.subarray(0, (count - 1) * width)), [count - 1, width])
    const centred = activation.sub(centre).reshape([batch * length, width])
    return tf.matMul(tf.matMul(centred, rows, false, true), rows).reshape([batch, length, width]).add(centre)
  }
}

/** Activations of the positions looked at, one a row. */
function samplesOf(network: Network, { sequences, hook, positions }: PcaInput): { width: number; data: Float32Array } {
  return scoped(() => {
    const { logits, cache } = network.record(sequences, [hook])
    const activation = cache.get(hook)! // record fills every name it was given
    assert(activation.rank === 3, `hook point '${hook}' has ${activation.rank} axes; components need [batch, pos, width]`)
    const chosen = positions ? tf.gather(activation, tf.tensor1d([...positions], 'int32'), 1) : activation
    const samples = { width: activation.shape[2]!, data: Float32Array.from(chosen.dataSync<'float32'>()) }
    tf.dispose([logits, activation])
    return samples
  })
}

function gramAbout(mean: Float64Array, data: Float32Array): Float64Array {
  const width = mean.length
  const count = data.length / width
  const gram = new Float64Array(width * width)
  const centred = new Float64Array(width)
  for (let start = 0; start < data.length; start += width) {
    for (let i = 0; i < width; i++) centred[i] = data[start + i]! - mean[i]!
    for (let i = 0; i < width; i++) {
      const factor = centred[i]! / count
      for (let j = i; j < width; j++) gram[i * width + j]! += factor * centred[j]!
    }
  }
  for (let i = 0; i < width; i++) for (let j = 0; j < i; j++) gram[i * width + j] = gram[j * width + i]!
  return gram
}
