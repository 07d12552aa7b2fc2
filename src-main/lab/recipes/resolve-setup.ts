/**
 * From a specification, which is data from a file, a dialogue or a command line, to a setup that can be trained.
 *
 * Every value is checked against the field it belongs to, settings that must fit each other are checked together, and
 * all complaints are collected by the path of the setting (`task.p`, `schedule.batchSize`), so that a dialogue can show
 * each beside its control.
 */
import { err, ok, type Result } from '../../base/result'
import { createRng } from '../../base/rng'
import { complaint, defaultsOf, type Fields, type SettingComplaint, type SettingValues } from '../../base/settings'
import type { Declaration, Registry } from '../../base/registry'
import { scores } from '../interpret/tickets'
import { losses } from '../losses'
import type { Loss } from '../losses/loss'
import { models } from '../models'
import type { Model } from '../models/model'
import { optimizers } from '../optimizers'
import type { Optimizer } from '../optimizers/optimizer'
import { probes } from '../probes'
import type { Probe } from '../probes/probe'
import { tasks } from '../tasks'
import type { Resources, Task } from '../tasks/task'
import type { Chosen, RunSpec } from '../train/run-spec'
import { scheduleFields, scheduleOf } from '../train/schedule'
import type { Setup } from '../train/setup'

export interface Registries {
  readonly tasks: Registry<Task>
  readonly models: Registry<Model>
  readonly optimizers: Registry<Optimizer>
  readonly losses: Registry<Loss>
  readonly probes: Iterable<Probe>
  /** What tasks may draw from; without, those that need it have no examples. */
  readonly resources?: Resources
}

export const allRegistries: Registries = { tasks, models, optimizers, losses, probes }

export interface Complaint {
  /** `task.p`, `model` for an unknown id, `seed`. */
  readonly path: string
  readonly message: string
}

type PartName = 'task' | 'model' | 'optimizer' | 'loss'

/** What a setup is wanted for. An analysis needs no training examples: an imported network may come without any. */
export type SetupUse = 'training' | 'analysis'

/** The setup of a specification, or the first complaint about it. Missing settings take their defaults. */
export function resolveSetup(
  spec: RunSpec,
  registries = allRegistries,
  use: SetupUse = 'training',
): Result<Setup, 'SETTING_INVALID'> {
  const complaints = complaintsAbout(spec, registries, use)
  const [first] = complaints
  if (first) return err('SETTING_INVALID', `${first.path}: ${first.message}`, { complaints })
  const complete = completeSpec(spec, registries)
  const task = registries.tasks.require(spec.task.id)
  return ok({
    seed: spec.seed,
    // The complaints above found nothing wrong with these settings.
    dataset: task.create(complete.task.settings as never, createRng(spec.seed).fork('dataset'), registries.resources),
    tokenText: (token) => task.tokenText?.(complete.task.settings as never, token) ?? String(token),
    model: registries.models.require(spec.model.id),
    modelSettings: complete.model.settings,
    optimizer: registries.optimizers.require(spec.optimizer.id),
    optimizerSettings: complete.optimizer.settings,
    loss: registries.losses.require(spec.loss.id),
    lossSettings: complete.loss.settings,
    schedule: complete.schedule,
    probes: [...registries.probes],
  })
}

/** The specification with every setting written out, which is how a run stores it. Unknown ids stay as they are. */
export function completeSpec(spec: RunSpec, registries = allRegistries): RunSpec {
  const complete = ({ id, settings }: Chosen, registry: Registry<Declaration & { readonly fields: Fields }>): Chosen => ({
    id,
    settings: { ...defaultsOf(registry.find(id)?.fields ?? {}), ...settings },
  })
  return {
    task: complete(spec.task, registries.tasks),
    model: complete(spec.model, registries.models),
    optimizer: complete(spec.optimizer, registries.optimizers),
    loss: complete(spec.loss, registries.losses),
    schedule: { ...defaultsOf(scheduleFields), ...spec.schedule },
    seed: spec.seed,
    ...(spec.start && { start: { ...spec.start, parent: completeSpec(spec.start.parent, registries) } }),
  }
}

/** Everything wrong with a specification; empty when it can be trained. */
export function complaintsAbout(
  spec: RunSpec,
  registries = allRegistries,
  use: SetupUse = 'training',
): readonly Complaint[] {
  const complaints = [
    ...complaintsAboutPart('task', spec.task, registries.tasks),
    ...complaintsAboutPart('model', spec.model, registries.models),
    ...complaintsAboutPart('optimizer', spec.optimizer, registries.optimizers),
    ...complaintsAboutPart('loss', spec.loss, registries.losses),
    ...complaintsAboutValues('schedule', scheduleFields, spec.schedule),
    ...complaintsAboutSeed(spec.seed),
    ...complaintsAboutStart(spec, registries),
  ]
  // Settings are compared with each other only once each is sound by itself.
  return complaints.length > 0 ? complaints : crossComplaints(completeSpec(spec, registries), registries, use)
}

