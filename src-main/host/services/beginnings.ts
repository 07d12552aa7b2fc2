/**
 * Runs that begin where another has been: the moment is found in the parent's measurements, the mask is made by a compute
 * process and kept in the project, and the state it leads to is the new run's checkpoint at step 0, from which training
 * goes on as from any other.
 */
import { createHash } from 'node:crypto'
import { AppError, unwrap } from '../../base/result'
import type { DenseSpec, Run, RunSpec, RunStart } from '../../contract/runs'
import { checkpointAt, fittedAccuracy, momentStep, momentText, type Moment } from '../../lab/train/moments'
import type { TrainingState } from '../../lab/train/training-state'
import type { Supervisor } from '../compute/supervisor'
import type { Mask, NewMask, Store } from '../store/store'
import type { RunChanges } from './changes'
import { attachImages } from './images'

export interface BeginningsOptions {
  readonly supervisor: Supervisor
  readonly changes: RunChanges
}

/** A start whose step is not known before its parent was trained. */
export interface StartWish extends Omit<RunStart, 'parent' | 'step' | 'maskHash'> {
  readonly at: Moment
  /** Accuracy that counts as fitted. */
  readonly threshold: number
  /** For score `given`. */
  readonly maskId?: string | undefined
  /** Takes the last checkpoint where the moment never came; without, that is a failure. */
  readonly orLast?: boolean
}

export interface NewBeginning {
  readonly parent: Run
  readonly wish: StartWish
  /** The new run's, without its start. */
  readonly spec: RunSpec
  readonly name: string
  readonly lastStep: number
  readonly madeWith: string
  readonly recipe?: Run['recipe']
  readonly tags?: readonly string[]
}

/** Makes the run, its mask and its first checkpoint. ACTION_UNAVAILABLE when the parent lacks the moment or a checkpoint. */
export async function beginRun({ supervisor, changes }: BeginningsOptions, project: Store, wanted: NewBeginning): Promise<Run> {
  const { parent, wish, spec, name, lastStep, madeWith, recipe, tags } = wanted
  if (parent.parent) {
    const message = `'${parent.name}' began with weights from elsewhere (${parent.parent.how}); a ticket needs a run from its own initialization`
    throw new AppError({ code: 'ACTION_UNAVAILABLE', message })
  }
  const step = stepOf(project, parent, wish)
  const given = wish.maskId === undefined ? undefined : maskNamed(project, wish.maskId)
  const start: RunStart = {
    parent: parent.spec,
    use: wish.use,
    score: wish.score,
    step,
    sparsity: wish.sparsity,
    rewindStep: wish.rewindStep,
    ...(given && { maskHash: hashOf(given) }),
  }
  const started = { ...spec, start }
  const [weights, initial, rewound] = [step, 0, wish.rewindStep].map((at) => unwrap(project.checkpoints.load(parent.id, at)))
  const { state, mask, sparsity, how } = await supervisor.train(async ({ client }) => {
    await attachImages(client, project, started)
    return client.tickets.begin({
      spec: started,
      weights: { ...weights!.params, ...weights!.buffers },
      initial: { ...initial!.params },
      rewound: { params: { ...rewound!.params }, buffers: { ...rewound!.buffers } },
      ...(given && { given: { ...given.arrays } }),
    })
  })
  const maskId = wish.maskId ?? keepMask(project, { runId: parent.id, step, score: wish.score, ...wordsOf(wish, step), sparsity, arrays: mask })
  const run = project.runs.create({
    name,
    spec: started,
    lastStep,
    madeWith,
    parent: { runId: parent.id, step, how, maskId },
    ...(recipe && { recipe }),
    ...(tags && { tags }),
  })
  unwrap(project.checkpoints.write(run.id, state satisfies TrainingState))
  changes.changed(run.id, parent.id)
  return run
}

/**
 * The new run of a specification that says itself where it starts: from a run of this project that was trained as the
 * parent it names, whichever its schedule, and has the checkpoints that are needed.
 */
