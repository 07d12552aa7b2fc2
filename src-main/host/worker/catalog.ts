/** What this program can train and which papers it knows, as the contract shows it. */
import { complaint, parseSetting, type Fields, type SettingValue, type SettingValues } from '../../base/settings'
import { AppError } from '../../base/result'
import type { Registry } from '../../base/registry'
import type { Part, RecipeCard } from '../../contract/recipes'
import type { ServiceOf } from '../../contract/rpc'
import { losses } from '../../lab/losses'
import { models } from '../../lab/models'
import { optimizers } from '../../lab/optimizers'
import { probes } from '../../lab/probes'
import { recipes } from '../../lab/recipes'
import { armsAt, specOf, type Recipe } from '../../lab/recipes/recipe'
import { completeSpec, complaintsAbout, type Registries } from '../../lab/recipes/resolve-setup'
import { tasks } from '../../lab/tasks'
import type { DenseSpec, RunSpec } from '../../lab/train/run-spec'
import { scheduleFields, scheduleOf } from '../../lab/train/schedule'
import type { computeContract } from '../compute/contract'

export function createCatalog(registries: Registries): ServiceOf<typeof computeContract.catalog> {
  return {
    recipes: () => [...recipes].map(cardOf),
    parts: () => ({
      tasks: partsOf(tasks),
      models: partsOf(models),
      optimizers: partsOf(optimizers),
      losses: partsOf(losses),
      schedule: fieldsOf(scheduleFields),
    }),
    series: () =>
      [...probes].flatMap(({ id, title, unit, parts }) =>
        parts.length === 0
          ? [{ id, title, unit }]
          : parts.map((part) => ({ id: `${id}.${part.id}`, title: `${title}, ${part.title}`, unit })),
      ),
    spec({ recipeId, scale, arm, seed, set }) {
      const recipe = requireRecipe(recipeId)
      requireAmong('scale', scale, recipe.scales)
      requireAmong('arm', arm, recipe.arms)
      return mutable(withSettings(completeSpec(specOf(recipe, { scaleId: scale, armId: arm, seed })), set))
    },
    arms({ recipeId, scale }) {
      const recipe = requireRecipe(recipeId)
      requireAmong('scale', scale, recipe.scales)
      return armsAt(recipe, scale).map(({ id, title, start }) => ({
        id,
        title,
        ...(start && { start: { ...start } }),
      }))
    },
    resolve({ spec }) {
      const complaints = complaintsAbout(spec, registries).map(({ path, message }) => ({ path, message }))
      const complete = mutable(completeSpec(spec))
      return { spec: complete, lastStep: complaints.length === 0 ? scheduleOf(complete.schedule).steps : 0, complaints }
    },
  }
}

export function requireRecipe(id: string): Recipe {
  const recipe = recipes.find(id)
  if (recipe) return recipe
  throw new AppError({ code: 'RECIPE_UNKNOWN', message: `unknown recipe '${id}'; nearest: ${recipes.nearest(id)}` })
}

function requireAmong(noun: string, id: string, known: readonly { readonly id: string }[]): void {
  if (known.some((item) => item.id === id)) return
  const ids = known.map((item) => item.id).join(', ')
  throw new AppError({ code: 'SETTING_INVALID', message: `unknown ${noun} '${id}'; known: ${ids}` })
}

/** The contract's records are mutable by type; a copy, so that nobody holds a declaration's own. */
function mutable({ start, ...spec }: RunSpec): RunSpecOnWire {
  return { ...mutableDense(spec), ...(start && { start: { ...start, parent: mutableDense(start.parent) } }) }
}

