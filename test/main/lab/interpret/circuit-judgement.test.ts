/** What is said of a circuit once it is found: completeness, minimality, sufficiency, stability, and what two have in common. */
import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import circuitComparison, { compareCircuits } from '@main/lab/interpret/circuit-comparison'
import circuitCompleteness, { incompleteness, type CompletenessPlan, type KnockOut } from '@main/lab/interpret/circuit-completeness'
import { finish } from '@main/lab/interpret/circuit-methods/circuit-method'
import exactEdges from '@main/lab/interpret/circuit-methods/exact-edges'
import exactNodes from '@main/lab/interpret/circuit-methods/exact-nodes'
import circuitMinimality from '@main/lab/interpret/circuit-minimality'
import circuitStability, { jaccard, meanJaccard } from '@main/lab/interpret/circuit-stability'
import circuitSufficiency from '@main/lab/interpret/circuit-sufficiency'
import { circuitGraph, edgeName, edgesFrom, type CircuitGraph } from '@main/lab/interpret/components/circuit-graph'
import { circuitMetric, recordCircuit, type CircuitPlan } from '@main/lab/interpret/components/circuit-recording'
import { keptOf, selectCircuit, sizeOf } from '@main/lab/interpret/components/circuit-selection'
import { edgesBetween, nodesOf } from '@main/lab/interpret/components/circuit-units'
import { transformerSettings } from '@main/lab/interpret/components/head-weights'
import type { Network } from '@main/lab/models/network'
import { expectClose, useBackend } from '../../../fixtures/backends'
import { randomPairs } from '../../../fixtures/pairs'
import { relayCircuit, relayNetwork } from '../../../fixtures/relay-network'
import { tinyTransformer } from '../../../fixtures/transformers'

const plan: CircuitPlan = { pairs: randomPairs(4), metric: 'logit-difference', ablation: 'resample' }
const search = { units: 'nodes', seed: 1, draws: 6, searches: 2, rounds: 3, candidates: 10 } as const

function within<T>(network: Network, use: (network: Network, graph: CircuitGraph) => T): T {
  try {
    return use(network, circuitGraph(transformerSettings(network)))
  } finally {
    network.dispose()
  }
}

const named = (graph: CircuitGraph, names: readonly string[]): Uint8Array =>
  Uint8Array.from({ length: graph.edgeCount }, (_, edge) => (names.includes(edgeName(graph, edge)) ? 1 : 0))

function metricsOf(network: Network, circuits: readonly Uint8Array[]): number[] {
  const recording = recordCircuit(network, plan)
  const metrics = circuits.map((kept) => circuitMetric(recording, kept))
  recording.dispose()
  return metrics
}

/** The tiny network's twelve largest edges. */
function largest(network: Network, graph: CircuitGraph): Uint8Array {
  return selectCircuit(graph, 'connected', { scores: finish(exactEdges, network, { plan, settings: {} }).scores, count: 12 })
}

describe('completeness', () => {
  useBackend('cpu')

  test('of the whole network is without fault under every knock-out, that of a part is not', () => {
    within(tinyTransformer(), (network, graph) => {
      const of = (kept: Uint8Array) => circuitCompleteness.measure(network, { ...plan, ...search, kept })
      const whole = of(new Uint8Array(graph.edgeCount).fill(1))
      const part = of(largest(network, graph))

      expect([...whole.random, ...whole.greedy].map(incompleteness)).toEqual(new Array(8).fill(0))
      expect(new Set(whole.random.map(({ circuitMetric: metric }) => metric.toFixed(4))).size).toBeGreaterThan(2)
      expect(part.worstIncompleteness).toBeGreaterThan(0.01)
      expect(part.worstShare).toBeGreaterThan(0)
    })
  })

  test('is the difference of two runs without the same parts, whatever they are', () => {
    within(tinyTransformer(), (network, graph) => {
      const kept = largest(network, graph)
      for (const units of ['nodes', 'edges'] as const) {
        const found = circuitCompleteness.measure(network, { ...plan, ...search, units, kept })
        const edges = units === 'nodes' ? edgesFrom(graph) : Array.from({ length: graph.edgeCount }, (_, edge) => [edge])
        const less = (from: Uint8Array, { removed }: KnockOut): Uint8Array => {
          const gone = new Set(removed.flatMap((id) => edges[id]!))
          return from.map((one, edge) => (gone.has(edge) ? 0 : one))
        }
        const all = [...found.random, ...found.greedy]
        const whole = new Uint8Array(graph.edgeCount).fill(1)

        expectClose(all.map((one) => one.circuitMetric), metricsOf(network, all.map((one) => less(kept, one))), { atol: 1e-5 })
        expectClose(all.map((one) => one.wholeMetric), metricsOf(network, all.map((one) => less(whole, one))), { atol: 1e-5 })
        expect(all.flatMap(({ removed }) => removed).length).toBeGreaterThan(5)
      }
    })
  })

  test('a search of one round finds the worst single part', () => {
    within(tinyTransformer(), (network, graph) => {
      const kept = largest(network, graph)
      const one: CompletenessPlan = { ...plan, ...search, kept, units: 'edges', draws: 0, searches: 1, rounds: 1, candidates: 100 }
      const { greedy, start } = circuitCompleteness.measure(network, one)
      const edges = [...kept.keys()].filter((edge) => kept[edge])
      const singles = edges.map((edge) => {
        const less = (from: Uint8Array): Uint8Array => from.map((value, i) => (i === edge ? 0 : value))
        const [part, whole] = metricsOf(network, [less(kept), less(new Uint8Array(graph.edgeCount).fill(1))])
        return Math.abs(part! - whole!)
      })

      expect(incompleteness(greedy[0]!)).toBeCloseTo(Math.max(...singles, incompleteness(start)), 5)
    })
  })
})

