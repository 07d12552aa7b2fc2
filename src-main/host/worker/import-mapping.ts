/** A layout's mapping with a person's changes, and each parameter's row: where it comes from and whether that fits. */
import { sizeOf } from '../../base/array'
import { createRng } from '../../base/rng'
import { checkSettings, type SettingValue } from '../../base/settings'
import type { ImportDraft, ImportProposal, ImportRow } from '../../contract/imports'
import type { ReadCheckpoint } from '../../lab/importers/importer'
import type { Mapping, ParameterSource, Part } from '../../lab/importers/layouts/layout'
import { shapeAfter } from '../../lab/importers/components/tensor-steps'
import { models } from '../../lab/models'
import type { ParameterForm } from '../../lab/models/model'

/** The mapping as the draft wants it. Shapes and axes are those that the model has with the changed settings. */
export function editedMapping(mapping: Mapping, draft: ImportDraft): Mapping {
  const settings = { ...mapping.settings, ...draft.settings }
  const model = models.find(mapping.modelId)
  if (!model || !checkSettings(model.fields, settings).ok) return { ...mapping, settings }
  const known = new Map(mapping.parameters.map((parameter) => [parameter.name, parameter]))
  const parameters = formsOf(mapping.modelId, settings, mapping.dims).flatMap(({ name, axes, shape }): readonly ParameterSource[] => {
    const source = Object.hasOwn(draft.parameters, name) ? draft.parameters[name] : known.get(name)
    return source ? [{ name, axes, shape, parts: source.parts, axis: source.axis }] : []
  })
  return { ...mapping, settings, parameters }
}

function formsOf(modelId: string, settings: Mapping['settings'], dims: Mapping['dims']): readonly ParameterForm[] {
  const model = models.require(modelId)
  if (model.parameterForms) return model.parameterForms(settings as never, dims) // checked by the caller
  const { params, buffers } = model.init(settings as never, dims, createRng(0))
  return Object.entries({ ...params, ...buffers }).map(([name, { axes, shape }]) => ({ name, axes, shape }))
}

/** Names of what the model keeps but does not learn. */
export function bufferNames({ modelId, settings, dims }: Mapping): ReadonlySet<string> {
  const model = models.require(modelId)
  return new Set(model.parameterForms ? [] : Object.keys(model.init(settings as never, dims, createRng(0)).buffers))
}

export function rowsOf(mapping: Mapping, checkpoint: ReadCheckpoint, draft: ImportDraft): readonly ImportRow[] {
  const shapes = new Map(checkpoint.tensors.map(({ name, shape }) => [name, shape]))
  const missing = new Map(mapping.missing.map(({ name, reason }) => [name, reason]))
  const given = new Map(mapping.parameters.map((parameter) => [parameter.name, parameter]))
  const settings = models.find(mapping.modelId) && checkSettings(models.require(mapping.modelId).fields, mapping.settings)
  const forms: readonly ParameterForm[] = settings?.ok ? formsOf(mapping.modelId, settings.value, mapping.dims) : mapping.parameters
  return forms.map(({ name, shape }): ImportRow => {
    const source = given.get(name)
    const isChanged = Object.hasOwn(draft.parameters, name)
    if (!source) return { name, shape, parts: [], axis: 0, state: 'wrong', isChanged, reason: 'nothing is mapped to it' }
    const { parts, axis } = source
    const wrong = complaintAbout(source, shapes)
    const base = { name, shape, parts, axis, isChanged }
    if (wrong !== undefined) return { ...base, state: 'wrong', reason: wrong }
    const reason = isChanged ? undefined : missing.get(name)
    return reason === undefined ? { ...base, state: 'ok', reason: '' } : { ...base, state: 'missing', reason }
  })
}

type Shapes = ReadonlyMap<string, readonly number[]>
const shown = (shape: readonly number[]): string => `[${shape.join(', ')}]`

function complaintAbout({ parts, axis, shape }: ParameterSource, shapes: Shapes): string | undefined {
  if (parts.length === 0) return 'nothing is mapped to it'
  const made: (readonly number[])[] = []
  for (const part of parts) {
    const after = shapeOfPart(part, shapes)
    if (typeof after === 'string') return after
    made.push(after)
  }
  const [first] = made as [readonly number[]]
  const joined = made.length === 1 ? first : first.map((length, i) => (i === axis ? made.reduce((sum, one) => sum + one[i]!, 0) : length))
  const isAlike = made.every((one) => one.length === first.length && one.every((length, i) => i === axis || length === first[i]))
  if (isAlike && shown(joined) === shown(shape)) return undefined
  const verb = made.length === 1 ? 'is not' : 'joined do not make'
  return `${made.map(shown).join(' and ')} ${verb} ${shown(shape)}`
}

/** The shape, or why there is none. */
function shapeOfPart(part: Part, shapes: Shapes): readonly number[] | string {
  if ('fill' in part) return part.shape
  let shape = shapes.get(part.from)
  if (!shape) return `the file has no tensor '${part.from}'`
  for (const step of part.steps) {
    const next = shapeAfter(shape, step)
    if (!next) return `${step.op} does not fit ${shown(shape)} of '${part.from}'`
    shape = next
  }
  return shape
}

/** Tensors that no row takes, with the layout's reason where it has one. */
export function unusedOf(mapping: Mapping, checkpoint: ReadCheckpoint): ImportProposal['unused'] {
  const taken = new Set(mapping.parameters.flatMap(({ parts }) => parts.flatMap((part) => ('from' in part ? [part.from] : []))))
  const reasons = new Map(mapping.unused.map(({ name, reason }) => [name, reason]))
  return checkpoint.tensors
    .filter(({ name }) => !taken.has(name))
    .map(({ name, shape }) => ({ name, reason: reasons.get(name) ?? `nothing asks for it; ${shown(shape)}` }))
}

/** Every setting of the model, with what it was inferred from. */
export function settingsOf(mapping: Mapping, draft: ImportDraft): ImportProposal['settings'] {
  const model = models.find(mapping.modelId)
  if (!model) return []
  const reasons = new Map(mapping.inferred.map(({ key, reason }) => [key, reason]))
  const asked = new Map(mapping.questions.map(({ key, isAnswered }) => [key, isAnswered ? 'answered' : 'not answered yet']))
  return Object.entries(model.fields).map(([key, field]) => {
    const value: SettingValue = mapping.settings[key] ?? field.default
    const isChanged = Object.hasOwn(draft.settings, key)
    return { key, field: { ...field }, value, isChanged, reason: isChanged ? 'changed by hand' : (reasons.get(key) ?? asked.get(key) ?? '') }
  })
}

export function parameterCount(mapping: Mapping): number {
  return mapping.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
}
