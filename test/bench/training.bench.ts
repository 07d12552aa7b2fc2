/**
 * Time of a training step of the quadratic perceptron on every backend this machine has, at the two sizes of the recipe:
 * p = 59 (width 256, 2,088 pairs) and p = 97 (width 500, 4,704 pairs), full batch, AdamW, mean squared error; and of a
 * BatchNorm step on minibatches of 64.
 */
import { unwrap } from '@main/base/result'
import type { SettingValues } from '@main/base/settings'
import { chooseBackend } from '@main/engine/backend'
import { backendCandidates } from '@main/engine/backends'
import { resolveSetup } from '@main/lab/recipes/resolve-setup'
import { createBatches } from '@main/lab/train/batches'
import { createLearner } from '@main/lab/train/learner'
import { initialState } from '@main/lab/train/loop'
import type { Setup } from '@main/lab/train/setup'

type Report = (name: string, value: number, unit: string) => void

interface Size {
  readonly name: string
  readonly task: SettingValues
  readonly model: SettingValues
  readonly batchSize: number
}

const sizes: readonly Size[] = [
  { name: 'p 59', task: { p: 59, trainFraction: 0.6, corruptedShare: 0.3 }, model: { d_mlp: 256 }, batchSize: 0 },
  { name: 'p 97', task: { p: 97, trainFraction: 0.5, corruptedShare: 0.35 }, model: { d_mlp: 500 }, batchSize: 0 },
  {
    name: 'p 59 BatchNorm 64',
    task: { p: 59, trainFraction: 0.6, corruptedShare: 0.3 },
    model: { d_mlp: 256, batchNorm: true },
    batchSize: 64,
  },
]

/** Long enough for a stable median, short enough for plain JavaScript at p = 97. */
const budgetMs = 4_000
const warmUpSteps = 3

export default async function bench(report: Report): Promise<void> {
  for (const candidate of backendCandidates) {
    const chosen = await chooseBackend(backendCandidates, { wanted: candidate.id })
    if (!chosen.ok) continue
    for (const size of sizes) report(`step ${size.name}, ${candidate.id}`, medianStepMs(setupOf(size)), 'ms')
  }
}

function setupOf({ task, model, batchSize }: Size): Setup {
  return unwrap(
    resolveSetup({
      task: { id: 'modular-arithmetic', settings: task },
      model: { id: 'mlp', settings: model },
      optimizer: { id: 'adamw', settings: {} },
      loss: { id: 'mse', settings: {} },
      schedule: { batchSize },
      seed: 1,
    }),
  )
}

function medianStepMs(setup: Setup): number {
  const state = initialState(setup)
  const learner = createLearner(setup, state)
  const batches = createBatches(setup.dataset, setup.schedule['batchSize'] as number, state.cursor)
  const times: number[] = []
  const startMs = performance.now()
  for (let step = 1; step <= warmUpSteps + 2 || performance.now() - startMs < budgetMs; step++) {
    const stepMs = performance.now()
    learner.learn(batches.current(), step, { wantsGradientNorm: false })
    batches.advance()
    if (step > warmUpSteps) times.push(performance.now() - stepMs)
  }
  learner.dispose()
  batches.dispose()
  times.sort((x, y) => x - y)
  return times[Math.floor(times.length / 2)]!
}
