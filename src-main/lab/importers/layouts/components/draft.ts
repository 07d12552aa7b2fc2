/**
 * What a layout finds out on its way to a mapping: each setting with its reason, each question with its default.
 *
 * An answer overrules both: what was inferred may be inferred wrongly, and a person may know better.
 */
import type { SettingValue } from '../../../../base/settings'
import type { PlainValue, ReadCheckpoint } from '../../importer'
import type { Answers, Inference, Question } from '../layout'

export interface Draft {
  readonly answers: Answers
  readonly inferred: readonly Inference[]
  readonly questions: readonly Question[]
  readonly warnings: string[]
  /** Notes a value and where it was seen; gives it, or what a person said instead. */
  infer<T extends SettingValue>(key: string, value: T, reason: string): T
  /** Asks; gives the answer if there is one of the default's kind, else the default. */
  ask<T extends SettingValue>(question: Omit<Question, 'isAnswered' | 'default' | 'candidates'> & Choices<T>): T
}

interface Choices<T extends SettingValue> {
  readonly default: T
  readonly candidates: readonly T[]
}

export function createDraft(answers: Answers): Draft {
  const inferred: Inference[] = []
  const questions: Question[] = []

  /** An answer of another kind than the value is no answer to the same question. */
  function answerTo<T extends SettingValue>(key: string, value: T): T | undefined {
    const answer = Object.hasOwn(answers, key) ? answers[key] : undefined
    return typeof answer === typeof value ? (answer as T) : undefined
  }

  return {
    answers,
    inferred,
    questions,
    warnings: [],
    infer(key, value, reason) {
      const answer = answerTo(key, value)
      const isOverruled = answer !== undefined && answer !== value
      inferred.push(isOverruled ? { key, value: answer, reason: `answered; ${reason} says ${value}` } : { key, value, reason })
      return isOverruled ? answer : value
    },
    ask(question) {
      const answer = answerTo(question.key, question.default)
      questions.push({ ...question, isAnswered: answer !== undefined })
      return answer ?? question.default
    },
  }
}

/** Configuration beside the tensors, wherever it lies: the metadata themselves, and records in it named like one. */
export function configurationOf({ metadata }: ReadCheckpoint): Readonly<Record<string, PlainValue>> {
  const records = ['config', 'cfg', 'model_config', 'model_cfg', 'model_args', 'args', 'hparams'].map((key) => metadata[key])
  const nested = records.filter((record) => typeof record === 'object' && record !== null && !Array.isArray(record))
  return Object.assign({}, metadata, ...nested)
}

export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`
