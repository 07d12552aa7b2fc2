/** Trains the arms of a recipe in this process and gathers what its claims look at. */
import { unwrap } from '@main/base/result'
import { createNetwork } from '@main/lab/models/network'
import type { ArmEvidence, Evidence } from '@main/lab/recipes/claim'
import { specOf, type Recipe } from '@main/lab/recipes/recipe'
import { resolveSetup } from '@main/lab/recipes/resolve-setup'
import { initialState, train } from '@main/lab/train/loop'
import type { RunSpec } from '@main/lab/train/run-spec'

export interface ArmChoice {
  readonly scaleId: string
  readonly seed: number
  /** Default: every arm. */
  readonly armIds?: readonly string[]
}

export async function trainArms(recipe: Recipe, { scaleId, seed, armIds }: ArmChoice): Promise<Evidence> {
  const arms: Record<string, ArmEvidence> = {}
  for (const armId of armIds ?? recipe.arms.map(({ id }) => id)) {
    arms[armId] = await trainArm(specOf(recipe, { scaleId, armId, seed }))
  }
  return { seed, arms }
}

export async function trainArm(spec: RunSpec): Promise<ArmEvidence> {
  const setup = unwrap(resolveSetup(spec))
  const series: Record<string, { steps: number[]; values: number[] }> = {}
  const state = unwrap(
    await train(setup, {
      signal: new AbortController().signal,
      sink: {
        measured(step, values) {
          for (const [id, value] of Object.entries(values)) {
            const one = (series[id] ??= { steps: [], values: [] })
            one.steps.push(step)
            one.values.push(value)
          }
        },
        checkpoint: () => {},
        progress: () => {},
      },
    }),
  )
  const final = createNetwork(setup.model, setup.modelSettings, setup.dataset, { ...state.params, ...state.buffers })
  return { spec, dataset: setup.dataset, final, series }
}

/** The evidence of a recipe whose networks were never trained: weights of step 0 and one measurement. */
export function untrainedArms(recipe: Recipe, { scaleId, seed }: ArmChoice): Evidence {
  const arms = recipe.arms.map(({ id: armId }): [string, ArmEvidence] => {
    const spec = specOf(recipe, { scaleId, armId, seed })
    const setup = unwrap(resolveSetup(spec))
    const { params, buffers } = initialState(setup)
    const final = createNetwork(setup.model, setup.modelSettings, setup.dataset, { ...params, ...buffers })
    return [armId, { spec, dataset: setup.dataset, final, series: flatSeries }]
  })
  return { seed, arms: Object.fromEntries(arms) }
}

/** A chance-level accuracy that never moves. */
const flat = { steps: [0, 10, 20], values: [0.01, 0.01, 0.01] }
const flatSeries: ArmEvidence['series'] = {
  'accuracy.train': flat,
  'accuracy.test': flat,
  'accuracy.trainClean': flat,
  'accuracy.trainCorrupted': flat,
}

export function disposeArms({ arms }: Evidence): void {
  for (const { final } of Object.values(arms)) final.dispose()
}
