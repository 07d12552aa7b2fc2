import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import type { Fields, ValuesOf } from '@main/base/settings'
import { scoped, tf } from '@main/engine/tf'
import circuitFaithfulness, { areaOver, circuitShares } from '@main/lab/interpret/circuit-faithfulness'
import { finish, type CircuitMethod } from '@main/lab/interpret/circuit-methods/circuit-method'
import eap from '@main/lab/interpret/circuit-methods/eap'
import eapIg from '@main/lab/interpret/circuit-methods/eap-ig'
import exactEdges from '@main/lab/interpret/circuit-methods/exact-edges'
import { circuitGraph, connected, edgeAt, edgeName, type CircuitGraph } from '@main/lab/interpret/components/circuit-graph'
import { circuitMetric, recordCircuit, type CircuitPlan, type CircuitRecording } from '@main/lab/interpret/components/circuit-recording'
import { graphOfPlan, withoutGraph } from '@main/lab/interpret/components/circuit-suitability'
import { keptOf } from '@main/lab/interpret/components/circuit-selection'
import { ablatedOutside, edgeAblations, edgeHooks, recordWrites, substitutesOf } from '@main/lab/interpret/components/edge-runner'
import { transformerSettings } from '@main/lab/interpret/components/head-weights'
import { sequencesOf, wholeOf, type Pairs } from '@main/lab/interpret/components/pairs'
import { createNetwork, type Network } from '@main/lab/models/network'
import { expectClose, useBackend, valuesOf } from '../../../fixtures/backends'
import { randomPairs } from '../../../fixtures/pairs'
import { randomTokens, tinyTransformer, type TinyTransformer } from '../../../fixtures/transformers'

const pairs: Pairs = {
  count: 3,
  length: 5,
  clean: randomTokens(3, { seed: 1 }),
  corrupted: randomTokens(3, { seed: 2 }),
  answerPos: Int32Array.of(4, 4, 3),
  answers: [[1], [2], [5]],
  wrong: [[3], [0], [4]],
}
const plan: CircuitPlan = { pairs, metric: 'logit-difference', ablation: 'resample' }

/** Optimal constants have a test of their own: learning them takes longest. */
const given = edgeAblations.filter((ablation) => ablation !== 'optimal')

const variants: readonly TinyTransformer[] = [
  {},
  { settings: { attentionOnly: true, biases: true } },
  { settings: { normalization: 'LN', biases: true } },
  { settings: { normalization: 'RMS', gatedMlp: true, activation: 'silu', positions: 'rotary' } },
  { settings: { attentionDirection: 'bidirectional', n_layers: 3, n_heads: 1 } },
]

function within<T>(tiny: TinyTransformer, use: (network: Network) => T): T {
  const network = tinyTransformer(tiny)
  try {
    return use(network)
  } finally {
    network.dispose()
  }
}

function withRecording<T>(network: Network, change: Partial<CircuitPlan>, use: (recording: CircuitRecording) => T): T {
  const recording = recordCircuit(network, { ...plan, ...change })
  try {
    return use(recording)
  } finally {
    recording.dispose()
  }
}

/** For each edge the circuit of all others. */
function withoutEach({ graph }: CircuitRecording): readonly Uint8Array[] {
  return Array.from({ length: graph.edgeCount }, (_, edge) => new Uint8Array(graph.edgeCount).fill(1).fill(0, edge, edge + 1))
}

/** A network whose token embeddings differ from the first one's by a share of what they did. */
function withAlikeTokens<T>(share: number, use: (network: Network) => T): T {
  const { model, settings, dims, arrays, dispose } = tinyTransformer({ settings: { normalization: 'LN', activation: 'gelu' } })
  dispose()
  const W_E = arrays['W_E']!
  const data = W_E.data.map((x, i) => W_E.data[i % 8]! + share * (x - W_E.data[i % 8]!))
  const network = createNetwork(model, settings, dims, { ...arrays, W_E: { ...W_E, data } })
  try {
    return use(network)
  } finally {
    network.dispose()
  }
}

