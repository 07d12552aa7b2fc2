/** Each score against its closed form or brute force on a network small enough for it, on every backend. */
import { describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import { createRng } from '@main/base/rng'
import { maskScores } from '@contract/words'
import { scoped, tf } from '@main/engine/tf'
import { createLossGradient, notPositivelyLinear, type LossGradient } from '@main/lab/interpret/components/loss-gradient'
import { maskOf, normOf, prunable, scaledToMask } from '@main/lab/interpret/components/score-mask'
import { masked, sparsityOf } from '@main/lab/interpret/components/weight-mask'
import { scores } from '@main/lab/interpret/tickets'
import type { ScoreContext } from '@main/lab/interpret/tickets/score'
import type { ArraysByName } from '@main/lab/models/model'
import { resolveSetup } from '@main/lab/recipes/resolve-setup'
import { initialState } from '@main/lab/train/loop'
import type { Setup } from '@main/lab/train/setup'
import { expectClose, onEachBackend } from '../../../../fixtures/backends'

function setupOf(model: Record<string, number | string | boolean> = {}): Setup {
  return unwrap(
    resolveSetup({
      task: { id: 'modular-arithmetic', settings: { p: 5, trainFraction: 0.6, unorderedPairs: true } },
      model: { id: 'embedding-perceptron', settings: { d_model: 6, d_mlp: 4, activation: 'quadratic', ...model } },
      optimizer: { id: 'adamw', settings: {} },
      loss: { id: 'cross-entropy', settings: {} },
      schedule: { steps: 1 },
      seed: 3,
    }),
  )
}

function gradientOf(setup: Setup, arrays: ArraysByName): LossGradient {
  const lossOf: Parameters<typeof createLossGradient>[0]['lossOf'] = (logits, labels) => setup.loss.measure(setup.lossSettings as never, logits, labels)
  return createLossGradient({ model: setup.model, settings: setup.modelSettings, dataset: setup.dataset, arrays, lossOf })
}

/** Scores of all weights in one list, in the order of the parameters. */
function scored(id: string, over: Partial<ScoreContext> = {}, setup = setupOf()): number[] {
  const { params } = initialState(setup)
  const ctx = { weights: params, initial: params, gradient: gradientOf(setup, params), rng: createRng(7), ...over }
  return Object.values(scores.require(id).measure(ctx)).flatMap(({ data }) => [...data])
}

const flat = (arrays: ArraysByName): number[] => Object.values(arrays).flatMap(({ data }) => [...data])

/** What a list of all weights means as parameters. */
function shaped(values: readonly number[], like: ArraysByName): ArraysByName {
  let at = 0
  return Object.fromEntries(
    Object.entries(like).map(([name, array]) => [name, { ...array, data: Float32Array.from(array.data, () => values[at++]!) }]),
  )
}

/** The perceptron and its loss in float64 and plain loops: what the program's gradients are held to. */
function plainLoss({ dataset }: Setup, weights: readonly number[], temperature: number): number {
  const [p, width, hidden] = [5, 6, 4]
  const W_E = (t: number, d: number): number => weights[t * width + d]!
  const W_in = (d: number, k: number): number => weights[p * width + d * hidden + k]!
  const W_out = (k: number, d: number): number => weights[p * width + width * hidden + k * width + d]!
  const W_U = (d: number, c: number): number => weights[p * width + 2 * width * hidden + d * p + c]!
  const over = (count: number, term: (i: number) => number): number => Array.from({ length: count }, (_, i) => term(i)).reduce((sum, x) => sum + x, 0)
  let total = 0
  for (const example of dataset.train) {
    const [a, b] = [dataset.tokens[2 * example]!, dataset.tokens[2 * example + 1]!]
    const post = Array.from({ length: hidden }, (_, k) => over(width, (d) => (W_E(a, d) + W_E(b, d)) * W_in(d, k)) ** 2)
    const mid = Array.from({ length: width }, (_, d) => over(hidden, (k) => post[k]! * W_out(k, d)))
    const logits = Array.from({ length: p }, (_, c) => over(width, (d) => mid[d]! * W_U(d, c)) / temperature)
    total += Math.log(over(p, (c) => Math.exp(logits[c]!))) - logits[dataset.labels[example]!]!
  }
  return total / dataset.train.length
}

/** Central differences in float64: exact to about 1e-9. */
function plainGradient(setup: Setup, weights: readonly number[], temperature: number): number[] {
  return weights.map((_, i) => {
    const at = (by: number): number => plainLoss(setup, weights.map((weight, j) => (i === j ? weight + by : weight)), temperature)
    return (at(1e-4) - at(-1e-4)) / 2e-4
  })
}

/** Where W_out begins in the list of all weights. */
const firstBehindSquare = 5 * 6 + 6 * 4

const largest = (values: readonly number[]): number => Math.max(...values.map(Math.abs))

/** Every column of the Hessian by itself, from gradients in float64. */
function explicitGrasp(setup: Setup, weights: readonly number[]): number[] {
  const gradient = plainGradient(setup, weights, 200)
  const columns = weights.map((_, j) => {
    const at = (by: number): number[] => plainGradient(setup, weights.map((weight, k) => (j === k ? weight + by : weight)), 200)
    const [above, below] = [at(1e-2), at(-1e-2)]
    return above.map((value, i) => (value - below[i]!) / 2e-2)
  })
  const curved = weights.map((_, i) => columns.reduce((sum, column, j) => sum + column[i]! * gradient[j]!, 0))
  return weights.map((weight, i) => weight * curved[i]!)
}

test('the scores are the contract’s, but for a given mask', () => {
  expect([...scores].map(({ id }) => id).sort()).toEqual(maskScores.filter((id) => id !== 'given').sort())
})

describe('scores', () => {
  const setup = setupOf()
  const { params } = initialState(setup)
  const weights = flat(params)
  const wantedGrasp = explicitGrasp(setup, weights)

  onEachBackend(() => {

    test('SNIP is the derivative of the loss by a factor on one weight', () => {
      const wanted = weights.map((_, i) => {
        const scaled = (by: number): number => plainLoss(setup, weights.map((weight, j) => (i === j ? weight * by : weight)), 1)
        return Math.abs((scaled(1 + 1e-4) - scaled(1 - 1e-4)) / 2e-4)
      })

      expectClose(scored('snip'), wanted, { atol: 2e-6 * largest(wanted), rtol: 2e-5 })
      expect(largest(wanted)).toBeGreaterThan(1e-3)
    })

    test('gradient × weight is by how much the loss rises, to first order, when a weight goes', () => {
      const gradient = plainGradient(setup, weights, 1)
      const small = shaped(weights.map((weight) => weight * 0.05), params)
      const found = scored('gradient-weight', { weights: small })
      const losses = flat(small).map((_, i) => plainLoss(setup, flat(small).map((weight, j) => (i === j ? 0 : weight)), 1))
      const rise = losses.map((loss) => loss - plainLoss(setup, flat(small), 1))

      expectClose(scored('gradient-weight'), weights.map((weight, i) => -weight * gradient[i]!), { atol: 3e-6, rtol: 2e-5 })
      // Behind the square logits are linear in each weight, and near zero the loss is linear in the logits.
      const [x, y] = [found, rise].map((values) => values.slice(firstBehindSquare).map((value) => value / largest(values.slice(firstBehindSquare))))
      expectClose(x!, y!, { atol: 0.02 })
    })

    test('GraSP is the weight times an explicit Hessian times the gradient, at temperature 200', () => {
      expectClose(scored('grasp'), wantedGrasp, { atol: 0.01 * largest(wantedGrasp) })
      expect(largest(wantedGrasp)).toBeGreaterThan(0)
    })

    test('SynFlow is conserved: what flows into a hidden neuron flows out, and each layer holds all of it', () => {
      const relu = setupOf({ activation: 'relu' })
      const initial = initialState(relu).params
      const { W_E, W_in, W_out, W_U } = scores.require('synflow').measure({ weights: initial, initial, gradient: gradientOf(relu, initial), rng: createRng(1) })
      const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, value) => total + value, 0)
      const into = Array.from({ length: 4 }, (_, k) => sum(W_in!.data.filter((_, i) => i % 4 === k)))
      const outOf = Array.from({ length: 4 }, (_, k) => sum(W_out!.data.subarray(6 * k, 6 * (k + 1))))
      const flow = flowOf(initial)

      expectClose(into, outOf, { rtol: 1e-5 })
      expectClose([W_E, W_in, W_out, W_U].map((layer) => sum(layer!.data)), [flow, flow, flow, flow], { rtol: 1e-5 })
    })

    test('SynFlow on ones sees every token, on examples as often as it occurs', () => {
      const relu = setupOf({ activation: 'relu' })
      const { params: initial } = initialState(relu)
      const gradient = gradientOf(relu, initial)
      const counts = Array.from({ length: 5 }, (_, t) => {
        return relu.dataset.train.reduce((sum, example) => sum + [0, 1].filter((pos) => relu.dataset.tokens[2 * example + pos] === t).length, 0)
      })
      const onOnes = gradient.ofFlow(initial, 'ones')['W_E']!.data
      const onExamples = gradient.ofFlow(initial, 'examples')['W_E']!.data

      // On ones each position holds every token once, two positions in all.
      expectClose(onExamples, onOnes.map((value, i) => (value / 2) * counts[Math.floor(i / 6)]!), { rtol: 1e-5 })
    })

    test('magnitude and movement are what they say', () => {
      const later = shaped(weights.map((weight, i) => (i % 2 === 0 ? -2 * weight : weight + 0.5)), params)

      expect(scored('magnitude', { weights: later })).toEqual(flat(later).map(Math.abs))
      expect(scored('magnitude-per-layer', { weights: later })).toEqual(flat(later).map(Math.abs))
      expectClose(scored('movement', { weights: later }), flat(later).map((weight, i) => Math.abs(weight - weights[i]!)), { atol: 1e-6 })
    })

    test.each([...scores].map(({ id }) => id))('%s is the same twice', (id) => {
      const relu = setupOf({ activation: 'relu' })

      expect(scored(id, {}, relu)).toEqual(scored(id, {}, relu))
    })
  })

  test('SynFlow is refused where a network is not linear in positive weights', () => {
    expect(notPositivelyLinear({ activation: 'relu' }, {})).toBeUndefined()
    expect(notPositivelyLinear({ activation: 'quadratic' }, {})).toContain('quadratic')
    expect(notPositivelyLinear({ activation: 'relu', batchNorm: true }, {})).toContain('normalization')
    expect(notPositivelyLinear({ activation: 'relu' }, { 'blocks.0.attn.W_Q': initialState(setupOf()).params['W_E']! })).toContain('attention')
  })
})