function complaintsAboutPart(
  part: PartName,
  chosen: Chosen,
  registry: Registry<Declaration & { readonly fields: Fields }>,
): readonly Complaint[] {
  const declaration = registry.find(chosen.id)
  if (declaration) return complaintsAboutValues(part, declaration.fields, chosen.settings)
  return [{ path: part, message: `unknown ${part} '${chosen.id}'; nearest: ${registry.nearest(chosen.id)}` }]
}

function complaintsAboutValues(part: string, fields: Fields, values: SettingValues): readonly Complaint[] {
  return Object.entries(values).flatMap(([key, value]): readonly Complaint[] => {
    const path = `${part}.${key}`
    const field = fields[key]
    if (!field) {
      return [{ path, message: `unknown setting '${key}'; known: ${Object.keys(fields).join(', ') || 'none'}` }]
    }
    const wanted = complaint(field, value)
    return wanted ? [{ path, message: `${key} is ${JSON.stringify(value)}; expected ${wanted}` }] : []
  })
}

function complaintsAboutSeed(seed: number): readonly Complaint[] {
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return []
  return [{ path: 'seed', message: `seed is ${seed}; expected an integer from 0 to ${2 ** 32 - 1}` }]
}

/** Of a start: its parent's own, and those about what both have to share. */
function complaintsAboutStart({ start, task, model, seed }: RunSpec, registries: Registries): readonly Complaint[] {
  if (!start) return []
  const at = (key: string, message: string): Complaint => ({ path: `start.${key}`, message })
  const ofParent = complaintsAbout(start.parent, registries).map(({ path, message }) => at(`parent.${path}`, message))
  if (ofParent.length > 0) return ofParent
  const settingsOf = ({ id, settings }: Chosen, registry: Registry<Declaration & { readonly fields: Fields }>): string =>
    JSON.stringify([id, Object.entries({ ...defaultsOf(registry.find(id)?.fields ?? {}), ...settings }).sort()])
  const differs = (part: 'task' | 'model', chosen: Chosen): boolean =>
    settingsOf(chosen, registries[`${part}s`]) !== settingsOf(start.parent[part], registries[`${part}s`])
  const isKnown = start.score === 'given' || scores.find(start.score) !== undefined
  return [
    ...(differs('task', task) ? [at('parent.task', 'the run it starts from has another task')] : []),
    ...(differs('model', model) ? [at('parent.model', 'the run it starts from has another model')] : []),
    // Another seed splits the examples otherwise: the mask would know some that are tested on.
    ...(start.parent.seed === seed ? [] : [at('parent.seed', `the run it starts from has seed ${start.parent.seed}; expected ${seed}, as here`)]),
    ...(isKnown ? [] : [at('score', `unknown score '${start.score}'; nearest: ${scores.nearest(start.score)}`)]),
    ...(start.sparsity >= 0 && start.sparsity < 1 ? [] : [at('sparsity', `sparsity is ${start.sparsity}; expected at least 0 and below 1`)]),
  ]
}

function crossComplaints(spec: RunSpec, registries: Registries, use: SetupUse): readonly Complaint[] {
  const task = registries.tasks.require(spec.task.id)
  const model = registries.models.require(spec.model.id)
  const settings = spec.task.settings as never // each setting was checked against its field
  const taskComplaints = task.check?.(settings, registries.resources) ?? []
  if (taskComplaints.length > 0) return atPath('task', taskComplaints)
  const dataset = task.create(settings, createRng(spec.seed).fork('dataset'), registries.resources)
  const modelComplaints = model.check?.(spec.model.settings as never, dataset) ?? []
  if (modelComplaints.length > 0 || use === 'analysis') return atPath('model', modelComplaints)
  const trainCount = dataset.train.length
  if (trainCount === 0) return [{ path: 'task.trainFraction', message: 'no training example is left; expected a larger share' }]
  const { batchSize } = scheduleOf(spec.schedule)
  if (batchSize <= trainCount) return []
  const message = `batchSize is ${batchSize}; expected at most the ${trainCount} training examples, or 0 for all of them`
  return [{ path: 'schedule.batchSize', message }]
}

function atPath(part: PartName, complaints: readonly SettingComplaint[]): readonly Complaint[] {
  return complaints.map(({ key, message }) => ({ path: `${part}.${key}`, message }))
}
