/**
 * What the network would answer if it stopped at each place of the residual stream.
 *
 *   logits(x) = norm_final(x) W_U (+ b_U)          x: embedding, resid_mid and resid_post of each layer
 *   p = softmax(logits),   KL(final ‖ x) = sum p_final ln(p_final / p_x)
 *
 * The final norm is applied to each place anew, with that place's own scale; the last place is the network's answer itself.
 *
 * Answers are classes by place (sequence and position), -1 where there is none.
 * Source: nostalgebraist, "interpreting GPT: the logit lens", 2020; KL to the final distribution as in arXiv:2303.08112.
 */
import { namedArray, type FloatArray, type NamedArray } from '../../base/array'
import { scoped, tf, type Tensor } from '../../engine/tf'
import type { Network, Sequences } from '../models/network'
import { defineAnalysis } from './analysis'
import { notTransformer } from './components/head-weights'
import { countOf, drained } from './components/parts'
import { readLogits, residualPoints } from './components/residual-points'

export interface LensInput {
  readonly sequences: Sequences
  /** [batch, pos]: the class that is the answer, -1 for none. */
  readonly answers: Int32Array
  /** Likeliest classes to name. */
  readonly topCount: number
}

/** Axes [point, batch, pos], and `rank` behind them in `top`. Without an answer its numbers are NaN. */
export interface LensReading {
  readonly points: readonly string[]
  readonly top: NamedArray<Int32Array>
  readonly topProbability: FloatArray
  readonly answerProbability: FloatArray
  /** 1 for the likeliest; classes that tie share the better rank. */
  readonly answerRank: FloatArray
  readonly kl: FloatArray
}

export default defineAnalysis<LensInput, LensReading>({
  id: 'logit-lens',
  title: 'Logit lens',
  definition:
    'The final norm and the unembedding applied to the residual stream at each place: softmax(norm(x) W_U + b_U), the norm ' +
    'with the scale of x itself. Rank 1 is the likeliest class. KL(final ‖ place) = Σ p_final ln(p_final / p_place), in nats.',
  source: 'nostalgebraist 2020, "interpreting GPT: the logit lens"; arXiv:2303.08112',
  unsuitable: notTransformer,
  measure: (network, input) => drained(lensSteps(network, input)),
})

export function* lensSteps(network: Network, { sequences, answers, topCount }: LensInput): Generator<void, LensReading> {
  const points = residualPoints(network)
  const count = Math.min(topCount, network.dims.d_vocab_out)
  const places = sequences.tokens.length
  const total = points.length * places
  const reading = {
    top: new Int32Array(total * count),
    topProbability: new Float32Array(total * count),
    answerProbability: new Float32Array(total),
    answerRank: new Float32Array(total),
    kl: new Float32Array(total),
  }
  const { logits, cache } = network.record(sequences, points)
  try {
    const final = logProbabilities(logits)
    const weights = final.data.map(Math.exp)
    yield
    for (const [point, name] of points.entries()) {
      const logProbs = scoped(() => logProbabilities(readLogits(network, cache.get(name)!))) // record fills every name
      for (let place = 0; place < places; place++) {
        readPlace(reading, { at: point * places + place, count, answer: answers[place]!, logProbs, final, weights, place })
      }
      yield
    }
  } finally {
    tf.dispose([logits, ...cache.values()])
  }
  const shape = [points.length, countOf(sequences), sequences.length]
  const named = (data: Float32Array): FloatArray => namedArray(['point', 'batch', 'pos'], shape, data)
  const ranked = <T extends Int32Array | Float32Array>(data: T): NamedArray<T> =>
    namedArray(['point', 'batch', 'pos', 'rank'], [...shape, count], data)
  return {
    points,
    top: ranked(reading.top),
    topProbability: ranked(reading.topProbability),
    answerProbability: named(reading.answerProbability),
    answerRank: named(reading.answerRank),
    kl: named(reading.kl),
  }
}

/** ln of the softmax over the last axis, row-major. */
interface LogProbs {
  readonly width: number
  readonly data: Float32Array
}

function logProbabilities(logits: Tensor): LogProbs {
  const width = logits.shape.at(-1)!
  const data = scoped(() => tf.logSoftmax(logits.reshape([-1, width])).dataSync<'float32'>())
  return { width, data: data as Float32Array }
}

interface Place {
  /** Where its numbers go. */
  readonly at: number
  readonly place: number
  readonly count: number
  readonly answer: number
  readonly logProbs: LogProbs
  readonly final: LogProbs
  /** exp of `final`. */
  readonly weights: Float32Array
}

type Reading = Readonly<Record<'topProbability' | 'answerProbability' | 'answerRank' | 'kl', Float32Array>> & {
  readonly top: Int32Array
}

function readPlace(reading: Reading, { at, place, count, answer, logProbs: { width, data }, final, weights }: Place): void {
  const start = place * width
  const values = data.subarray(start, start + width)
  let kl = 0
  for (let c = 0; c < width; c++) kl += weights[start + c]! * (final.data[start + c]! - values[c]!)
  likeliest(values, count).forEach((c, rank) => {
    reading.top[at * count + rank] = c
    reading.topProbability[at * count + rank] = Math.exp(values[c]!)
  })
  reading.kl[at] = kl
  const isAnswered = answer >= 0
  reading.answerProbability[at] = isAnswered ? Math.exp(values[answer]!) : NaN
  reading.answerRank[at] = isAnswered ? rankOf(values, answer) : NaN
}

/** Indices of the `count` largest, largest first; the lower one first on a tie. */
export function likeliest(values: ArrayLike<number>, count: number): readonly number[] {
  const best: number[] = []
  let floor = -Infinity
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (best.length === count && !(value > floor)) continue
    let to = best.length
    while (to > 0 && value > values[best[to - 1]!]!) to--
    best.splice(to, 0, i)
    if (best.length > count) best.pop()
    floor = values[best.at(-1)!]!
  }
  return best
}

function rankOf(values: Float32Array, answer: number): number {
  let rank = 1
  for (const value of values) if (value > values[answer]!) rank++
  return rank
}

/** Means over the places with an answer: [point]. */
export interface Profile {
  readonly points: readonly string[]
  readonly count: number
  readonly answerProbability: FloatArray
  readonly accuracy: FloatArray
  readonly kl: FloatArray
}

export function profileOf({ points, answerProbability, answerRank, kl }: LensReading): Profile {
  const places = kl.data.length / points.length
  const answered = Array.from({ length: places }, (_, place) => place).filter((place) => !Number.isNaN(answerRank.data[place]))
  const mean = (value: (at: number) => number): FloatArray => {
    const means = points.map((_, point) => {
      return answered.reduce((sum, place) => sum + value(point * places + place), 0) / answered.length
    })
    return namedArray(['point'], [points.length], Float32Array.from(means))
  }
  return {
    points,
    count: answered.length,
    answerProbability: mean((at) => answerProbability.data[at]!),
    accuracy: mean((at) => (answerRank.data[at] === 1 ? 1 : 0)),
    kl: mean((at) => kl.data[at]!),
  }
}