describe('minimality', () => {
  useBackend('cpu')

  test('of the whole network are the exact scores of its edges and nodes', () => {
    within(tinyTransformer({ settings: { normalization: 'LN' } }), (network, graph) => {
      const kept = new Uint8Array(graph.edgeCount).fill(1)
      const edges = circuitMinimality.measure(network, { ...plan, kept, units: 'edges' })
      const nodes = circuitMinimality.measure(network, { ...plan, kept, units: 'nodes' })
      const exact = finish(exactEdges, network, { plan, settings: {} })

      expectClose(edges.changes, exact.scores, { atol: 1e-5 })
      expectClose(edges.wholeChanges, exact.scores, { atol: 1e-5 })
      expectClose(edges.examples, exact.examples!, { atol: 1e-5 })
      expectClose(nodes.changes, finish(exactNodes, network, { plan, settings: {} }).scores.slice(1), { atol: 1e-5 })
      expect(nodes.ids[0]).toBe(1)
    })
  })

  test('every edge of a chain is needed, one that carries nothing is not', () => {
    within(relayNetwork(), (network, graph) => {
      const kept = named(graph, [...relayCircuit, 'input->a1.0<k>'])
      const { ids, changes, circuitMetric: whole } = circuitMinimality.measure(network, { ...plan, kept, units: 'edges' })
      const [empty] = metricsOf(network, [new Uint8Array(graph.edgeCount)])

      expect(ids.map((edge) => edgeName(graph, edge))).toEqual(['input->a0.0<v>', 'input->a1.0<k>', 'a0.0->a1.0<v>', 'a1.0->logits'])
      expectClose(changes, [empty! - whole, 0, empty! - whole, empty! - whole], { atol: 1e-5 })
      expect(Math.abs(empty! - whole)).toBeGreaterThan(0.01)
    })
  })
})

describe('sufficiency', () => {
  useBackend('cpu')

  test('a circuit that is all there is does everything alone and leaves nothing; another’s does neither', () => {
    within(relayNetwork(), (network, graph) => {
      const kept = named(graph, relayCircuit)
      const other = named(graph, ['input->a0.0<q>', 'a0.0->a1.0<k>', 'a0.0->a1.0<v>'])
      const found = circuitSufficiency.measure(network, { ...plan, kept, other, draws: 12, seed: 2 })

      expect([found.alone, found.rest].map(({ faithfulness }) => faithfulness)).toEqual([expect.closeTo(1, 5), expect.closeTo(0, 5)])
      expect([found.withoutOther!, found.withoutOtherOnly!].map((run) => run.faithfulness)).toEqual([expect.closeTo(0, 5), expect.closeTo(1, 5)])
      expect(found.withoutRandom.some(({ faithfulness }) => faithfulness > 0.99)).toBe(true)
      expect(found.withoutRandom.length).toBe(12)
    })
  })

  test('tells each pair, and accuracy where that is the metric', () => {
    within(tinyTransformer(), (network, graph) => {
      const kept = largest(network, graph)
      const found = circuitSufficiency.measure(network, { ...plan, metric: 'accuracy', kept, draws: 0, seed: 0 })
      const [alone] = metricsOf(network, [kept])

      expect([...found.alone.metrics, ...found.whole.metrics].every((value) => value === 0 || value === 1)).toBe(true)
      expect(circuitSufficiency.measure(network, { ...plan, kept, draws: 0, seed: 0 }).alone.metric).toBeCloseTo(alone!, 5)
    })
  })
})

