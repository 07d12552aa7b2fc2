/** What each circuit method's definition says, by a second way to the same number. */
import { describe, expect, test } from 'vitest'
import { defaultsOf, type Fields, type SettingValues } from '@main/base/settings'
import { scoped } from '@main/engine/tf'
import { finish, type CircuitFinding, type CircuitMethod } from '@main/lab/interpret/circuit-methods/circuit-method'
import eap from '@main/lab/interpret/circuit-methods/eap'
import eapCleanCorrupted from '@main/lab/interpret/circuit-methods/eap-clean-corrupted'
import eapIgActivations from '@main/lab/interpret/circuit-methods/eap-ig-activations'
import exactNodes from '@main/lab/interpret/circuit-methods/exact-nodes'
import informationFlow from '@main/lab/interpret/circuit-methods/information-flow'
import nodeAttribution from '@main/lab/interpret/circuit-methods/node-attribution'
import weightMagnitude from '@main/lab/interpret/circuit-methods/weight-magnitude'
import { circuitGraph, edgeName, edgesFrom, type CircuitGraph } from '@main/lab/interpret/components/circuit-graph'
import { meanOf, recordCircuit, type CircuitPlan } from '@main/lab/interpret/components/circuit-recording'
import { recordWrites } from '@main/lab/interpret/components/edge-runner'
import { transformerSettings } from '@main/lab/interpret/components/head-weights'
import { sequencesOf, wholeOf } from '@main/lab/interpret/components/pairs'
import { patchSites } from '@main/lab/interpret/components/patched-sites'
import type { Site } from '@main/lab/models/intervention'
import type { Network } from '@main/lab/models/network'
import { expectClose, useBackend, valuesOf } from '../../../fixtures/backends'
import { randomPairs } from '../../../fixtures/pairs'
import { tinyTransformer, type TinyTransformer } from '../../../fixtures/transformers'

const pairs = randomPairs(3)
const plan: CircuitPlan = { pairs, metric: 'logit-difference', ablation: 'resample' }
const withNorm: TinyTransformer = { settings: { normalization: 'LN', biases: true, activation: 'gelu' } }

function within<T>(tiny: TinyTransformer, use: (network: Network, graph: CircuitGraph) => T): T {
  const network = tinyTransformer(tiny)
  try {
    return use(network, circuitGraph(transformerSettings(network)))
  } finally {
    network.dispose()
  }
}

function found<F extends Fields>(method: CircuitMethod<F>, network: Network, settings: SettingValues = {}, change: Partial<CircuitPlan> = {}): CircuitFinding {
  return finish(method, network, { plan: { ...plan, ...change }, settings: { ...defaultsOf(method.fields), ...settings } as never }) // of its fields
}

describe('by gradients', () => {
  useBackend('cpu')

  test('integrated over activations, the edges of a stage sum to the effect of ablating the stage', () => {
    within(withNorm, (network, graph) => {
      const { scores } = found(eapIgActivations, network, { steps: 60 })
      const from = edgesFrom(graph)
      const recording = recordCircuit(network, plan)
      const sums = recording.stages.map(({ firstWriter, count }) => {
        return from.slice(firstWriter, firstWriter + count).flat().reduce((sum, edge) => sum + scores[edge]!, 0)
      })
      const measured = recording.stages.map(({ firstWriter, count }) => {
        const kept = new Uint8Array(graph.edgeCount).fill(1)
        for (const edge of from.slice(firstWriter, firstWriter + count).flat()) kept[edge] = 0
        return meanOf(recording.metricsOf([kept])) - recording.cleanMetric
      })
      recording.dispose()

      expectClose(sums, measured, { atol: 1e-2 })
      expect(Math.max(...measured.map(Math.abs))).toBeGreaterThan(0.1)
      expect(Math.abs(sums[0]! - measured[1]!)).toBeGreaterThan(0.02)
    })
  })

  test('clean and corrupted gradients are those of the pairs and of the pairs turned round', () => {
    within(withNorm, (network) => {
      const forth = found(eap, network).scores
      const back = found(eap, network, {}, { pairs: { ...pairs, clean: pairs.corrupted, corrupted: pairs.clean } }).scores
      const { scores } = found(eapCleanCorrupted, network)

      expectClose(scores, forth.map((score, edge) => (score - back[edge]!) / 2), { atol: 1e-5 })
      expect([...scores]).not.toEqual([...forth])
    })
  })

  test('attribution of the last MLP is its exact effect where nothing but the logits reads it, without a norm', () => {
    within({}, (network, graph) => {
      const last = graph.writers.findIndex(({ name }) => name === 'm1')
      const [estimate, exact] = [found(nodeAttribution, network, { steps: 2 }).scores, found(exactNodes, network).scores]

      expect(estimate[last]).toBeCloseTo(exact[last]!, 5)
      expect(Math.abs(estimate[0]! - exact[0]!)).toBeGreaterThan(1e-3)
    })
  })
})

