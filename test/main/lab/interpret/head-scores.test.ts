import { describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import { scoped } from '@main/engine/tf'
import { repeatedTokens } from '@main/lab/interpret/components/repeated-tokens'
import headCircuits, { copyingScore } from '@main/lab/interpret/head-circuits'
import headScores, { headScoreIds, questionsOf, type HeadScoreId } from '@main/lab/interpret/head-scores'
import type { Sequences } from '@main/lab/models/network'
import { expectClose, onEachBackend } from '../../../fixtures/backends'
import { inductionNetwork } from '../../../fixtures/induction-network'
import { randomTokens, tinyTransformer } from '../../../fixtures/transformers'

/** Scores of every head, [0.0, 0.1, 1.0, 1.1], by id. */
function scoresOn(sequences: Sequences, network = inductionNetwork()): Record<HeadScoreId, number[]> {
  try {
    const { data } = headScores.measure(network, { sequences })
    const each = data.length / headScoreIds.length
    const rows = headScoreIds.map((id, i) => [id, [...data.subarray(i * each, (i + 1) * each)]] as const)
    return Object.fromEntries(rows) as Record<HeadScoreId, number[]> // one entry an id
  } finally {
    network.dispose()
  }
}

/** The first token is none of the repeated ones: with nothing before it, it is taken for its own previous token. */
const repeated = (): Sequences => unwrap(repeatedTokens({ n_ctx: 9, d_vocab: 6, d_vocab_out: 6 }, { count: 5, seed: 3, start: 5 }))

onEachBackend(() => {
  test('heads written to do one thing score one for it on repeated random sequences', () => {
    const scores = scoresOn(repeated())

    expect(scores['previous-token'][0]).toBeCloseTo(1, 5)
    expect(scores['duplicate-token'][1]).toBeCloseTo(0.5, 5)
    expect(scores.induction[2]).toBeCloseTo(1, 5)
    expect(scores['prefix-matching'][2]).toBeCloseTo(1, 5)
    expectClose(scores.copying, [0, 0, 1, -1], { atol: 1e-5 })
  })
})

describe('head scores', () => {
  test('a head that asks for nothing has the entropy of looking everywhere', () => {
    const uniform = Array.from({ length: 9 }, (_, query) => Math.log(query + 1)).reduce((sum, value) => sum + value, 0) / 9

    const scores = scoresOn(repeated())

    expect(scores.entropy[3]).toBeCloseTo(uniform, 5)
    expect(scores.entropy[0]).toBeCloseTo(0, 5)
    expect(scores.induction[3]).toBeCloseTo((1 / 6 + 1 / 7 + 1 / 8 + 1 / 9) / 4, 5)
  })

  test('sequences in which no token comes twice leave induction and duplicates without a value', () => {
    const scores = scoresOn({ tokens: Int32Array.of(0, 1, 2, 3, 4), length: 5 })

    expect(scores.induction).toEqual([NaN, NaN, NaN, NaN])
    expect(scores['duplicate-token']).toEqual([NaN, NaN, NaN, NaN])
    expect(scores['previous-token'][0]).toBeCloseTo(1, 5)
  })

  test('with three occurrences, prefix matching counts all that followed and induction the latest', () => {
    const questions = questionsOf({ tokens: Int32Array.of(1, 2, 1, 3, 1), length: 5 })

    expect(questions.induction).toEqual({ queries: 2, places: [0, 2, 1, 0, 4, 3] })
    expect(questions['prefix-matching']).toEqual({ queries: 2, places: [0, 2, 1, 0, 4, 1, 0, 4, 3] })
    expect(questions['duplicate-token']).toEqual({ queries: 2, places: [0, 2, 0, 0, 4, 0, 0, 4, 2] })
  })

  test('a token directly after its copy does not ask for itself', () => {
    expect(questionsOf({ tokens: Int32Array.of(4, 4), length: 2 }).induction).toEqual({ queries: 0, places: [] })
  })

  test('padding asks for nothing and is not looked for', () => {
    const padded = scoresOn({ tokens: Int32Array.of(0, 1, 2, 0, 1, 5, 5), length: 7, mask: Uint8Array.of(1, 1, 1, 1, 1, 0, 0) })
    const plain = scoresOn({ tokens: Int32Array.of(0, 1, 2, 0, 1), length: 5 })

    for (const id of headScoreIds) expectClose(padded[id], plain[id], { atol: 1e-6 })
  })

  test('parts of the inputs, however they are cut, have the scores of the whole', () => {
    // Patterns of 512 positions come one sequence at a time; of five positions thousands at once.
    const tokens = randomTokens(3, { length: 5 })
    const whole = scoresOn({ tokens, length: 5 }, tinyTransformer())
    const each = [0, 1, 2].map((row) => scoresOn({ tokens: tokens.subarray(5 * row, 5 * row + 5), length: 5 }, tinyTransformer()))

    const means = whole['previous-token'].map((_, head) => each.reduce((sum, one) => sum + one['previous-token'][head]!, 0) / 3)
    expectClose(whole['previous-token'], means, { atol: 1e-6 })
  })

  test('copying is that of the OV circuit as a whole', () => {
    const tiny = { settings: { normalization: 'LN', d_head: 3 } }
    const network = tinyTransformer(tiny)
    const circuit = scoped(() => headCircuits.measure(network, { layer: 1, head: 0, kind: 'ov', mostCells: 0, directionCount: 0 }))
    network.dispose()

    const { copying } = scoresOn({ tokens: randomTokens(1), length: 5 }, tinyTransformer(tiny))

    expect(copying[2]).toBeCloseTo(copyingScore(circuit), 4)
    expect(Math.abs(copying[2]!)).toBeGreaterThan(0.01)
  })

  test('attention mixed with a constant has the entropy of the row divided by its sum', () => {
    const settings = { constantAttention: 0.5, attentionDirection: 'bidirectional', n_layers: 1, n_heads: 1, attentionScale: 1e6 }

    const { entropy } = scoresOn({ tokens: randomTokens(2), length: 5 }, tinyTransformer({ settings }))

    expect(entropy[0]).toBeCloseTo(Math.log(5), 4)
  })
})

describe('repeated random sequences', () => {
  const dims = { n_ctx: 9, d_vocab: 7, d_vocab_out: 6 }

  test('come twice, with the start token before them and nowhere else, and no token equal to another', () => {
    const { tokens, length } = unwrap(repeatedTokens(dims, { count: 20, seed: 1, start: 5 }))

    expect(length).toBe(9)
    for (let row = 0; row < 20; row++) {
      const [first, ...rest] = tokens.subarray(9 * row, 9 * row + 9)
      expect(first).toBe(5)
      expect(rest.slice(0, 4)).toEqual(rest.slice(4))
      expect(new Set(rest.slice(0, 4)).size).toBe(4)
      expect(rest.every((token) => token >= 0 && token < 5)).toBe(true)
    }
  })

  test('with lengths of their own repeat until the tokens are full, so that no distance fits all', () => {
    const wide = { n_ctx: 17, d_vocab: 20, d_vocab_out: 20 }
    const { tokens } = unwrap(repeatedTokens(wide, { count: 40, seed: 2, shortest: 4 }))
    const periods = Array.from({ length: 40 }, (_, row) => {
      const sequence = [...tokens.subarray(16 * row, 16 * row + 16)]
      const own = sequence.indexOf(sequence[0]!, 1)
      return sequence.every((token, i) => token === sequence[i % own]) ? own : NaN
    })

    expect([...new Set(periods)].sort()).toEqual([4, 5, 6, 7, 8])
  })

  test('are drawn alike by the same seed and otherwise by another', () => {
    const draw = (seed: number): Int32Array => unwrap(repeatedTokens(dims, { count: 3, seed })).tokens

    expect(draw(4)).toEqual(draw(4))
    expect(draw(4)).not.toEqual(draw(5))
  })

  test('are refused where the context is too short for them, with the number of positions', () => {
    const refused = repeatedTokens({ n_ctx: 2, d_vocab: 7, d_vocab_out: 7 }, { count: 1, seed: 1 })

    expect(refused).toMatchObject({ ok: false, error: { code: 'MODEL_UNSUITABLE' } })
    expect(!refused.ok && refused.error.message).toContain('the network has 2 positions')
  })
})
