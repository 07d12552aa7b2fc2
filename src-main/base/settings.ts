/**
 * Settings as data: what a task, a model, an optimizer or a schedule lets a person choose.
 *
 * One record of fields serves four readers: the type of the chosen values is inferred from it, values from outside are
 * checked against it, the new-run dialogue and the command line draw and explain it, and a run stores the result.
 * A field carries its default, so a recipe names only what it changes.
 */
import { err, ok, type Result } from './result'

const longestText = 200

interface FieldText {
  /** What a person reads beside the control; sentence case, no unit. */
  readonly title: string
  /** What the setting does and what a larger or smaller value leads to. */
  readonly help: string
}

export interface NumberField extends FieldText {
  readonly kind: 'number' | 'integer'
  readonly default: number
  readonly min?: number
  readonly max?: number
  readonly unit?: string
}

export interface ChoiceField<Choice extends string = string> extends FieldText {
  readonly kind: 'choice'
  readonly default: Choice
  readonly choices: readonly Choice[]
}

export interface BooleanField extends FieldText {
  readonly kind: 'boolean'
  readonly default: boolean
}

/** A name: the id of something of the project. Empty where none is named. */
export interface TextField extends FieldText {
  readonly kind: 'text'
  readonly default: string
}

export type Field = NumberField | ChoiceField | BooleanField | TextField
export type Fields = Readonly<Record<string, Field>>
export type SettingValue = number | string | boolean
export type SettingValues = Readonly<Record<string, SettingValue>>

/** The values a record of fields accepts. */
export type ValuesOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends NumberField
    ? number
    : F[K] extends ChoiceField<infer Choice>
      ? Choice
      : F[K] extends BooleanField
        ? boolean
        : F[K] extends TextField
          ? string
          : never
}

/** What is wrong with settings that each fit their field but not each other; by key of the setting to change. */
export interface SettingComplaint {
  readonly key: string
  readonly message: string
}

type FieldBody<F extends Field> = Omit<F, 'kind'>

export const number = (body: FieldBody<NumberField>): NumberField => ({ kind: 'number', ...body })
export const integer = (body: FieldBody<NumberField>): NumberField => ({ kind: 'integer', ...body })
export const boolean = (body: FieldBody<BooleanField>): BooleanField => ({ kind: 'boolean', ...body })
export const text = (body: FieldBody<TextField>): TextField => ({ kind: 'text', ...body })
export const choice = <const Choice extends string>(
  body: Omit<ChoiceField<Choice>, 'kind' | 'default'> & { readonly default: NoInfer<Choice> },
): ChoiceField<Choice> => ({ kind: 'choice', ...body })

/** The fields' defaults. */
export function defaultsOf<F extends Fields>(fields: F): ValuesOf<F> {
  const entries = Object.entries(fields).map(([key, field]) => [key, field.default])
  return Object.fromEntries(entries) as ValuesOf<F> // each default has its own field's type
}

/** Complete, checked values: the given ones over the defaults. An unknown key or a value out of range is an error. */
export function checkSettings<F extends Fields>(
  fields: F,
  given: SettingValues,
): Result<ValuesOf<F>, 'SETTING_INVALID'> {
  const values: Record<string, SettingValue> = { ...defaultsOf(fields) }
  for (const [key, value] of Object.entries(given)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (!field) {
      return err('SETTING_INVALID', `unknown setting '${key}'; known: ${Object.keys(fields).join(', ')}`, { key })
    }
    const wanted = complaint(field, value)
    if (wanted) return err('SETTING_INVALID', `${key} is ${JSON.stringify(value)}; expected ${wanted}`, { key })
    values[key] = value
  }
  return ok(values as ValuesOf<F>) // every key was checked against its field or is that field's default
}

/** What the field accepts, as words, when the value is not accepted; undefined when it is. */
export function complaint(field: Field, value: unknown): string | undefined {
  switch (field.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false'
    case 'text':
      return typeof value === 'string' && value.length <= longestText ? undefined : `a text of at most ${longestText} characters`
    case 'choice':
      return field.choices.includes(value as string) ? undefined : `one of ${field.choices.join(', ')}`
    default: {
      const { kind, min = -Infinity, max = Infinity } = field
      const isKind = kind === 'integer' ? Number.isInteger(value) : Number.isFinite(value)
      if (isKind && (value as number) >= min && (value as number) <= max) return undefined
      const noun = kind === 'integer' ? 'an integer' : 'a number'
      if (min === -Infinity && max === Infinity) return noun
      if (max === Infinity) return `${noun} of at least ${min}`
      return min === -Infinity ? `${noun} of at most ${max}` : `${noun} from ${min} to ${max}`
    }
  }
}

/** Reads `key=value` text by the field's kind; the value still has to pass `checkSettings`. */
export function parseSetting(field: Field, text: string): SettingValue {
  if (field.kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (field.kind === 'choice' || field.kind === 'text') return text
  return text.trim() === '' ? text : Number.isNaN(Number(text)) ? text : Number(text)
}