function mutableDense({ task, model, optimizer, loss, schedule, seed }: DenseSpec): DenseSpecOnWire {
  const chosen = ({ id, settings }: RunSpec['task']): { id: string; settings: Record<string, SettingValue> } => ({
    id,
    settings: { ...settings },
  })
  return {
    task: chosen(task),
    model: chosen(model),
    optimizer: chosen(optimizer),
    loss: chosen(loss),
    schedule: { ...schedule },
    seed,
  }
}
type DenseSpecOnWire = Omit<RunSpecOnWire, 'start'>
type RunSpecOnWire = Awaited<ReturnType<ServiceOf<typeof computeContract.catalog>['spec']>>

/** The fields a setting may name, by part. */
function fieldsByPart({ task, model, optimizer, loss }: RunSpec): Readonly<Record<string, Fields>> {
  return {
    task: tasks.require(task.id).fields,
    model: models.require(model.id).fields,
    optimizer: optimizers.require(optimizer.id).fields,
    loss: losses.require(loss.id).fields,
    schedule: scheduleFields,
  }
}

/** Changed settings by `part.key`, or by `key` alone where only one part has it. Text is read by the field's kind. */
function withSettings(spec: RunSpec, set: SettingValues): RunSpec {
  const byPart = fieldsByPart(spec)
  const places = Object.entries(byPart).flatMap(([part, fields]) => Object.keys(fields).map((key) => ({ part, key })))
  const changes: Record<string, Record<string, SettingValue>> = {}
  for (const [name, value] of Object.entries(set)) {
    const found = places.filter(({ part, key }) => name === key || name === `${part}.${key}`)
    const [place] = found
    if (!place || found.length > 1) {
      const known = (found.length > 1 ? found : places).map(({ part, key }) => `${part}.${key}`).join(', ')
      throw invalid(`${found.length > 1 ? 'ambiguous' : 'unknown'} setting '${name}'; expected one of ${known}`)
    }
    const field = byPart[place.part]![place.key]!
    const read = typeof value === 'string' ? parseSetting(field, value) : value
    const wanted = complaint(field, read)
    if (wanted) throw invalid(`${name} is ${JSON.stringify(value)}; expected ${wanted}`)
    changes[place.part] = { ...changes[place.part], [place.key]: read }
  }
  const chosen = (part: 'task' | 'model' | 'optimizer' | 'loss'): RunSpec['task'] => ({
    id: spec[part].id,
    settings: { ...spec[part].settings, ...changes[part] },
  })
  return {
    task: chosen('task'),
    model: chosen('model'),
    optimizer: chosen('optimizer'),
    loss: chosen('loss'),
    schedule: { ...spec.schedule, ...changes['schedule'] },
    seed: spec.seed,
  }
}

const invalid = (message: string): AppError => new AppError({ code: 'SETTING_INVALID', message })

interface Described {
  readonly id: string
  readonly title: string
  readonly help: string
  readonly fields: Fields
}

export function partsOf(registry: Registry<Described>): Part[] {
  return [...registry].map(({ id, title, help, fields }) => ({ id, title, help, fields: fieldsOf(fields) }))
}

/** A copy without prototypes or frozen records; the layout is base/settings.ts's own. */
function fieldsOf(fields: Fields): Part['fields'] {
  return { ...fields }
}

function cardOf({ id, paper, summary, scales, arms, differences, claims }: Recipe): RecipeCard {
  return {
    id,
    paper: { ...paper, authors: [...paper.authors] },
    summary,
    scales: scales.map(({ id, title, note }) => ({ id, title, note })),
    arms: arms.map(({ id, title, note, start }) => ({ id, title, note, ...(start && { from: start.from }) })),
    differences: [...differences],
    claims: claims.map(({ id, says, where, measures, expect }) => ({ id, says, where, measures, expect: rangeText(expect) })),
  }
}

/** `0.85 or more`, `at most 0.1`, `0.6 to 0.8`. */
function rangeText([low, high]: readonly [number, number]): string {
  if (high === Infinity) return low === -Infinity ? 'any number' : `${low} or more`
  return low === -Infinity ? `at most ${high}` : `${low} to ${high}`
}