describe('by patching', () => {
  useBackend('cpu')

  test('the effect of a node is that of putting the corrupted run’s activation at its site', () => {
    within(withNorm, (network, graph) => {
      const { scores, examples } = found(exactNodes, network)
      const siteOf = ({ layer, head }: CircuitGraph['writers'][number]): Site => {
        if (layer < 0) return { hook: 'blocks.0.hook_resid_pre' }
        return head === undefined ? { hook: `blocks.${layer}.hook_mlp_out` } : { hook: `blocks.${layer}.attn.hook_z`, head }
      }
      const effects = graph.writers.map((writer) => {
        const { patched, baselines } = patchSites(network, { pairs, sites: [siteOf(writer)], direction: 'noise', metric: plan.metric })
        return patched.map((value, pair) => value - baselines.clean[pair]!)
      })

      expectClose(scores, effects.map(meanOf), { atol: 1e-5 })
      expectClose(examples!, [0, 1, 2].flatMap((pair) => effects.map((effect) => effect[pair]!)), { atol: 1e-5 })
      expect(Math.max(...scores.map(Math.abs))).toBeGreaterThan(0.1)
    })
  })
})

describe('by the clean run and the weights', () => {
  useBackend('cpu')

  test('information flow is the share of proximities in the sum that the logits read at the answer', () => {
    within(withNorm, (network, graph) => {
      const { scores, examples } = found(informationFlow, network)
      const [writes, d_model] = scoped(() => {
        const all = recordWrites(network, graph, sequencesOf(pairs, 'clean', wholeOf(pairs)))
        const values = valuesOf(all)
        all.dispose()
        return [values, 8]
      })
      const { firstEdge, writerCount } = graph.readers.at(-1)!
      const shares = [0, 1, 2].map((pair) => {
        const rows = Array.from({ length: writerCount }, (_, writer) => {
          const start = ((writer * pairs.count + pair) * pairs.length + pairs.answerPos[pair]!) * d_model
          return writes.slice(start, start + d_model)
        })
        const sum = rows[0]!.map((_, i) => rows.reduce((total, row) => total + row[i]!, 0))
        const norm = (values: readonly number[]): number => values.reduce((total, value) => total + Math.abs(value), 0)
        const near = rows.map((row) => Math.max(0, norm(sum) - norm(sum.map((value, i) => value - row[i]!))))
        return near.map((one) => one / near.reduce((total, other) => total + other, 0))
      })

      shares.forEach((wanted, pair) => {
        expectClose(examples!.slice(pair * graph.edgeCount + firstEdge, (pair + 1) * graph.edgeCount), wanted, { atol: 1e-5 })
      })
      for (const reader of graph.readers) {
        const part = scores.slice(reader.firstEdge, reader.firstEdge + reader.writerCount)
        expect(part.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 5)
      }
    })
  })

  test('the magnitude of an edge is the norm of the product of the two matrices', () => {
    within({}, (network, graph) => {
      const { scores } = found(weightMagnitude, network)
      const named = (name: string): number => scores[Array.from(scores.keys()).find((edge) => edgeName(graph, edge) === name)!]!
      const rows = (name: string, width: number, part = 0, height = Infinity): number[][] => {
        const { data } = network.arrays[name]!
        const count = Math.min(height, data.length / width)
        return Array.from({ length: count }, (_, i) => [...data.slice((part * count + i) * width, (part * count + i + 1) * width)])
      }
      const norm = (left: number[][], right: number[][]): number =>
        Math.hypot(...left.flatMap((row) => right[0]!.map((_, j) => row.reduce((sum, x, i) => sum + x * right[i]![j]!, 0))))

      const W_O = rows('blocks.0.attn.W_O', 8, 1, 4)
      expect(named('a0.1->m1')).toBeCloseTo(norm(W_O, rows('blocks.1.mlp.W_in', 16)), 4)
      expect(named('a0.1->a1.0<k>')).toBeCloseTo(norm(W_O, rows('blocks.1.attn.W_K', 4, 0, 8)), 4)
      expect(named('m0->logits')).toBeCloseTo(norm(rows('blocks.0.mlp.W_out', 8), rows('W_U', 7)), 4)
      expect(named('input->a0.0<q>')).toBeCloseTo(norm([...rows('W_E', 8), ...rows('W_pos', 8)], rows('blocks.0.attn.W_Q', 4, 0, 8)), 4)
    })
  })
})
