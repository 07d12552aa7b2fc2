/** Searches for circuits: against circuits known by construction, enumeration, and the same rule done plainly. */
import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { defaultsOf, type Fields, type SettingValues } from '@main/base/settings'
import { scoped, tf } from '@main/engine/tf'
import { circuitMethods } from '@main/lab/interpret/circuit-methods'
import acdc from '@main/lab/interpret/circuit-methods/acdc'
import { finish, type CircuitFinding, type CircuitMethod } from '@main/lab/interpret/circuit-methods/circuit-method'
import exactEdges from '@main/lab/interpret/circuit-methods/exact-edges'
import exhaustive from '@main/lab/interpret/circuit-methods/exhaustive'
import maskLearning from '@main/lab/interpret/circuit-methods/mask-learning'
import { circuitGraph, connected, edgeName, type CircuitGraph } from '@main/lab/interpret/components/circuit-graph'
import { circuitMetric, recordCircuit, type CircuitPlan, type CircuitRecording } from '@main/lab/interpret/components/circuit-recording'
import { keptOf, selectCircuit, sizeOf } from '@main/lab/interpret/components/circuit-selection'
import { transformerSettings } from '@main/lab/interpret/components/head-weights'
import type { Network } from '@main/lab/models/network'
import { expectClose, useBackend, valuesOf } from '../../../fixtures/backends'
import { randomPairs } from '../../../fixtures/pairs'
import { relayCircuit, relayNetwork } from '../../../fixtures/relay-network'
import { tinyTransformer, type TinyTransformer } from '../../../fixtures/transformers'

const pairs = randomPairs(4)
const plan: CircuitPlan = { pairs, metric: 'logit-difference', ablation: 'resample' }

function within<T>(network: Network, use: (network: Network, graph: CircuitGraph) => T): T {
  try {
    return use(network, circuitGraph(transformerSettings(network)))
  } finally {
    network.dispose()
  }
}
const tiny = (of: TinyTransformer = {}): Network => tinyTransformer(of)

function found<F extends Fields>(method: CircuitMethod<F>, network: Network, settings: SettingValues = {}, change: Partial<CircuitPlan> = {}): CircuitFinding {
  return finish(method, network, { plan: { ...plan, ...change }, settings: { ...defaultsOf(method.fields), ...settings } as never }) // of its fields
}

function withRecording<T>(network: Network, change: Partial<CircuitPlan>, use: (recording: CircuitRecording) => T): T {
  const recording = recordCircuit(network, { ...plan, ...change })
  try {
    return use(recording)
  } finally {
    recording.dispose()
  }
}

const namesOf = (graph: CircuitGraph, kept: ArrayLike<number>): string[] =>
  Array.from(kept).flatMap((one, edge) => (one ? [edgeName(graph, edge)] : []))

describe('a circuit known by construction', () => {
  useBackend('cpu')

  test.each<[string, SettingValues]>([
    ['exhaustive', { tolerance: 0.01 }],
    ['acdc', {}],
    ['mask-learning', {}],
    ['greedy', { share: 0.25 }],
    ['greedy', { share: 0.25, by: 'exact-edges' }],
  ])('is what %s finds of two layers: %j', (id, settings) => {
    within(relayNetwork(), (network, graph) => {
      expect(namesOf(graph, found(circuitMethods.require(id), network, settings).kept!)).toEqual(relayCircuit)
    })
  })

  test('is where exact scores are not zero', () => {
    within(relayNetwork(), (network, graph) => {
      const { scores } = found(exactEdges, network)

      expect(namesOf(graph, scores.map((score) => (Math.abs(score) > 1e-6 ? 1 : 0)))).toEqual(relayCircuit)
    })
  })
})

