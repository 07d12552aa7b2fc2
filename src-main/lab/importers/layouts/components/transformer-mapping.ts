/**
 * The mapping to our transformer, once a layout knows the settings and where each parameter lies.
 *
 * The model says which parameters it has; the layout's sources fill them. A bias without a tensor is zero and a norm's
 * weight one, and both are listed as missing; any other parameter without one makes the mapping impossible.
 */
import { err, ok, type Result } from '../../../../base/result'
import { checkSettings, type SettingValues } from '../../../../base/settings'
import { parameterForms, type StartingForm } from '../../../models/components/transformer-weights'
import { transformerFields, type TransformerSettings } from '../../../models/components/transformer-fields'
import type { Dimensions } from '../../../models/model'
import type { ReadCheckpoint } from '../../importer'
import type { Mapping, NamedReason, ParameterSource, Part, Step } from '../layout'
import type { Draft } from './draft'

/** From a name of ours to the tensor of the file and the steps it goes through. */
export type Sources = ReadonlyMap<string, { readonly from: string; readonly steps: readonly Step[] }>

export interface TransformerFindings {
  readonly layoutId: string
  readonly checkpoint: ReadCheckpoint
  readonly draft: Draft
  readonly settings: SettingValues
  readonly dims: Dimensions
  readonly sources: Sources
  /** Why a tensor that no parameter takes is left; undefined where nothing is known about it. */
  readonly whyUnused: (name: string) => string | undefined
}

export function transformerMapping(findings: TransformerFindings): Result<Mapping, 'IMPORT_REFUSED'> {
  const { layoutId, checkpoint, draft, dims, sources, whyUnused } = findings
  const checked = checkSettings(transformerFields, findings.settings)
  if (!checked.ok) return err('IMPORT_REFUSED', checked.error.message)
  const settings: TransformerSettings = checked.value
  const parameters: ParameterSource[] = []
  const missing: NamedReason[] = []
  const taken = new Set<string>()
  for (const form of parameterForms(settings, dims)) {
    const { name, axes, shape } = form
    const source = sources.get(name)
    if (!source && form.start === 'normal') return err('IMPORT_REFUSED', `the file has no tensor for ${name} [${shape.join(', ')}]`)
    if (source) taken.add(source.from)
    else missing.push({ name, reason: `not in the file; ${form.start === 'one' ? 'ones' : 'zeros'} stand in its place` })
    parameters.push({ name, axes, shape, axis: 0, parts: [source ?? constant(form)] })
  }
  const left = checkpoint.tensors.filter(({ name }) => !taken.has(name))
  return ok({
    layoutId,
    modelId: 'transformer',
    settings,
    dims,
    parameters,
    inferred: draft.inferred,
    questions: draft.questions,
    unused: left.map(({ name }) => ({ name, reason: whyUnused(name) ?? 'the layout knows no use for it' })),
    missing,
    answers: draft.answers,
    warnings: draft.warnings,
  })
}

function constant({ start, shape }: StartingForm): Part {
  return { fill: start === 'one' ? 1 : 0, shape }
}