describe('stability', () => {
  const edgeCount = 40
  const of = (examples: Float32Array, pairCount: number, count = 10) =>
    within(tinyTransformer(), (network) => circuitStability.measure(network, { examples, pairCount, count, resamples: 200, seed: 5 }))
  useBackend('cpu')

  test('pairs that agree give one circuit; pairs of noise give little more than chance', () => {
    const rng = createRng(8)
    const row = Float32Array.from({ length: edgeCount }, () => rng.normal())
    const alike = of(Float32Array.from({ length: 8 * edgeCount }, (_, i) => row[i % edgeCount]!), 8)
    const noise = of(Float32Array.from({ length: 2 * edgeCount }, () => rng.normal()), 2)

    expect([alike.mean, alike.low, alike.high]).toEqual([expect.closeTo(1, 12), 1, 1])
    expect(alike.heldShare.filter((share) => share > 0.999).length).toBe(10)
    expect(noise.mean).toBeLessThan(0.8)
    expect(noise.chance).toBeCloseTo(10 / 70, 12)
  })

  test('the standard error over resamples is that of a mean', () => {
    const rng = createRng(9)
    const pairCount = 30
    const examples = Float32Array.from({ length: pairCount * edgeCount }, () => rng.normal())
    const { standardErrors } = of(examples, pairCount)
    const deviation = (edge: number): number => {
      const values = Array.from({ length: pairCount }, (_, pair) => examples[pair * edgeCount + edge]!)
      const mean = values.reduce((sum, value) => sum + value, 0) / pairCount
      return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pairCount)
    }

    standardErrors.forEach((error, edge) => expect(Math.abs((error * Math.sqrt(pairCount)) / deviation(edge) - 1)).toBeLessThan(0.25))
  })

  test('a hundred resamples are the fewest', () => {
    within(tinyTransformer(), (network) => {
      const few = { examples: new Float32Array(4), pairCount: 2, count: 1, resamples: 99, seed: 0 }

      expect(() => circuitStability.measure(network, few)).toThrow(/at least 100/)
    })
  })

  test('Jaccard indices are shares of what either has', () => {
    expect([jaccard(new Set([1, 2, 3]), new Set([2, 3, 4])), jaccard(new Set(), new Set()), jaccard(new Set([1]), new Set())]).toEqual([0.5, 1, 0])
    expect(meanJaccard([[1, 1, 0], [1, 0, 0], [1, 1, 0]].map((kept) => Uint8Array.from(kept)))).toBeCloseTo((0.5 + 1 + 0.5) / 3, 12)
  })
})

describe('two circuits', () => {
  useBackend('cpu')

  test('are compared by edges, nodes and heads on a way, and a circuit with itself has all in common', () => {
    within(tinyTransformer(), (network, graph) => {
      const one = named(graph, ['input->a0.0<v>', 'a0.0->logits', 'input->m0', 'm0->logits', 'a1.1->logits'])
      const other = named(graph, ['input->a0.0<v>', 'a0.0->logits', 'input->a0.1<q>', 'a0.1->m1', 'm1->logits'])
      const { edges, nodes, heads } = circuitComparison.measure(network, { one, other })
      const [nodeNames, edgeNames] = [(ids: readonly number[]) => ids.map((id) => graph.writers[id]!.name), (ids: readonly number[]) => ids.map((id) => edgeName(graph, id))]

      expect(edgeNames(edges.shared)).toEqual(['input->a0.0<v>', 'a0.0->logits'])
      expect(edgeNames(edges.lost)).toEqual(['input->m0', 'm0->logits'])
      expect([edges.jaccard, edges.reuse]).toEqual([expect.closeTo(2 / 7, 12), 0.5])
      expect([nodes.shared, nodes.lost, nodes.gained].map(nodeNames)).toEqual([['input', 'a0.0'], ['m0'], ['a0.1', 'm1']])
      expect([heads.shared, heads.lost, heads.gained].map(nodeNames)).toEqual([['a0.0'], [], ['a0.1']])
      expect([heads.jaccard, heads.reuse]).toEqual([0.5, 1])
      expect(compareCircuits(graph, one, one).edges).toMatchObject({ jaccard: 1, reuse: 1, lost: [], gained: [] })
    })
  })

  test('the chance of random ones is near what random ones reach', () => {
    within(tinyTransformer({ settings: { n_layers: 3 } }), (_, graph) => {
      const rng = createRng(3)
      const drawn = (): Uint8Array => keptOf(rng.permutation(graph.edgeCount).subarray(0, 70), graph.edgeCount)
      const found = Array.from({ length: 40 }, () => compareCircuits(graph, drawn(), drawn()).edges)
      const mean = (of: (one: (typeof found)[number]) => number): number => found.reduce((sum, one) => sum + of(one) / found.length, 0)

      expect(mean(({ jaccard: index }) => index)).toBeCloseTo(mean(({ chance }) => chance), 1)
    })
  })

  test('edges between nodes are those that both ends of are kept', () => {
    within(tinyTransformer({ settings: { n_layers: 1 } }), (_, graph) => {
      const kept = edgesBetween(graph, graph.writers.map(({ name }) => (['input', 'a0.1'].includes(name) ? 1 : 0)))
      const names = Array.from(kept.keys()).filter((edge) => kept[edge]).map((edge) => edgeName(graph, edge))

      expect(names).toEqual(['input->a0.1<q>', 'input->a0.1<k>', 'input->a0.1<v>', 'input->logits', 'a0.1->logits'])
      expect(sizeOf(nodesOf(graph, kept))).toBe(2)
    })
  })
})