describe('the graph', () => {
  const graphOf = (n_layers: number, n_heads: number, attentionOnly = false) =>
    within({ settings: { n_layers, n_heads, attentionOnly } }, (network) => circuitGraph(transformerSettings(network)))

  test('of twelve layers of twelve heads has the number of edges that papers give', () => {
    expect(graphOf(12, 12).edgeCount).toBe(32_491)
  })

  test('of one layer lists every reader’s earlier writers', () => {
    const graph = graphOf(1, 2)

    expect(Array.from({ length: graph.edgeCount }, (_, edge) => edgeName(graph, edge))).toEqual([
      ...['q', 'k', 'v'].flatMap((letter) => [`input->a0.0<${letter}>`, `input->a0.1<${letter}>`]),
      ...['input', 'a0.0', 'a0.1'].map((writer) => `${writer}->m0`),
      ...['input', 'a0.0', 'a0.1', 'm0'].map((writer) => `${writer}->logits`),
    ])
  })

  test('keeps of a set the edges that lie on a way from input to logits', () => {
    const graph = graphOf(2, 1)
    const names = ['input->a0.0<v>', 'a0.0->m1', 'm1->logits', 'input->a1.0<q>', 'm0->logits', 'a0.0->a1.0<k>']
    const numbers = Array.from({ length: graph.edgeCount }, (_, edge) => edge).filter((edge) => names.includes(edgeName(graph, edge)))

    const left = connected(graph, keptOf(numbers, graph.edgeCount))

    // Head 1.0 is read by nobody, and nobody writes to MLP 0.
    expect(numbers.filter((edge) => left[edge]).map((edge) => edgeName(graph, edge))).toEqual(['input->a0.0<v>', 'a0.0->m1', 'm1->logits'])
  })
})

describe.each(variants)('a network of %j', (tiny) => {
  useBackend('cpu')

  test('with no edge ablated answers as the clean run, with every edge as the corrupted one', () => {
    within(tiny, (network) => {
      scoped(() => {
        const graph = circuitGraph(transformerSettings(network))
        const [clean, corrupted] = (['clean', 'corrupted'] as const).map((side) => sequencesOf(pairs, side, wholeOf(pairs)))
        const substitutes = substitutesOf(recordWrites(network, graph, corrupted!), 'resample')
        const logits = (share: number): number[] => {
          const ablated = ablatedOutside(graph, [new Uint8Array(graph.edgeCount).fill(share)])
          return valuesOf(network.run(clean!, edgeHooks(graph, network, { substitutes, differences: substitutes, copies: 1, ablated })))
        }

        expectClose(logits(1), valuesOf(network.run(clean!)), { atol: 5e-6 })
        expectClose(logits(0), valuesOf(network.run(corrupted!)), { atol: 5e-5 })
        expect(logits(0)).not.toEqual(logits(1))
      })
    })
  })

  test.each([...given.map((ablation) => ({ ablation })), { ablation: 'resample' as const, byPosition: true }, { ablation: 'resample' as const, neurons: true }])(
    'every edge’s effect is what ablating it alone in the running network does: %j',
    (change) => {
      within(tiny, (network) => {
        const { scores } = finish(exactEdges, network, { plan: { ...plan, ...change }, settings: {} })
        const measured = withRecording(network, change, (recording) => withoutEach(recording).map((kept) => circuitMetric(recording, kept) - recording.cleanMetric))

        expectClose(scores, measured, { atol: 1e-5 })
        expect(Math.max(...measured.map(Math.abs))).toBeGreaterThan(0.01)
      })
    },
  )

  test('a run that starts at the first ablated edge answers as one from the tokens, and many circuits at once as one by one', () => {
    within(tiny, (network) => {
      withRecording(network, { ablation: 'resample' }, (recording) => {
        const { graph, pairCount } = recording
        const rng = createRng(4)
        const circuits = Array.from({ length: 5 }, (_, i) => {
          const first = Math.floor((i * graph.edgeCount) / 6)
          return new Uint8Array(graph.edgeCount).map((_, edge) => (edge < first || rng.uniform() < 0.6 ? 1 : 0))
        })
        const together = recording.metricsOf(circuits)
        const alone = circuits.flatMap((kept) => [...recording.metricsOf([kept])])
        const whole = circuits.flatMap((kept) => scoped(() => {
          return valuesOf(recording.metricUnder(tf.tensor1d(Float32Array.from(kept, (one) => 1 - one))))
        }))

        expectClose(together, alone, { atol: 1e-5 })
        expectClose(alone, whole, { atol: 1e-5 })
        expect(new Set(together.map((value) => Math.round(value * 1e4))).size).toBeGreaterThan(pairCount)
      })
    })
  })
})