describe('ACDC', () => {
  useBackend('cpu')

  test.each([plan.metric, 'kl-divergence' as const])('keeps everything at threshold zero and nothing above every change: %s', (metric) => {
    within(tiny(), (network, graph) => {
      expect(sizeOf(found(acdc, network, { threshold: 0 }, { metric }).kept!)).toBe(graph.edgeCount)
      expect(sizeOf(found(acdc, network, { threshold: 1e6 }, { metric }).kept!)).toBe(0)
    })
  })

  test.each([
    { threshold: 0.02, absolute: true, metric: 'logit-difference' },
    { threshold: 0.05, absolute: false, metric: 'logit-difference' },
    { threshold: 0.01, absolute: false, metric: 'kl-divergence' },
  ] as const)('finds what trying one edge after the other finds: %j', ({ metric, ...settings }) => {
    within(tiny({ settings: { normalization: 'LN' } }), (network, graph) => {
      const { kept, scores } = found(acdc, network, settings, { metric })
      const plain = withRecording(network, { metric }, (recording) => {
        const left = new Uint8Array(graph.edgeCount).fill(1)
        let now = recording.cleanMetric
        for (const { firstEdge, writerCount } of [...graph.readers].reverse()) {
          for (let edge = firstEdge + writerCount - 1; edge >= firstEdge; edge--) {
            left[edge] = 0
            const then = circuitMetric(recording, left)
            const change = then - now
            const damage = settings.absolute ? Math.abs(change) : metric === 'kl-divergence' ? change : -change
            if (damage >= settings.threshold) left[edge] = 1
            else now = then
          }
        }
        return left
      })
      const end = withRecording(network, { metric }, (recording) => circuitMetric(recording, kept!) - recording.cleanMetric)

      expect(namesOf(graph, kept!)).toEqual(namesOf(graph, plain))
      expect([sizeOf(kept!) > 0, sizeOf(kept!) < graph.edgeCount]).toEqual([true, true])
      expect(scores.reduce((sum, score, edge) => sum + (kept![edge] ? 0 : score), 0)).toBeCloseTo(end, 4)
    })
  })
})

describe('exhaustive search', () => {
  useBackend('cpu')
  const small: TinyTransformer = { settings: { n_layers: 1, n_heads: 1, normalization: 'LN' } }

  test('finds no smaller circuit that does as well, and scores are mean changes over all sets', () => {
    within(tiny(small), (network, graph) => {
      const { kept, scores } = found(exhaustive, network, { tolerance: 0.2 })
      const sets = Array.from({ length: 2 ** graph.edgeCount }, (_, set) => Uint8Array.from({ length: graph.edgeCount }, (_, i) => (set >> i) & 1))
      const metrics = withRecording(network, {}, (recording) => sets.map((set) => circuitMetric(recording, set)))
      const far = (metric: number): number => Math.abs(metric - metrics.at(-1)!) / Math.abs(metrics[0]! - metrics.at(-1)!)
      const smallest = Math.min(...sets.filter((_, i) => far(metrics[i]!) <= 0.2).map(sizeOf))
      const changes = scores.map((_, edge) => sets.reduce((sum, set, i) => sum + (set[edge] ? -metrics[i]! : metrics[i]!), 0) / (sets.length / 2))

      expect(graph.edgeCount).toBe(8)
      expect(sizeOf(kept!)).toBe(smallest)
      expect(smallest).toBeLessThan(8)
      expect(far(metrics[sets.findIndex((set) => set.join() === kept!.join())]!)).toBeLessThanOrEqual(0.2)
      expectClose(scores, changes, { atol: 1e-5 })
    })
  })

  test('is refused beyond sixteen edges, in numbers', () => {
    within(tiny(), (network) => expect(exhaustive.unsuitable(network)).toMatch(/46 edges.*16/))
    within(tiny(small), (network) => {
      expect(exhaustive.unsuitable(network, plan)).toBeUndefined()
      expect(exhaustive.unsuitable(network, { ...plan, byPosition: true })).toMatch(/40 edges/)
    })
  })
})

