/**
 * A layout is a way to name and shape the tensors of one architecture: TransformerLens's, Hugging Face's GPT-2, a stack
 * of linear layers. It recognizes a checkpoint by its names and shapes and proposes how it becomes a model of ours.
 *
 * 1. `recognize` weighs the evidence: a score from 0 to 1 and the reasons in words. The best score is proposed first.
 * 2. `propose` makes a mapping: where each parameter comes from and through which steps, every setting with what it was
 *    inferred from, and questions for what tensors cannot tell. Answers given to questions go into the next proposal.
 * 3. The mapping is plain data. A person may edit it; `applyMapping` (opening/apply-mapping.ts) checks it against the model and
 *    the file and makes the arrays.
 *
 * A mapping is remembered with the content hash of the files, so the same file opens without questions the next time.
 */
import type { SettingValue, SettingValues } from '../../../base/settings'
import type { Result } from '../../../base/result'
import type { Dimensions } from '../../models/model'
import type { ReadCheckpoint } from '../importer'

/** What is done to a tensor on its way into a parameter, in order. */
export type Step =
  | { readonly op: 'transpose'; readonly order: readonly number[] }
  | { readonly op: 'reshape'; readonly shape: readonly number[] }
  | { readonly op: 'slice'; readonly axis: number; readonly start: number; readonly length: number }
  | { readonly op: 'scale'; readonly factor: number }
  /** Zeros after the end of an axis, up to a length. */
  | { readonly op: 'pad'; readonly axis: number; readonly length: number }

/** A tensor of the file through steps, or a constant where the model has a parameter that the file has no tensor for. */
export type Part =
  | { readonly from: string; readonly steps: readonly Step[] }
  | { readonly fill: number; readonly shape: readonly number[] }

/** One parameter of the model: its part, or several joined along an axis. */
export interface ParameterSource {
  /** `blocks.0.attn.W_Q`. */
  readonly name: string
  readonly axes: readonly string[]
  readonly shape: readonly number[]
  readonly parts: readonly Part[]
  /** The axis along which several parts are joined. */
  readonly axis: number
}

/** A setting or a dimension and where it was seen: `n_heads = 4 from blocks.0.attn.W_Q [4, 128, 32]`. */
export interface Inference {
  readonly key: string
  readonly value: SettingValue
  readonly reason: string
}

/** What the tensors cannot tell. The default is used until somebody answers. */
export interface Question {
  readonly key: string
  readonly title: string
  readonly default: SettingValue
  /** Empty where any value of the setting's kind will do. */
  readonly candidates: readonly SettingValue[]
  /** Why it has to be asked, and what speaks for the default. */
  readonly reason: string
  /** True once the proposal was made with an answer to it. */
  readonly isAnswered: boolean
}

export interface NamedReason {
  readonly name: string
  readonly reason: string
}

export interface Mapping {
  readonly layoutId: string
  readonly modelId: string
  readonly settings: SettingValues
  readonly dims: Dimensions
  readonly parameters: readonly ParameterSource[]
  readonly inferred: readonly Inference[]
  readonly questions: readonly Question[]
  /** Tensors that no parameter takes, each with the reason. */
  readonly unused: readonly NamedReason[]
  /** Parameters that the file has no tensor for, and what stands in their place. */
  readonly missing: readonly NamedReason[]
  /** The answers that this proposal was made with. */
  readonly answers: Answers
  /** Sentences a person must read before trusting the result. */
  readonly warnings: readonly string[]
}

export interface Evidence {
  /** From 0, certainly not, to 1. */
  readonly score: number
  readonly reasons: readonly string[]
}

/** Answers to questions, by key of the question. */
export type Answers = SettingValues

export interface Layout {
  readonly id: string
  readonly title: string
  readonly source: string
  recognize(checkpoint: ReadCheckpoint): Evidence
  /** Fails where a tensor that the layout cannot do without is absent or shapes contradict each other. */
  propose(checkpoint: ReadCheckpoint, answers: Answers): Result<Mapping, 'IMPORT_REFUSED'>
}

export function defineLayout(layout: Layout): Layout {
  return Object.freeze(layout)
}