describe('edge attribution', () => {
  useBackend('cpu')

  const scoresOf = <F extends Fields>(method: CircuitMethod<F>, network: Network, settings: ValuesOf<F>): Float64Array =>
    finish(method, network, { plan, settings }).scores

  test('is exact for the edges into the logits of a network without a norm', () => {
    within({}, (network) => {
      const graph = circuitGraph(transformerSettings(network))
      const exact = scoresOf(exactEdges, network, {})
      const estimate = scoresOf(eap, network, {})
      const { firstEdge } = graph.readers.at(-1)!

      expectClose(estimate.slice(firstEdge), exact.slice(firstEdge), { atol: 1e-5 })
      expect([...estimate.slice(0, firstEdge)]).not.toEqual([...exact.slice(0, firstEdge)])
    })
  })

  test('errs in second order: with tokens ten times as much alike it errs ten times less', () => {
    const error = (likeness: number): number =>
      withAlikeTokens(likeness, (network) => {
        const exact = scoresOf(exactEdges, network, {})
        const estimate = scoresOf(eap, network, {})
        return Math.hypot(...exact.map((score, i) => score - estimate[i]!)) / Math.hypot(...exact)
      })
    const [far, near] = [error(0.3), error(0.03)]

    expect(near).toBeLessThan(far / 5)
    expect(far).toBeGreaterThan(0.01)
  })

  test('with integrated gradients at one point is the plain one, at many another', () => {
    within({}, (network) => {
      const [one, five] = [1, 5].map((steps) => scoresOf(eapIg, network, { steps }))

      expect([...one!]).toEqual([...scoresOf(eap, network, {})])
      expect([...five!]).not.toEqual([...one!])
    })
  })

  test('by position sums to the one with positions together', () => {
    within({ settings: { normalization: 'LN' } }, (network) => {
      const together = scoresOf(eap, network, {})
      const apart = finish(eap, network, { plan: { ...plan, byPosition: true }, settings: {} }).scores

      expectClose(together.map((_, edge) => apart.slice(edge * 5, edge * 5 + 5).reduce((sum, one) => sum + one, 0)), together, { atol: 1e-5 })
    })
  })
})

describe('faithfulness', () => {
  useBackend('cpu')

  test('is one of the whole network and grows with the edges of largest exact effect', () => {
    within({}, (network) => {
      const { scores } = finish(exactEdges, network, { plan, settings: {} })
      const good = circuitFaithfulness.measure(network, { ...plan, scores })
      const bad = circuitFaithfulness.measure(network, { ...plan, scores: scores.map((score) => 1 / (1e-6 + Math.abs(score))) })

      expect(good.faithfulness.at(-1)).toBeCloseTo(1, 5)
      expect(good.kept.at(-1)).toBe(scores.length)
      expect(good.cmd).toBeLessThan(bad.cmd)
    })
  })

  test('areas are those of trapezoids over the shares', () => {
    expect(areaOver([0, 0.5, 1], [0, 1, 1])).toBeCloseTo(0.75, 12)
    expect(areaOver(circuitShares, circuitShares.map(() => 1))).toBeCloseTo(0.999, 12)
  })
})

test('edge effects come piece by piece, and stop where they are left', () => {
  within({}, (network) => {
    const steps = exactEdges.run(network, plan, {})
    const first = steps.next()
    const graph = circuitGraph(transformerSettings(network))
    steps.return(undefined as never)

    expect(first).toMatchObject({ done: false, value: { total: graph.edgeCount } })
    expect(first.value.scores.some(Number.isNaN)).toBe(true)
    expect(edgeAt(graph, graph.edgeCount - 1).to.name).toBe('logits')
  })
})

describe('a graph with neurons', () => {
  useBackend('cpu')

  test('takes MLPs apart into what each neuron writes, which scores by attribution sum to', () => {
    within({ settings: { normalization: 'LN', gatedMlp: true, activation: 'silu' } }, (network) => {
      const [whole, apart] = [{}, { neurons: true }].map((change) => graphOfPlan(network, { ...plan, ...change }))
      const [scores, fine] = [{}, { neurons: true }].map((change) => finish(eap, network, { plan: { ...plan, ...change }, settings: {} }).scores)
      const named = (graph: CircuitGraph, name: string): number => Array.from({ length: graph.edgeCount }, (_, edge) => edge).find((edge) => edgeName(graph, edge) === name)!
      const sum = Array.from({ length: 16 }, (_, neuron) => fine![named(apart!, `m0.${neuron}->a1.1<v>`)]!).reduce((total, one) => total + one, 0)

      expect(apart!.writers.length).toBe(whole!.writers.length + 2 * 15)
      expect(sum).toBeCloseTo(scores![named(whole!, 'm0->a1.1<v>')]!, 5)
      expect(fine![named(apart!, 'a0.1->m1')]).toBeCloseTo(scores![named(whole!, 'a0.1->m1')]!, 5)
      expect([...connected(apart!, keptOf([named(apart!, 'input->m0'), named(apart!, 'm0.3->logits')], apart!.edgeCount))].filter(Boolean).length).toBe(2)
    })
  })

  test('is refused where its writes would not fit, and by position where edges are too many, in numbers', () => {
    within({ settings: { d_mlp: 4096 } }, (network) => {
      expect(withoutGraph(network, { ...plan, pairs: randomPairs(120), neurons: true })).toMatch(/8197 writers on 120 pairs.*at most/)
      expect(withoutGraph(network, plan)).toBeUndefined()
    })
    within({ settings: { n_layers: 48, n_heads: 8 } }, (network) => {
      expect(withoutGraph(network, { ...plan, byPosition: true })).toMatch(/edges, by position.*at most 1048576/)
    })
  })
})
