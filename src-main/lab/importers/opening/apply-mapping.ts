/**
 * Makes a model's arrays out of a checkpoint as a mapping says.
 *
 * A mapping may have been edited, remembered from another day, or come over the wire. `checkMapping` holds it to the
 * model (settings, every parameter once and in the model's own shape) and to the file (each tensor is there, each step
 * fits) before a value is read, and refuses sizes that the file does not bear out.
 */
import { namedArray, sizeOf, type FloatArray } from '../../../base/array'
import { err, ok, type Result } from '../../../base/result'
import { checkSettings, type SettingValues } from '../../../base/settings'
import { models } from '../../models'
import type { ArraysByName, Dimensions } from '../../models/model'
import { after, joinedData, joinedShape, shapeAfter, type Values } from '../components/tensor-steps'
import type { ReadCheckpoint, ReadTensor } from '../importer'
import { shapeText } from '../layouts/components/draft'
import type { Mapping, ParameterSource, Part } from '../layouts/layout'

type Refusable<T> = Result<T, 'IMPORT_REFUSED'>

/** Everything a network or a checkpoint of a run is made of. */
export interface ImportedNetwork {
  readonly modelId: string
  readonly settings: SettingValues
  readonly dims: Dimensions
  /** Parameters by the model's names, float32. */
  readonly arrays: ArraysByName
}

export function applyMapping(checkpoint: ReadCheckpoint, mapping: Mapping): Refusable<ImportedNetwork> {
  const checked = checkMapping(checkpoint, mapping)
  if (!checked.ok) return checked
  const tensors = tensorsByName(checkpoint)
  const arrays: Record<string, FloatArray> = {}
  for (const parameter of mapping.parameters) {
    const made = parameterArray(parameter, tensors)
    if (!made.ok) return err('IMPORT_REFUSED', `${parameter.name}: ${made.error.message}`)
    arrays[parameter.name] = made.value
  }
  const { modelId, dims } = mapping
  return ok({ modelId, settings: checked.value, dims, arrays })
}

/** The complete settings of the model, where the mapping fits the model and the file. Reads no values. */
export function checkMapping(checkpoint: ReadCheckpoint, mapping: Mapping): Refusable<SettingValues> {
  const { modelId, dims } = mapping
  const model = models.find(modelId)
  if (!model?.parameterForms) return err('IMPORT_REFUSED', `the mapping is to a model '${modelId}'; nothing is imported to that`)
  const settings = checkSettings(model.fields, mapping.settings)
  if (!settings.ok) return err('IMPORT_REFUSED', settings.error.message)
  const lengths = Object.entries(dims).find(([, length]) => !Number.isSafeInteger(length) || length < 1)
  if (lengths) return err('IMPORT_REFUSED', `${lengths[0]} is ${lengths[1]}; expected an integer of at least 1`)
  const wanted = model.parameterForms(settings.value as never, dims) // settings were checked against its fields
  const tensors = tensorsByName(checkpoint)
  const stored = checkpoint.tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  const total = wanted.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  if (total > Math.max(smallNetwork, growthMax * stored)) {
    return err('IMPORT_REFUSED', `the mapping makes ${total} parameters of the ${stored} numbers of the file`)
  }
  const given = new Map(mapping.parameters.map((parameter) => [parameter.name, parameter]))
  if (given.size !== mapping.parameters.length) return err('IMPORT_REFUSED', 'the mapping names a parameter twice')
  for (const { name, shape } of wanted) {
    const parameter = given.get(name)
    if (!parameter) return err('IMPORT_REFUSED', `the mapping has no ${name}, which the model needs`)
    const problem = problemOf(parameter, shape, tensors)
    if (problem) return err('IMPORT_REFUSED', `${name}: ${problem}`)
    given.delete(name)
  }
  const [stranger] = given.keys()
  return stranger === undefined ? ok(settings.value) : err('IMPORT_REFUSED', `the model has no parameter '${stranger}'`)
}

/** Networks up to this many parameters may be of constants altogether. */
const smallNetwork = 1 << 22
/** Filling up narrow layers makes more parameters than there are numbers, but not many times more. */
const growthMax = 16

function tensorsByName({ tensors }: ReadCheckpoint): ReadonlyMap<string, ReadTensor> {
  return new Map(tensors.map((tensor) => [tensor.name, tensor]))
}

/** Why a parameter cannot be made; undefined when it can. */
function problemOf(
  { parts, axis, axes, shape }: ParameterSource,
  wanted: readonly number[],
  tensors: ReadonlyMap<string, ReadTensor>,
): string | undefined {
  if (`${shape}` !== `${wanted}` || axes.length !== shape.length) return `the mapping says ${shapeText(shape)}; the model has ${shapeText(wanted)}`
  const shapes: (readonly number[])[] = []
  for (const part of parts) {
    const known = partShape(part, tensors)
    if (typeof known === 'string') return known
    shapes.push(known)
  }
  const whole = joinedShape(shapes, axis)
  return `${whole}` === `${wanted}` ? undefined : `${shapes.map(shapeText).join(' and ') || 'nothing'} does not make ${shapeText(wanted)}`
}

/** The shape of a part, or why it has none. */
function partShape(part: Part, tensors: ReadonlyMap<string, ReadTensor>): readonly number[] | string {
  if ('fill' in part) return Number.isFinite(part.fill) ? part.shape : `the constant ${part.fill} is no number`
  const tensor = tensors.get(part.from)
  if (!tensor) return `the file has no tensor '${part.from}'`
  let shape = tensor.shape
  for (const step of part.steps) {
    const next = shapeAfter(shape, step)
    if (!next) return `${JSON.stringify(step)} does not fit ${shapeText(shape)} of '${part.from}'`
    shape = next
  }
  return shape
}

function parameterArray({ parts, axis, axes, shape }: ParameterSource, tensors: ReadonlyMap<string, ReadTensor>): Refusable<FloatArray> {
  const values: Values[] = []
  for (const part of parts) {
    const made = partValues(part, tensors)
    if (!made.ok) return made
    values.push(made.value)
  }
  return ok(namedArray(axes, shape, values.length === 1 ? values[0]!.data : joinedData(values, shape, axis)))
}

function partValues(part: Part, tensors: ReadonlyMap<string, ReadTensor>): Refusable<Values> {
  if ('fill' in part) return ok({ shape: part.shape, data: new Float32Array(sizeOf(part.shape)).fill(part.fill) })
  const tensor = tensors.get(part.from)! // its shape was looked up before
  const read = tensor.read()
  if (!read.ok) return read
  // Every reading is its own copy, so float32 values are taken as they are.
  const data = read.value instanceof Float32Array ? read.value : Float32Array.from(read.value)
  return ok(part.steps.reduce<Values>(after, { shape: tensor.shape, data }))
}
