/**
 * Gradients of a network at any weights, over all training examples at once, in evaluation mode.
 *
 * Hessian times gradient is a central difference of the gradient along it:
 *
 *   H g  ~  |g| ( G(theta + h u) - G(theta - h u) ) / 2h,    u = g / |g|,  h = 1e-3 |theta|
 *
 * The kernels for nonlinearities are differentiable once only. At this h the difference is some thousand times the
 * rounding of float32 gradients, and the error of the formula, of order h^2, is smaller than that rounding; a ReLU whose
 * input changes sign between the two points counts as curved there.
 */
import { createRng } from '../../../base/rng'
import type { FloatArray } from '../../../base/array'
import type { SettingValues } from '../../../base/settings'
import { scoped, tf, type Scalar, type Tensor } from '../../../engine/tf'
import type { ArraysByName, Model } from '../../models/model'
import { placesOf, type Dataset } from '../../tasks/task'

export interface Differentiable {
  readonly model: Model
  readonly settings: SettingValues
  readonly dataset: Dataset
  /** Buffers, and parameters that are not differentiated; those that are stand in for their names. */
  readonly arrays: ArraysByName
  /** Mean loss of logits [place, d_vocab_out] against a label each. */
  readonly lossOf: (logits: Tensor, labels: Tensor) => Scalar
}

export interface LossGradient {
  /** Of the mean training loss. */
  ofLoss(weights: ArraysByName): ArraysByName
  /** H g of the mean training loss of logits divided by the temperature. */
  hessianGradient(weights: ArraysByName, options: { readonly temperature: number }): ArraysByName
  /** Of the sum of logits at |weights|, on ones at every place of the one-hot tokens or on the training examples. */
  ofFlow(weights: ArraysByName, input: 'ones' | 'examples'): ArraysByName
}

const relativeStep = 1e-3

export function createLossGradient(of: Differentiable): LossGradient {
  function lossGradient(weights: ArraysByName, temperature: number): ArraysByName {
    const { tokens, labels } = trainingSet(of.dataset)
    return differentiate(of, weights, { tokens, objective: (logits) => of.lossOf(logits.div(temperature), tf.tensor1d(labels, 'int32')) })
  }

  return {
    ofLoss: (weights) => lossGradient(weights, 1),
    hessianGradient(weights, { temperature }) {
      const gradient = lossGradient(weights, temperature)
      const length = lengthOf(gradient)
      if (length === 0) return gradient
      const step = relativeStep * lengthOf(weights)
      const [above, below] = [1, -1].map((sign) => lossGradient(moved(weights, gradient, (sign * step) / length), temperature))
      return combined(above!, below!, (x, y) => ((x - y) * length) / (2 * step))
    },
    ofFlow(weights, input) {
      const tokens = input === 'examples' ? trainingSet(of.dataset).tokens : constantSequences(of.dataset)
      const positive = combined(weights, weights, Math.abs)
      return differentiate(of, positive, { tokens, objective: (logits) => logits.sum() })
    },
  }
}

/** Why SynFlow says nothing about this network; undefined when it does. */
export function notPositivelyLinear(settings: SettingValues, params: ArraysByName): string | undefined {
  const attends = Object.keys(params).some((name) => name.includes('.attn.'))
  if (attends) return 'a network with attention is not linear where its weights are positive; SynFlow asks for one that is'
  if (settings['activation'] !== 'relu') return `SynFlow asks for the activation relu; this network has ${settings['activation']}`
  return settings['batchNorm'] === true ? 'SynFlow asks for a network without normalization' : undefined
}

interface Objective {
  /** [batch, n_ctx], row-major. */
  readonly tokens: Int32Array
  readonly objective: (logits: Tensor) => Scalar
}

function differentiate(of: Differentiable, weights: ArraysByName, { tokens, objective }: Objective): ArraysByName {
  const { model, settings, dataset, arrays } = of
  const { n_ctx, d_vocab_out, scoredPositions } = dataset
  const names = Object.keys(weights)
  const scored = { positions: Int32Array.from(scoredPositions), count: scoredPositions.length }
  return scoped(() => {
    const upload = ({ data, shape }: FloatArray): Tensor => tf.tensor(data, [...shape], 'float32')
    const fixed = new Map(Object.entries(arrays).filter(([name]) => !names.includes(name)).map(([name, array]) => [name, upload(array)]))
    const input = tf.tensor2d(tokens, [tokens.length / n_ctx, n_ctx], 'int32')
    const run = (...given: Tensor[]): Scalar => {
      const values = new Map(names.map((name, i) => [name, given[i]!]))
      const logits = model.forward(settings as never, { // settings were checked
        tokens: input,
        mode: 'eval',
        rng: createRng(0),
        scored,
        isPlain: true,
        wants: () => false,
        param: (name) => values.get(name) ?? fixed.get(name)!,
        hook: (_name, activation) => activation,
        setBuffer: () => {},
      })
      return objective(logits.rank === 2 ? logits : logits.reshape([-1, d_vocab_out]))
    }
    const grads = tf.grads(run as never)(Object.values(weights).map(upload))
    return Object.fromEntries(names.map((name, i) => [name, { ...weights[name]!, data: (grads[i]!.dataSync() as Float32Array).slice() }]))
  })
}

function trainingSet(dataset: Dataset): { tokens: Int32Array; labels: Int32Array } {
  const { train, tokens, labels, n_ctx } = dataset
  const rows = new Int32Array(train.length * n_ctx)
  train.forEach((example, i) => rows.set(tokens.subarray(example * n_ctx, (example + 1) * n_ctx), i * n_ctx))
  return { tokens: rows, labels: placesOf(train, dataset).map((place) => labels[place]!) }
}

/**
 * Every token at all positions: where logits are linear in the one-hot input, their sum over these sequences is their
 * value on an input of ones.
 */
function constantSequences({ d_vocab, n_ctx }: Dataset): Int32Array {
  return Int32Array.from({ length: d_vocab * n_ctx }, (_, i) => Math.floor(i / n_ctx))
}

function moved(weights: ArraysByName, direction: ArraysByName, by: number): ArraysByName {
  return combined(weights, direction, (weight, along) => weight + by * along)
}

function combined(x: ArraysByName, y: ArraysByName, combine: (x: number, y: number) => number): ArraysByName {
  const entries = Object.entries(x).map(([name, array]) => {
    const other = y[name]!.data // the same parameters on both sides
    return [name, { ...array, data: array.data.map((value, i) => combine(value, other[i]!)) }] as const
  })
  return Object.fromEntries(entries)
}

function lengthOf(arrays: ArraysByName): number {
  let square = 0
  for (const { data } of Object.values(arrays)) for (const value of data) square += value * value
  return Math.sqrt(square)
}
