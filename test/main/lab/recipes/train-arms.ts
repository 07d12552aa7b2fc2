/** Trains the arms of a recipe in this process and gathers what its claims look at. */
import { unwrap } from '@main/base/result'
import { createNetwork } from '@main/lab/models/network'
import type { ArmEvidence, Evidence } from '@main/lab/recipes/claim'
import { startingState } from '@main/lab/recipes/components/starting-state'
import { armsAt, specOf, type ArmStart, type Recipe } from '@main/lab/recipes/recipe'
import { resolveSetup } from '@main/lab/recipes/resolve-setup'
import { initialState, train, type TrainOptions } from '@main/lab/train/loop'
import { checkpointAt, momentStep } from '@main/lab/train/moments'
import type { RunSpec } from '@main/lab/train/run-spec'
import type { TrainingState } from '@main/lab/train/training-state'

export interface ArmChoice {
  readonly scaleId: string
  readonly seed: number
  /** Default: every arm. */
  readonly armIds?: readonly string[]
}

export async function trainArms(recipe: Recipe, { scaleId, seed, armIds }: ArmChoice): Promise<Evidence> {
  const trained: Record<string, TrainedArm> = {}
  for (const { id: armId, start } of armsAt(recipe, scaleId)) {
    if (armIds && !armIds.includes(armId)) continue
    const spec = specOf(recipe, { scaleId, armId, seed })
    trained[armId] = start ? await trainFrom(spec, start, trained[start.from]!) : await trainFully(spec)
  }
  return { seed, arms: Object.fromEntries(Object.entries(trained).map(([id, { evidence }]) => [id, evidence])) }
}

export const trainArm = async (spec: RunSpec): Promise<ArmEvidence> => (await trainFully(spec)).evidence

interface TrainedArm {
  readonly evidence: ArmEvidence
  /** By step, ascending. */
  readonly checkpoints: ReadonlyMap<number, TrainingState>
}

/** As host/services/beginnings.ts does with a project. */
async function trainFrom(spec: RunSpec, { from: _from, at, ...wish }: ArmStart, { evidence, checkpoints }: TrainedArm): Promise<TrainedArm> {
  const [train, test] = (['train', 'test'] as const).map((set) => evidence.series[`accuracy.${set}`]!)
  const stored = [...checkpoints.keys()]
  const step = checkpointAt(momentStep(at, { train: train!, test: test! }) ?? Infinity, stored) ?? stored.at(-1)!
  const started = { ...spec, start: { ...wish, step, parent: evidence.spec } }
  const [initial, rewound, taken] = [0, wish.rewindStep, step].map((one) => checkpoints.get(one)!)
  const { params, buffers } = rewound!
  const weights = { ...taken!.params, ...taken!.buffers }
  const begun = unwrap(startingState(started, unwrap(resolveSetup(started)), { weights, initial: initial!.params, rewound: { params, buffers } }))
  return trainFully(started, { from: begun.state, ...(wish.use === 'mask' && { mask: begun.mask }) })
}

async function trainFully(spec: RunSpec, options: Pick<TrainOptions, 'from' | 'mask'> = {}): Promise<TrainedArm> {
  const setup = unwrap(resolveSetup(spec))
  const series: Record<string, { steps: number[]; values: number[] }> = {}
  const checkpoints = new Map<number, TrainingState>()
  const state = unwrap(
    await train(setup, {
      ...options,
      signal: new AbortController().signal,
      sink: {
        measured(step, values) {
          for (const [id, value] of Object.entries(values)) {
            const one = (series[id] ??= { steps: [], values: [] })
            one.steps.push(step)
            one.values.push(value)
          }
        },
        checkpoint: ({ slots: _slots, ...state }) => void checkpoints.set(state.step, { ...state, slots: {} }),
        progress: () => {},
      },
    }),
  )
  const final = createNetwork(setup.model, setup.modelSettings, setup.dataset, { ...state.params, ...state.buffers })
  return { evidence: { spec, dataset: setup.dataset, final, series }, checkpoints }
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