export async function beginSpecified(
  options: BeginningsOptions,
  project: Store,
  wanted: Omit<NewBeginning, 'parent' | 'wish'> & { readonly spec: { readonly start: RunStart } },
): Promise<Run> {
  const { start, ...spec } = wanted.spec
  const { parent: parentSpec, step, maskHash, ...wish } = start
  const parent = project.runs.list().find((run) => !run.parent && isSameTraining(run.spec, parentSpec) && hasCheckpoints(project, run, [0, step, wish.rewindStep]))
  if (!parent) {
    const needed = [...new Set([0, wish.rewindStep, step])].join(', ')
    const message = `no run of this project is the one it starts from (seed ${parentSpec.seed}, with checkpoints at steps ${needed}); train that one first`
    throw new AppError({ code: 'ACTION_UNAVAILABLE', message })
  }
  const mask = maskHash === undefined ? undefined : project.masks.list(parent.id).find(({ id }) => hashOf(maskNamed(project, id)) === maskHash)
  if (maskHash !== undefined && !mask) {
    throw new AppError({ code: 'ACTION_UNAVAILABLE', message: `the project lacks the mask that was given by hand; its arrays have the hash ${maskHash}` })
  }
  return beginRun(options, project, {
    ...wanted,
    spec,
    parent,
    wish: { ...wish, at: { kind: 'step', step }, threshold: fittedAccuracy, ...(mask && { maskId: mask.id }) },
  })
}

/** Whether two specifications train the same weights; when these are measured and kept does not matter. */
export function isSameTraining(one: DenseSpec, other: DenseSpec): boolean {
  const partsOf = ({ task, model, optimizer, loss, seed, schedule }: DenseSpec): string => {
    const chosen = [task, model, optimizer, loss].map(({ id, settings }) => [id, Object.entries(settings).sort(([x], [y]) => (x < y ? -1 : 1))])
    return JSON.stringify([chosen, seed, schedule['batchSize'] ?? 0])
  }
  return partsOf(one) === partsOf(other)
}

function hasCheckpoints(project: Store, { id }: Run, steps: readonly number[]): boolean {
  const stored = new Set(project.checkpoints.list(id).map(({ step }) => step))
  return steps.every((step) => stored.has(step))
}

/** The checkpoint of the parent at which the mask is taken. */
export function stepOf(project: Store, { id, name }: Run, { at, threshold, orLast }: Pick<StartWish, 'at' | 'threshold' | 'orLast'>): number {
  const stored = project.checkpoints.list(id).map(({ step }) => step)
  const series = new Map(project.measurements.series(id, ['accuracy.train', 'accuracy.test']).map((one) => [one.id, one]))
  const [train, test] = ['train', 'test'].map((set) => {
    const found = series.get(`accuracy.${set}`)
    return { steps: found?.steps.data ?? [], values: found?.values.data ?? [] }
  })
  const step = momentStep(at, { train: train!, test: test! }, threshold)
  const checkpoint = step === undefined ? undefined : checkpointAt(step, stored)
  const last = orLast ? stored.at(-1) : undefined
  if (checkpoint !== undefined || last !== undefined) return checkpoint ?? last!
  const why = step === undefined ? `its accuracies never came there` : `it has no checkpoint from step ${step} on; the last is ${stored.at(-1) ?? 'none'}`
  throw new AppError({ code: 'ACTION_UNAVAILABLE', message: `no mask can be taken of '${name}' ${momentText(at)}: ${why}` })
}

function maskNamed(project: Store, maskId: string): Mask {
  const mask = project.masks.load(maskId)
  if (mask) return mask
  throw new AppError({ code: 'ACTION_UNAVAILABLE', message: `the project has no mask '${maskId}'` })
}

function wordsOf({ score, sparsity, at, rewindStep }: StartWish, step: number): Pick<Mask, 'name' | 'how'> {
  const share = `${Math.round(1000 * sparsity) / 10} %`
  const rewound = rewindStep === 0 ? '' : `, rewound to step ${rewindStep}`
  return { name: `${score} ${momentText(at)}, ${share}`, how: `${share} of the weights pruned by ${score} at step ${step}${rewound}` }
}

/** One mask for all arms that share it. */
function keepMask(project: Store, mask: NewMask): string {
  const same = project.masks.list(mask.runId).find(({ step, name, how }) => step === mask.step && name === mask.name && how === mask.how)
  return same?.id ?? project.masks.write(mask)
}

function hashOf({ arrays }: Mask): string {
  const hash = createHash('sha256')
  for (const [name, { shape, data }] of Object.entries(arrays).sort(([x], [y]) => (x < y ? -1 : 1))) {
    hash.update(`${name} [${shape}]`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  return hash.digest('hex')
}
