/**
 * The training steps that the bench times, each in a formulation that PyTorch is given as well.
 *
 * Work is what the formulation asks of any program. Floating-point operations are those of its products. Bytes are each
 * activation and each gradient of one written once and read once, and for AdamW parameters, gradients and both averages
 * read and all but the gradients written.
 */
import { unwrap } from '@main/base/result'
import type { SettingValues } from '@main/base/settings'
import { quadratic } from '@main/engine/ops/quadratic'
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
  setup(): Setup
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
      return tf.matMul(quadratic(pre), param('W_out'))
    },
  }
}

const outputGflop = (3 * 2 * pairs * d_mlp * p) / 1e9
const perceptronMegabytes = (4 * (pairs * (2 * 2 * (2 * d_mlp + p)) + 7 * 3 * p * d_mlp)) / 1e6

export const stepRows: readonly StepRow[] = [
  {
    name: 'mlp one-hot',
    wanted: 1.7,
    gflop: (2 * 2 * pairs * 2 * p * d_mlp) / 1e9 + outputGflop,
    megabytes: perceptronMegabytes + (4 * 2 * pairs * 2 * p) / 1e6,
    setup: () => perceptronSetup('cross-entropy', asProduct()),
  },
  {
    name: 'mlp gather',
    wanted: 2,
    gflop: outputGflop,
    megabytes: perceptronMegabytes,
    setup: () => perceptronSetup('cross-entropy'),
  },
  {
    name: 'mlp gather, mse',
    gflop: outputGflop,
    megabytes: perceptronMegabytes,
    setup: () => perceptronSetup('mse'),
  },
]

/** One step a call; its loss. */
export function startStep({ setup }: StepRow): { call(): number; end(): void } {
  const made = setup()
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
