/**
 * Pairs of a known circuit, drawn alike for all: clean uniform over the sequences clean runs are drawn from and over the
 * answered positions of one; corrupted uniform over the domain's sequences that are answered there with another class.
 * Right is the clean sequence's class, wrong the corrupted one's.
 *
 * It is resampling from the domain: nothing about the circuit decides what is exchanged, and where many ways lead to an
 * answer, whichever the draw brings is what a pair tests.
 */
import { assert } from '../../../../base/assert'
import { createRng } from '../../../../base/rng'
import type { Pairs } from '../../components/pairs'
import type { KnownCircuit } from '../known-circuit'

export interface PairDraw {
  readonly count: number
  readonly seed: number
}

export function knownPairs(circuit: KnownCircuit, { count, seed }: PairDraw): Pairs {
  const { n_ctx } = circuit
  const domain = [...circuit.domain()]
  const cleanDomain = circuit.clean ? domain.filter((tokens) => circuit.clean!.holds(tokens)) : domain
  const rng = createRng(seed).fork(circuit.id)
  const clean = new Int32Array(count * n_ctx)
  const corrupted = new Int32Array(count * n_ctx)
  const answerPos = new Int32Array(count)
  const answers: number[][] = []
  const wrong: number[][] = []
  let draws = 0
  while (answers.length < count) {
    assert(draws++ < 100 * count, `known circuit ${circuit.id} has too few pairs with different answers`)
    const sequence = cleanDomain[rng.below(cleanDomain.length)]!
    const positions = circuit.answered(sequence)
    const pos = positions[rng.below(positions.length)]!
    const answer = circuit.answer(sequence, pos)
    // Drawn again until it has another answer: uniform over those that have.
    const other = firstOf(64, () => domain[rng.below(domain.length)]!, (tokens) => {
      return circuit.answered(tokens).includes(pos) && circuit.answer(tokens, pos) !== answer
    })
    if (!other) continue
    const row = answers.length
    clean.set(sequence, row * n_ctx)
    corrupted.set(other, row * n_ctx)
    answerPos[row] = pos
    answers.push([answer])
    wrong.push([circuit.answer(other, pos)])
  }
  return { count, length: n_ctx, clean, corrupted, answerPos, answers, wrong }
}

function firstOf<T>(most: number, draw: () => T, isWanted: (one: T) => boolean): T | undefined {
  for (let i = 0; i < most; i++) {
    const one = draw()
    if (isWanted(one)) return one
  }
  return undefined
}
