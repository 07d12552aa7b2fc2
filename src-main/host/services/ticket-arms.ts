/** From what a ticket experiment is asked for to its arms, and from those to the runs that are trained for them. */
import type { Run, RunSpec } from '../../contract/runs'
import type { MaskScore, TicketArm, TicketMoment, TicketPlan } from '../../contract/tickets'
import { scores } from '../../lab/interpret/tickets'
import { momentText } from '../../lab/train/moments'
import type { Store } from '../store/store'
import type { PlannedArm } from './arms'
import { stepOf, type StartWish } from './beginnings'

export interface PlanComplaint {
  readonly path: string
  readonly message: string
}

type ArmStart = NonNullable<TicketArm['start']>
type Draft = Omit<TicketArm, 'id' | 'decay'>

/** Trainings of one experiment; beyond that nobody waits for its end. */
const mostRuns = 400

const generalized: TicketMoment = { kind: 'event', event: 'generalized' }
const percent = (share: number): string => `${Math.round(1000 * share) / 10} %`

/** The arms in the order in which they are shown, the dense one first. Every experiment has it: tickets come from it. */
export function armsOf(plan: TicketPlan, project: Store): readonly TicketArm[] {
  const drafts = [...denseDrafts(plan), ...ticketDrafts(plan), ...givenDrafts(plan, project), ...controlDrafts(plan)]
  const arms = plan.decays.flatMap((decay) => {
    const suffix = decay === 'none' ? ', no weight decay' : ''
    const wanted = drafts.filter(({ kind }) => decay === 'as-trained' || kind !== 'dense' || plan.controls.includes('dense'))
    return wanted.map((draft): TicketArm => ({ ...draft, id: draft.title + suffix, title: draft.title + suffix, decay }))
  })
  const hasDense = arms.some(({ kind, decay }) => kind === 'dense' && decay === 'as-trained')
  const all = hasDense ? arms : [{ id: 'Dense', title: 'Dense', kind: 'dense', decay: 'as-trained' } as const, ...arms]
  return [...new Map(all.map((arm) => [arm.id, arm])).values()]
}

const denseDrafts = (_plan: TicketPlan): readonly Draft[] => [{ title: 'Dense', kind: 'dense' }]

function ticketDrafts({ moments, scores: wanted, sparsities, rewindStep }: TicketPlan): readonly Draft[] {
  return wanted.flatMap((score) =>
    momentsOf(score, moments).flatMap((at) =>
      sparsities.map((sparsity): Draft => ({
        title: `${titleOf(score)} ${momentText(at)}, ${percent(sparsity)}`,
        kind: 'ticket',
        start: { use: 'mask', score, at, sparsity, rewindStep },
      })),
    ),
  )
}

/** A score that looks at weights before training has the same mask at every moment. */
function momentsOf(score: MaskScore, moments: readonly TicketMoment[]): readonly TicketMoment[] {
  return scores.find(score)?.isBeforeTraining ? [{ kind: 'step', step: 0 }] : moments
}

function titleOf(score: MaskScore): string {
  return scores.find(score)?.title ?? 'Given mask'
}

function givenDrafts({ maskIds, rewindStep }: TicketPlan, project: Store): readonly Draft[] {
  return maskIds.flatMap((maskId): readonly Draft[] => {
    const mask = project.masks.load(maskId)
    if (!mask) return []
    const start: ArmStart = { use: 'mask', score: 'given', at: { kind: 'step', step: mask.step }, sparsity: mask.sparsity, rewindStep, maskId }
    return [{ title: `Mask ${mask.name}, version ${mask.version}`, kind: 'ticket', start }]
  })
}

function controlDrafts(plan: TicketPlan): readonly Draft[] {
  const { controls, sparsities, rewindStep } = plan
  const [sparsity] = sparsities as [number, ...number[]] // the contract asks for one
  const score = plan.scores.find((wanted) => !scores.find(wanted)?.isBeforeTraining) ?? 'magnitude'
  const at = plan.moments[0] ?? generalized
  const control = (title: string, start: Partial<ArmStart>): Draft => ({
    title,
    kind: 'control',
    start: { use: 'mask', score, at, sparsity, rewindStep, ...start },
  })
  const share = percent(sparsity)
  return controls.flatMap((wanted): readonly Draft[] => {
    switch (wanted) {
      case 'dense':
        return []
      case 'l1-norm':
      case 'l2-norm':
        return [control(`Dense with the ticket’s ${wanted === 'l1-norm' ? 'L1' : 'L2'} norm`, { use: wanted })]
      case 'memorized':
      case 'transition': {
        const event: TicketMoment = { kind: 'event', event: wanted }
        return [control(`${titleOf(score)} ${momentText(event)}, ${share}`, { at: event })]
      }
      case 'random':
        return [control(`${titleOf('random')} ${momentText(at)}, ${share}`, { score: 'random' })]
      case 'snip':
      case 'grasp':
      case 'synflow':
        return [control(`${titleOf(wanted)} before training, ${share}`, { score: wanted, at: { kind: 'step', step: 0 } })]
    }
  })
}