/** Sum of logits of the network with positive weights on an input of ones, by products of sums of |weights|. */
function flowOf({ W_E, W_in, W_out, W_U }: ArraysByName): number {
  return scoped(() => {
    const [embed, into, out, unembed] = [W_E!, W_in!, W_out!, W_U!].map(({ data, shape }) => tf.tensor2d(data, shape as [number, number]).abs())
    return tf.ones([1, 5]).mul(2).matMul(embed!).matMul(into!).matMul(out!).matMul(unembed!).sum().dataSync()[0]!
  })
}

describe('masks', () => {
  const params = initialState(setupOf()).params
  const magnitude = (of: ArraysByName): ArraysByName => Object.fromEntries(Object.entries(of).map(([name, array]) => [name, { ...array, data: array.data.map(Math.abs) }]))
  const pruning = { scores: magnitude(params), weights: params }

  test('keep the highest scores of all parameters together', () => {
    const mask = maskOf({ ...pruning, share: 'all', sparsity: 0.6 })
    const [kept, gone] = [1, 0].map((wanted) => flat(params).filter((_, i) => flat(mask)[i] === wanted).map(Math.abs))

    expect(Math.min(...kept!)).toBeGreaterThanOrEqual(Math.max(...gone!))
    expect(gone!.length).toBe(Math.round(0.6 * flat(params).length))
    expect(sparsityOf(mask)).toBeCloseTo(0.6, 2)
  })
  test('by layers take the same share of each, and as magnitude as many as it', () => {
    const zeros = (mask: ArraysByName): number[] => Object.values(mask).map(({ data }) => data.filter((kept) => kept === 0).length)
    const random = shaped(flat(params).map((_, i) => (i * 7919) % 104_729), params)

    expect(zeros(maskOf({ ...pruning, share: 'layers', sparsity: 0.5 }))).toEqual(Object.values(params).map(({ data }) => data.length / 2))
    expect(zeros(maskOf({ scores: random, weights: params, share: 'magnitude', sparsity: 0.6 }))).toEqual(zeros(maskOf({ ...pruning, share: 'all', sparsity: 0.6 })))
  })
  test('of equal scores lose the first', () => {
    const equal = shaped(flat(params).map(() => 1), params)

    expect(flat(maskOf({ scores: equal, weights: params, share: 'all', sparsity: 0.5 })).indexOf(1)).toBe(flat(params).length / 2)
  })
  test('are over matrices only', () => {
    expect(Object.keys(prunable({ W_in: params['W_in']!, b_in: params['W_E']!, gamma: params['W_E']!, 'blocks.0.attn.W_Q': params['W_E']!, 'blocks.0.ln1.w': params['W_E']! }))).toEqual(['W_in', 'blocks.0.attn.W_Q'])
  })
  test('a score that is not a number is no score', () => {
    expect(() => maskOf({ ...pruning, scores: shaped(flat(params).map(() => NaN), params), share: 'all', sparsity: 0.5 })).toThrow('not a number')
  })
  test.each([1, 2] as const)('a network scaled to a mask has the survivors’ L%s norm, and every weight', (p) => {
    const mask = maskOf({ ...pruning, share: 'all', sparsity: 0.6 })
    const scaled = scaledToMask(params, mask, p)

    expect(normOf(scaled.params, p)).toBeCloseTo(normOf(masked(params, mask), p), 4)
    expect(flat(scaled.params).filter((weight) => weight === 0)).toEqual([])
    expectClose(flat(scaled.params), flat(params).map((weight) => weight * scaled.factor), { atol: 1e-7 })
  })
})
