import { AppError, unwrap } from '../../base/result'
import { namedArray, type NamedArray, type NumberArray } from '../../base/array'
import type { ServiceOf } from '../../contract/rpc'
import { drainedInTurns } from '../../lab/interpret/components/parts'
import directLogitAttribution, { attributionSteps } from '../../lab/interpret/direct-logit-attribution'
import logitLens, { lensSteps, profileOf } from '../../lab/interpret/logit-lens'
import residualDecomposition, { decompositionSteps } from '../../lab/interpret/residual-decomposition'
import type { computeContract } from '../compute/contract'
import { suitableSubject, type Bench } from './bench'
import { answersOf, resolveInputs, textsOf, type ResolvedInputs } from './inputs'

export function createLens({ subjects, provenance }: Bench): ServiceOf<typeof computeContract.lens> {
  return {
    async table({ key, inputs, topCount }, { signal }) {
      const sinceMs = performance.now()
      const subject = suitableSubject(subjects, key, logitLens)
      const resolved = resolveInputs(subject, inputs)
      const { sequences, count, spec } = resolved
      if (count !== 1) throw invalid(`a table is of one example, not of ${count}`)
      const answers = answersOf(subject, resolved)
      const steps = lensSteps(subject.network, { sequences, answers, topCount })
      const { points, top, ...reading } = unwrap(await drainedInTurns(steps, signal))
      const { tokenText } = subject.setup
      const classes = [...new Set(top.data)].map((c) => [String(c), tokenText(c)] as const)
      return {
        points: [...points],
        tokens: textsOf(subject, sequences.tokens),
        available: resolved.available,
        answers: [...answers].map((answer) => (answer < 0 ? '' : tokenText(answer))),
        top: ofOne(top),
        topProbability: ofOne(reading.topProbability),
        classes: Object.fromEntries(classes),
        answerProbability: ofOne(reading.answerProbability),
        answerRank: ofOne(reading.answerRank),
        kl: ofOne(reading.kl),
        how: provenance(logitLens, subject, { sinceMs, spec: { ...spec, topCount } }),
      }
    },
    async profile({ key, inputs }, { signal }) {
      const sinceMs = performance.now()
      const subject = suitableSubject(subjects, key, logitLens)
      const resolved = resolveInputs(subject, inputs)
      const answers = answersOf(subject, resolved)
      const steps = lensSteps(subject.network, { sequences: resolved.sequences, answers, topCount: 1 })
      const { points, ...profile } = profileOf(unwrap(await drainedInTurns(steps, signal)))
      const how = provenance(logitLens, subject, { sinceMs, spec: { ...resolved.spec, metric: 'means over places with an answer' } })
      return { points: [...points], ...profile, how }
    },
    async attribution({ key, inputs, position, target, neuronCount }, { signal }) {
      const sinceMs = performance.now()
      const subject = suitableSubject(subjects, key, directLogitAttribution)
      const resolved = resolveInputs(subject, inputs)
      const { sequences, count, spec } = resolved
      const at = placeOf(resolved, answersOf(subject, resolved), position)
      const steps = attributionSteps(subject.network, { sequences, ...at, target, neuronCount })
      const { against, components, neurons, ...attribution } = unwrap(await drainedInTurns(steps, signal))
      const { tokenText } = subject.setup
      const one = count === 1 && {
        tokens: textsOf(subject, sequences.tokens),
        answer: tokenText(at.answers[0]!),
        ...(against && { against: tokenText(against[0]!) }),
      }
      const asked = { ...spec, position: at.position, target, finalNorm: 'frozen at the scale it was applied with' }
      return {
        position: at.position,
        count,
        ...one,
        ...attribution,
        components: [...components],
        neurons: [...neurons],
        how: provenance(directLogitAttribution, subject, { sinceMs, spec: asked }),
      }
    },
    async decomposition({ key, inputs }, { signal }) {
      const sinceMs = performance.now()
      const subject = suitableSubject(subjects, key, residualDecomposition)
      const { sequences, count, spec } = resolveInputs(subject, inputs)
      const steps = decompositionSteps(subject.network, { sequences })
      const { points, writers, ...found } = unwrap(await drainedInTurns(steps, signal))
      const how = provenance(residualDecomposition, subject, { sinceMs, spec })
      return { points: [...points], writers: [...writers], ...found, count, how }
    },
  }
}

/** An array over a batch of one, without that axis. */
function ofOne<Data extends NumberArray>({ axes, shape, data }: NamedArray<Data>): NamedArray<Data> {
  const kept = axes.map((axis, i) => [axis, shape[i]!] as const).filter(([axis]) => axis !== 'batch')
  return namedArray(kept.map(([axis]) => axis), kept.map(([, length]) => length), data)
}

/** The attributed position, by default the last with an answer, and the answer of each sequence there. */
function placeOf(
  { sequences: { length }, count }: ResolvedInputs,
  answers: Int32Array,
  wanted: number | undefined,
): { readonly position: number; readonly positions: Int32Array; readonly answers: Int32Array } {
  const isAnswered = (pos: number): boolean => Array.from({ length: count }, (_, row) => answers[row * length + pos]!).every((c) => c >= 0)
  const places = Array.from({ length }, (_, pos) => pos).filter(isAnswered)
  const position = wanted ?? places.at(-1)
  if (position === undefined || !places.includes(position)) {
    throw invalid(`position ${position ?? 'none'} has no answer in every sequence; positions with one: ${places.join(', ') || 'none'}`)
  }
  return {
    position,
    positions: new Int32Array(count).fill(position),
    answers: Int32Array.from({ length: count }, (_, row) => answers[row * length + position]!),
  }
}

const invalid = (message: string): AppError => new AppError({ code: 'ARGUMENTS_INVALID', message })