/** What keeps a plan from being trained. */
export function planComplaints(plan: TicketPlan, run: Run, project: Store): readonly PlanComplaint[] {
  const { moments, seeds, maskIds, decays, rewindStep, threshold } = plan
  const stored = new Set(project.checkpoints.list(run.id).map(({ step }) => step))
  const isLive = run.state === 'queued' || run.state === 'running' || run.state === 'paused'
  const found: PlanComplaint[] = []
  const complain = (path: string, message: string): void => void found.push({ path, message })
  if (run.parent) complain('runId', `'${run.name}' began with weights from elsewhere (${run.parent.how}); choose a run from its own initialization`)
  if (!stored.has(0)) complain('runId', `'${run.name}' has no checkpoint at step 0, whose weights survivors go back to; choose a run that was trained here`)
  if (isLive) complain('runId', `'${run.name}' is still being trained; tickets are taken when it has ended`)
  if (plan.scores.includes('given')) complain('scores', 'a given mask is named among maskIds, not scores')
  if (new Set(seeds).size < seeds.length) complain('seeds', `seeds are ${seeds.join(', ')}; expected each once`)
  if (rewindStep !== 0 && !stored.has(rewindStep)) {
    complain('rewindStep', `'${run.name}' has no checkpoint at step ${rewindStep}; it has ${[...stored].slice(0, 12).join(', ')}`)
  }
  if (decays.includes('none') && run.spec.optimizer.settings['weightDecay'] === undefined) {
    complain('decays', `optimizer ${run.spec.optimizer.id} has no weight decay to leave out`)
  }
  for (const maskId of maskIds) if (!project.masks.load(maskId)) complain('maskIds', `the project has no mask '${maskId}'`)
  moments.forEach((at, i) => {
    try {
      stepOf(project, run, { at, threshold })
    } catch (thrown) {
      complain(`moments.${i}`, (thrown as Error).message) // stepOf throws AppErrors only
    }
  })
  const count = armsOf(plan, project).length * seeds.length
  if (count > mostRuns) complain('seeds', `the plan comes to ${count} trainings; expected at most ${mostRuns}`)
  return found
}

export interface Planning {
  readonly plan: TicketPlan
  readonly run: Run
  readonly arms: readonly TicketArm[]
  readonly madeWith: string
  /** The row an arm has with a seed, if it has one. */
  runOf(armId: string, seed: number): Run | undefined
}

export const keyOf = (armId: string, seed: number): string => `${armId}, seed ${seed}`

/** What to train, parents first. */
export function plannedArms({ plan, run, arms, madeWith, runOf }: Planning): readonly PlannedArm[] {
  const parent = arms.find(({ kind, decay }) => kind === 'dense' && decay === 'as-trained')! // armsOf sees to it
  const ordered = [parent, ...arms.filter((arm) => arm !== parent)]
  return plan.seeds.flatMap((seed) =>
    ordered.map((arm): PlannedArm => {
      const own = arm === parent && seed === run.spec.seed ? run : runOf(arm.id, seed)
      const spec = specOf(arm, { plan, run, seed })
      return {
        key: keyOf(arm.id, seed),
        name: `${arm.title}, seed ${seed}`,
        spec,
        lastStep: spec.schedule['steps'] as number, // an integer by its field
        madeWith,
        tags: ['tickets'],
        ...(own && { run: own === run ? { ...run, state: 'finished' as const } : own }),
        ...(arm.start && { from: { key: keyOf(parent.id, seed), wish: { ...arm.start, threshold: plan.threshold } satisfies StartWish } }),
      }
    }),
  )
}

function specOf({ decay, start }: TicketArm, { plan, run, seed }: { readonly plan: TicketPlan; readonly run: Run; readonly seed: number }): RunSpec {
  const { start: _none, ...spec } = run.spec
  const { optimizer, schedule } = spec
  const isDense = start?.use !== 'mask'
  const steps = isDense ? run.lastStep : plan.steps
  const everySo = { checkpointSpacing: 'even', checkpointEvery: Math.ceil(steps / 8), keepOptimizerState: 'last' }
  // An arm ends when there is nothing more to learn of it; the dense run of another seed goes as far as the one it is like.
  const early = { stopWhen: 'testAccuracy', stopThreshold: Math.max(plan.threshold, 0.99) }
  return {
    ...spec,
    seed,
    optimizer: decay === 'none' ? { ...optimizer, settings: { ...optimizer.settings, weightDecay: 0 } } : optimizer,
    schedule: { ...schedule, steps, checkpointOnEvent: 'moments', ...(start && { ...everySo, ...early }) },
  }
}
