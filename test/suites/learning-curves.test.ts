/** Fifty steps of the product's own loop from the weights PyTorch started from: the same loss before every step. */
import { describe, expect, test } from 'vitest'
import { namedArray, sizeOf } from '@main/base/array'
import { unwrap } from '@main/base/result'
import { createRng } from '@main/base/rng'
import type { SettingValues } from '@main/base/settings'
import type { ArraysByName, Model } from '@main/lab/models/model'
import { resolveSetup } from '@main/lab/recipes/resolve-setup'
import type { Dataset } from '@main/lab/tasks/task'
import { createBatches } from '@main/lab/train/batches'
import { createLearner } from '@main/lab/train/learner'
import { initialState } from '@main/lab/train/loop'
import type { Setup } from '@main/lab/train/setup'
import golden from '../golden/learning_curves.json'
import { expectClose, onEachBackend } from '../fixtures/backends'
import ticketPerceptron from '../fixtures/ticket-perceptron'

interface Case {
  readonly id: string
  readonly model: string
  readonly settings: Readonly<Record<string, number>>
  readonly loss: string
  readonly optimizer: SettingValues
  readonly p: number
  readonly share: number
  readonly corrupted: number
  readonly count: number
  readonly losses: readonly number[]
}

const written = golden.cases as unknown as readonly Case[] // what learning_curves.py writes

/** The declared form of a network whose plain form the reference has: the same numbers by products of tables. */
function declaredForm(of: Case): readonly Case[] {
  if (of.model !== ticketPerceptron.id) return []
  const { d_embed: d_model = 0, d_mlp = 0 } = of.settings
  return [{ ...of, id: `${of.id}, by tables`, model: 'embedding-perceptron', settings: { d_model, d_mlp } }]
}

const cases = written.flatMap((of) => [of, ...declaredForm(of)])

/** At the papers' sizes fifty steps take minutes in plain JavaScript, and those of a transformer in WebAssembly. */
const slowest: Readonly<Record<string, number>> = { cpu: 2e7, wasm: 3e8 }

/** Multiply-adds of one forward pass, roughly. */
function workOf({ model, settings, p, count }: Case): number {
  const { d_mlp = 0, d_embed = 0, d_model = 0 } = settings
  if (model === 'mlp') return count * d_mlp * p
  if (model === 'embedding-perceptron') return 2 * p * d_model * d_mlp + count * d_mlp * p
  if (model === 'ticket-perceptron') return count * d_embed * (2 * d_mlp + p)
  return 3 * count * d_model * (4 * d_model + 2 * d_mlp)
}

/** Uniform in [0, 1), as `hashed` in test/reference/learning_curves.py. */
function hashed(index: number, salt: number): number {
  let h = (index + salt * 2 ** 20) >>> 0
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  h ^= h >>> 16
  return (h >>> 8) / 2 ** 24
}

/** The parameters in the reference's order, whose salts count up from 10. */
const paramOrder: Readonly<Record<string, readonly string[]>> = {
  mlp: ['W_in', 'W_out'],
  'ticket-perceptron': ['W_E', 'W_in', 'W_out', 'W_U'],
  'embedding-perceptron': ['W_E', 'W_in', 'W_out', 'W_U'],
  transformer: [
    'W_E', 'W_pos', 'blocks.0.attn.W_Q', 'blocks.0.attn.W_K', 'blocks.0.attn.W_V', 'blocks.0.attn.W_O',
    'blocks.0.mlp.W_in', 'blocks.0.mlp.W_out', 'W_U',
  ],
}

function deviationOf({ model, settings }: Case, rows: number): number {
  if (model === 'mlp') return (16 * settings['d_mlp']!) ** (-1 / 3)
  return (model === 'transformer' ? settings['d_model']! : rows) ** -0.5
}

function weightsOf(of: Case, like: ArraysByName): ArraysByName {
  expect(Object.keys(like).sort()).toEqual([...paramOrder[of.model]!].sort())
  const entries = paramOrder[of.model]!.map((name, i) => {
    const { axes, shape } = like[name]!
    const spread = Math.fround(deviationOf(of, shape[0]!) * Math.sqrt(12))
    const data = Float32Array.from({ length: sizeOf(shape) }, (_, index) => (hashed(index, 10 + i) - 0.5) * spread)
    return [name, namedArray(axes, shape, data)] as const
  })
  return Object.fromEntries(entries)
}

/** The task's own pairs and true labels, split and corrupted as the reference does. */
function datasetOf({ p, share, corrupted }: Case, dataset: Dataset): Dataset {
  const labels = dataset.trueLabels.map((label, i) => (hashed(i, 2) < corrupted ? Math.floor(hashed(i, 3) * p) : label))
  const train = Int32Array.from(labels.keys()).filter((i) => hashed(i, 1) < share)
  return { ...dataset, labels, train }
}

function setupOf(of: Case): Setup {
  const isDeclared = of.model !== ticketPerceptron.id
  const setup = unwrap(
    resolveSetup({
      task: { id: 'modular-arithmetic', settings: { p: of.p, trainFraction: 1, equalsToken: of.model === 'transformer' } },
      model: isDeclared ? { id: of.model, settings: of.settings } : { id: 'mlp', settings: {} },
      optimizer: { id: 'adamw', settings: of.optimizer },
      loss: { id: of.loss, settings: {} },
      schedule: {},
      seed: 1,
    }),
  )
  const model: Pick<Setup, 'model' | 'modelSettings'> = isDeclared ? setup : { model: ticketPerceptron as Model, modelSettings: of.settings }
  return { ...setup, model: model.model, modelSettings: model.modelSettings, dataset: datasetOf(of, setup.dataset) }
}

function lossesOf(of: Case): readonly number[] {
  const setup = setupOf(of)
  const like = setup.model.init(setup.modelSettings as never, setup.dataset, createRng(1)).params // settings were checked
  const state = { ...initialState(setup), params: weightsOf(of, like) }
  const learner = createLearner(setup, state)
  const batches = createBatches(setup.dataset, 0, state.cursor)
  try {
    return of.losses.map((_, i) => learner.learn(batches.current(), i + 1, { wantsGradientNorm: false }).loss)
  } finally {
    learner.dispose()
    batches.dispose()
  }
}

describe('fifty steps', () => {
  onEachBackend((backend) => {
    const affordable = cases.filter((of) => workOf(of) < (slowest[backend] ?? Infinity))

    test.each(affordable)('have PyTorch’s losses: $id', (of) => {
      expect(setupOf(of).dataset.train.length).toBe(of.count)
      expectClose(lossesOf(of), of.losses, { rtol: golden.header.tolerance })
    })
  })
})
