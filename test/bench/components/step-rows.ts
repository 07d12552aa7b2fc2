/**
 * The training steps that the bench times, each in a formulation that PyTorch is given as well.
 *
 * Work is what the formulation asks of any program. Floating-point operations are those of its products. Bytes are each
 * activation and each gradient of one written once and read once, and for AdamW parameters, gradients and both averages
 * read and all but the gradients written.
 */
import { unwrap } from '@main/base/result'
import type { SettingValues } from '@main/base/settings'
import { activatedProduct } from '@main/engine/ops/activated-product'
import { tf, type Tensor } from '@main/engine/tf'
import type { Model } from '@main/lab/models/model'
import { resolveSetup } from '@main/lab/recipes/resolve-setup'
import { createBatches } from '@main/lab/train/batches'
import { createLearner } from '@main/lab/train/learner'
import { initialState } from '@main/lab/train/loop'
import type { Setup } from '@main/lab/train/setup'

export interface StepRow {
  /** Also the row's name in test/reference/bench_steps.py. */
  readonly name: string
  /** The row PyTorch is timed on, where it has no such formulation; printed as a different one. */
  readonly torchRow?: string
  /** How many times faster than PyTorch's best this has to be. */
  readonly wanted?: number
  readonly gflop: number
  readonly megabytes: number
  start(): Running
}

/** One step, pass or sweep a call; its loss, or 0. */
export interface Running {
  call(): number
  end(): void
}

const [p, d_mlp, pairs] = [97, 500, 4704]

function perceptronSetup(loss: string, change: Partial<Model> = {}): Setup {
  const setup = unwrap(
    resolveSetup({
      task: { id: 'modular-arithmetic', settings: { p, trainFraction: 0.5 } },
      model: { id: 'mlp', settings: { d_mlp } },
      optimizer: { id: 'adamw', settings: adamw },
      loss: { id: loss, settings: {} },
      schedule: {},
      seed: 1,
    }),
  )
  return { ...setup, model: { ...setup.model, ...change } }
}

const adamw: SettingValues = { learningRate: 0.005, weightDecay: 0.1, beta2: 0.98 }

/**
 * The perceptron with its first layer as a product with a one-hot matrix, which the product never makes. The matrix is
 * made once, as a program would that trains on the same batch each step.
 */
function asProduct(): Partial<Model> {
  let oneHot: Tensor | undefined
  return {
    forward(_settings, { tokens, param }) {
      oneHot ??= tf.keep(tf.oneHot(tokens, p).cast('float32').reshape([-1, 2 * p]))
      const pre = tf.matMul(oneHot, param('W_in').reshape([2 * p, d_mlp]))                  // [batch, d_mlp]
      return activatedProduct(pre, param('W_out'), 'quadratic')
    },
  }
}

const outputGflop = (3 * 2 * pairs * d_mlp * p) / 1e9
const perceptronMegabytes = (4 * (pairs * (2 * 2 * (2 * d_mlp + p)) + 7 * 3 * p * d_mlp)) / 1e6

const transformer = { p: 113, d_model: 128, d_mlp: 512, pairs: 3830, length: 3 }

function transformerSetup(change: (model: Model) => Partial<Model> = () => ({})): Setup {
  const { p: modulus, d_model, d_mlp: width, pairs: count } = transformer
  const setup = unwrap(
    resolveSetup({
      task: { id: 'modular-arithmetic', settings: { p: modulus, trainFraction: count / modulus ** 2, equalsToken: true } },
      model: { id: 'transformer', settings: { d_model, n_heads: 4, d_head: d_model / 4, d_mlp: width } },
      optimizer: { id: 'adamw', settings: { learningRate: 0.001, weightDecay: 1, beta2: 0.98 } },
      loss: { id: 'cross-entropy', settings: {} },
      schedule: {},
      seed: 1,
    }),
  )
  return { ...setup, model: { ...setup.model, ...change(setup.model) } }
}

/** Logits of every position, of which the loss then takes the last. */
function everyPosition(model: Model): Partial<Model> {
  return {
    forward(settings, { scored: _scored, ...ctx }) {
      const logits = model.forward(settings, ctx)                                           // [batch, pos, class]
      return tf.gather(logits, tf.tensor1d([transformer.length - 1], 'int32'), 1)
    },
  }
}

/** Multiply-adds of a block and the unembedding at one position. */
const positionWork = transformer.d_model * (4 * transformer.d_model + 2 * transformer.d_mlp + transformer.p)
const lastWork = transformer.d_model * (2 * transformer.d_model + 2 * transformer.d_mlp + transformer.p)
const tableWork = (transformer.p + 1 + transformer.length) * transformer.d_model * 2 * transformer.d_model
const positionWidth = 9 * transformer.d_model + 2 * transformer.d_mlp + transformer.p
const transformerParams = positionWork + (transformer.p + 1 + transformer.length) * transformer.d_model

export const stepRows: readonly StepRow[] = [
  {
    name: 'mlp one-hot',
    wanted: 1.7,
    gflop: (2 * 2 * pairs * 2 * p * d_mlp) / 1e9 + outputGflop,
    megabytes: perceptronMegabytes + (4 * 2 * pairs * 2 * p) / 1e6,
    start: () => startTraining(perceptronSetup('cross-entropy', asProduct())),
  },
  {
    name: 'mlp gather',
    wanted: 2,
    gflop: outputGflop,
    megabytes: perceptronMegabytes,
    start: () => startTraining(perceptronSetup('cross-entropy')),
  },
  {
    name: 'mlp gather, mse',
    gflop: outputGflop,
    megabytes: perceptronMegabytes,
    start: () => startTraining(perceptronSetup('mse')),
  },
  {
    name: 'transformer, every position',
    wanted: 1.9,
    gflop: (6 * transformer.pairs * transformer.length * positionWork) / 1e9,
    megabytes: (4 * (4 * transformer.pairs * transformer.length * positionWidth + 7 * transformerParams)) / 1e6,
    start: () => startTraining(transformerSetup(everyPosition)),
  },
  {
    name: 'transformer, last position, keys and values of distinct rows',
    torchRow: 'transformer, last position',
    wanted: 2.5,
    gflop: (6 * (transformer.pairs * lastWork + tableWork)) / 1e9,
    megabytes: (4 * (4 * transformer.pairs * (positionWidth + 4 * transformer.d_model) + 7 * transformerParams)) / 1e6,
    start: () => startTraining(transformerSetup()),
  },
]

function startTraining(made: Setup): Running {
  const state = initialState(made)
  const learner = createLearner(made, state)
  const batches = createBatches(made.dataset, 0, state.cursor)
  let step = 0
  return {
    call() {
      step++
      return learner.learn(batches.current(), step, { wantsGradientNorm: false }).loss
    },
    end() {
      learner.dispose()
      batches.dispose()
    },
  }
}