describe('mask learning', () => {
  useBackend('cpu')

  test('differentiates through the edge runner: slopes by shares are those of small differences', () => {
    within(tiny({ settings: { normalization: 'LN', activation: 'gelu' } }), (network, graph) => {
      withRecording(network, {}, (recording) => {
        const rng = createRng(3)
        const shares = Float32Array.from({ length: graph.edgeCount }, () => rng.uniform())
        const metricAt = (values: Float32Array): number =>
          scoped(() => valuesOf(recording.metricUnder(tf.tensor1d(values))).reduce((sum, one) => sum + one, 0))
        const slopes = scoped(() => valuesOf(tf.grad((x) => recording.metricUnder(x).sum())(tf.tensor1d(shares))))
        const edges = [0, 5, 11, 14, 25, 38, 45]
        const differences = edges.map((edge) => {
          const [above, below] = [1, -1].map((sign) => metricAt(shares.map((share, i) => share + (i === edge ? sign * 0.01 : 0))))
          return (above! - below!) / 0.02
        })

        expectClose(edges.map((edge) => slopes[edge]!), differences, { atol: 2e-3 })
        expect(Math.max(...differences.map(Math.abs))).toBeGreaterThan(0.05)
      })
    })
  })

  test('a larger penalty leaves fewer edges, another seed other noise', () => {
    within(tiny(), (network) => {
      const sizes = [0, 0.3, 1e4].map((penalty) => sizeOf(found(maskLearning, network, { penalty }).kept!))
      const [one, other] = [0, 1].map((seed) => found(maskLearning, network, { seed, steps: 5 }).scores)

      expect(sizes[0]).toBeGreaterThan(sizes[1]!)
      expect(sizes[1]).toBeGreaterThan(sizes[2]!)
      expect(sizes[2]).toBe(0)
      expect([...one!]).not.toEqual([...other!])
    })
  })
})

describe('circuits by size', () => {
  const graphOf = (n_layers: number, n_heads: number): CircuitGraph => within(tiny({ settings: { n_layers, n_heads } }), (_, graph) => graph)
  useBackend('cpu')

  const drawn = (count: number, seed: number): number[] => {
    const rng = createRng(seed)
    return Array.from({ length: count }, () => rng.normal())
  }

  test.each([1, 2, 3])('connected ones are the connected part of as many of the largest as fit: seed %i', (seed) => {
    const of = graphOf(2, 2)
    const scores = drawn(of.edgeCount, seed)
    const kept = selectCircuit(of, 'connected', { scores, count: 12 })
    const order = [...scores.keys()].sort((i, j) => Math.abs(scores[j]!) - Math.abs(scores[i]!))
    const tops = order.map((_, i) => connected(of, keptOf(order.slice(0, i + 1), of.edgeCount)))

    expect([...kept]).toEqual([...tops.findLast((top) => sizeOf(top) <= 12)!])
    expect([...connected(of, kept)]).toEqual([...kept])
    expect(sizeOf(kept)).toBeGreaterThan(3)
  })

  test.each([1, 2, 3])('greedy ones take the largest edge into what is reached, one by one: seed %i', (seed) => {
    const of = graphOf(2, 2)
    const scores = drawn(of.edgeCount, seed)
    const reached = new Set(['logits'])
    const taken: number[] = []
    for (let i = 0; i < 15; i++) {
      const into = [...scores.keys()].filter((edge) => !taken.includes(edge) && reached.has(edgeName(of, edge).split('->')[1]!.replace(/<.>/, '')))
      const edge = into.sort((one, other) => Math.abs(scores[other]!) - Math.abs(scores[one]!))[0]!
      taken.push(edge)
      reached.add(edgeName(of, edge).split('->')[0]!)
    }

    expect([...selectCircuit(of, 'greedy', { scores, count: 15 })]).toEqual([...connected(of, keptOf(taken, of.edgeCount))])
  })

  test('the largest are taken by magnitude and never where the score is zero', () => {
    const of = graphOf(1, 1)

    expect(namesOf(of, selectCircuit(of, 'largest', { scores: [0, 0, 0, 0, 2, 0, -3, 0.1], count: 2 }))).toEqual(['a0.0->m0', 'a0.0->logits'])
    expect(sizeOf(selectCircuit(of, 'largest', { scores: [0, 0, 0, 0, 2, 0, -3, 0.1], count: 8 }))).toBe(3)
  })
})
