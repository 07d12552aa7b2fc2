import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { defaultsOf, type SettingValues } from '@main/base/settings'
import { tf, scoped } from '@main/engine/tf'
import eap from '@main/lab/interpret/circuit-methods/eap'
import eapIg from '@main/lab/interpret/circuit-methods/eap-ig'
import exactEdges from '@main/lab/interpret/circuit-methods/exact-edges'
import { finish } from '@main/lab/interpret/circuit-methods/circuit-method'
import { connected, edgeAt, edgeName } from '@main/lab/interpret/components/circuit-graph'
import { meanOf, recordCircuit, type CircuitPlan } from '@main/lab/interpret/components/circuit-recording'
import { edgeAblations, type EdgeAblation } from '@main/lab/interpret/components/edge-runner'
import type { Pairs } from '@main/lab/interpret/components/pairs'
import { graphOf } from '@main/lab/interpret/components/perceptron-graph'
import mlp from '@main/lab/models/mlp'
import mlpStack from '@main/lab/models/mlp-stack'
import type { Model } from '@main/lab/models/model'
import { createNetwork, type Network } from '@main/lab/models/network'
import { expectClose, onEachBackend } from '../../../fixtures/backends'

interface Tiny {
  readonly model: Model
  readonly settings: SettingValues
}

const dims = { n_ctx: 2, d_vocab: 3, d_vocab_out: 2 }

function within<T>({ model, settings }: Tiny, use: (network: Network) => T): T {
  const complete = { ...defaultsOf(model.fields), ...settings }
  const { params, buffers } = model.init(complete as never, dims, createRng(3)) // every key is a field's
  // Biases, norms and their statistics start at values that would hide a mistake.
  const shifted = Object.entries({ ...params, ...buffers }).map(([name, array]) => {
    const draws = createRng(5).fork(name)
    return [name, { ...array, data: array.data.map((value) => value + 0.3 * draws.uniform()) }] as const
  })
  const network = createNetwork(model, complete, dims, Object.fromEntries(shifted))
  try {
    return use(network)
  } finally {
    network.dispose()
  }
}

const pairs: Pairs = {
  count: 4,
  length: 2,
  clean: Int32Array.of(0, 1, 2, 1, 1, 0, 2, 2),
  corrupted: Int32Array.of(2, 0, 1, 2, 2, 1, 0, 1),
  answerPos: Int32Array.of(1, 1, 1, 1),
  answers: [[0], [1], [1], [0]],
  wrong: [[1], [0], [0], [1]],
}
const plan: CircuitPlan = { pairs, metric: 'logit-difference', ablation: 'resample' }

const variants: readonly (readonly [string, Tiny])[] = [
  ['a quadratic perceptron', { model: mlp, settings: { d_mlp: 3 } }],
  ['a perceptron with biases and BatchNorm', { model: mlp, settings: { d_mlp: 3, activation: 'relu', biases: true, batchNorm: true } }],
  ['a stack of two layers', { model: mlpStack, settings: { d_mlp: 3, n_layers: 2, inputScale: 0.5 } }],
  ['a smooth stack of three layers', { model: mlpStack, settings: { d_mlp: 2, n_layers: 3, activation: 'gelu' } }],
]

test('optimal constants are refused for a perceptron by name', () => {
  const refused = within({ model: mlp, settings: { d_mlp: 3 } }, (network) => exactEdges.unsuitable(network, { ...plan, ablation: 'optimal' }))

  expect(refused).toContain('optimal constants are learned for transformers')
})

describe('the graph of a perceptron', () => {
  test('of one layer has an edge from each input to each neuron and from each neuron to each output', () => {
    const names = within({ model: mlp, settings: { d_mlp: 3 } }, (network) => {
      const graph = graphOf(network)
      return Array.from({ length: graph.edgeCount }, (_, edge) => edgeName(graph, edge))
    })

    const into = [0, 1, 2].flatMap((neuron) => [`x0->h0.${neuron}`, `x1->h0.${neuron}`])
    const out = [0, 1].flatMap((output) => [0, 1, 2].map((neuron) => `h0.${neuron}->y${output}`))
    expect(names).toEqual([...into, ...out])
  })

  test('of two layers keeps of a set what lies on a way from an input to an output', () => {
    within({ model: mlpStack, settings: { d_mlp: 2, n_layers: 2 } }, (network) => {
      const graph = graphOf(network)
      const wanted = ['x1->h0.0', 'x0->h0.1', 'h0.0->h1.1', 'h1.1->y0', 'h1.0->y1']
      const edges = Array.from({ length: graph.edgeCount }, (_, edge) => edge)

      const left = connected(graph, Uint8Array.from(edges, (edge) => (wanted.includes(edgeName(graph, edge)) ? 1 : 0)))

      expect(graph.edgeCount).toBe(12)
      expect(edges.filter((edge) => left[edge]).map((edge) => edgeName(graph, edge))).toEqual(['x1->h0.0', 'h0.0->h1.1', 'h1.1->y0'])
    })
  })
})

onEachBackend(() => {
  describe.each(variants)('%s', (_name, tiny) => {
    test('with no edge ablated answers as the clean run, with every edge as the corrupted one', () => {
      within(tiny, (network) => {
        const recording = recordCircuit(network, plan)
        const { edgeCount } = recording.graph
        const [whole, none] = [1, 0].map((kept) => [...recording.metricsOf([new Uint8Array(edgeCount).fill(kept)])])
        recording.dispose()
        const differencesOf = (tokens: Int32Array): number[] => {
          const logits = scoped(() => network.run(tokens).dataSync())
          return pairs.answers.map((answer, pair) => logits[2 * pair + answer[0]!]! - logits[2 * pair + pairs.wrong[pair]![0]!]!)
        }

        expectClose(whole!, differencesOf(pairs.clean), { atol: 1e-5 })
        expectClose(none!, differencesOf(pairs.corrupted), { atol: 1e-5 })
        expect(Math.max(...whole!.map((value, i) => Math.abs(value - none![i]!)))).toBeGreaterThan(0.01)
      })
    })

    test.each(edgeAblations.filter((ablation) => ablation !== 'optimal'))('ablated edge by edge, and in sets drawn at random, does what brute force does: %s', (ablation) => {
      within(tiny, (network) => {
        const graph = graphOf(network)
        const truth = bruteForce(network, ablation)
        const { scores } = finish(exactEdges, network, { plan: { ...plan, ablation }, settings: {} })
        const whole = new Uint8Array(graph.edgeCount).fill(1)
        const alone = Array.from(whole, (_, edge) => meanOf(truth(whole.with(edge, 0))) - meanOf(truth(whole)))
        const rng = createRng(9)
        const sets = Array.from({ length: 7 }, () => whole.map(() => rng.below(2)))
        const recording = recordCircuit(network, { ...plan, ablation })
        const metrics = recording.metricsOf(sets)
        recording.dispose()

        expectClose(scores, alone, { atol: 2e-5, rtol: 1e-4 })
        expectClose(metrics, sets.flatMap((kept) => truth(kept)), { atol: 2e-5, rtol: 1e-4 })
        expect(Math.max(...alone.map(Math.abs))).toBeGreaterThan(0.01)
      })
    })

    test('attribution is the gradient by the share of each edge ablated, and exact into the outputs', () => {
      within(tiny, (network) => {
        const recording = recordCircuit(network, plan)
        const { graph } = recording
        const gradient = scoped(() => [...tf.grad((shares) => recording.metricUnder(shares).mean())(tf.zeros([graph.edgeCount])).dataSync()])
        recording.dispose()
        const estimate = finish(eap, network, { plan, settings: {} }).scores
        const exact = finish(exactEdges, network, { plan, settings: {} }).scores
        const { firstEdge } = graph.readers.find(({ name }) => name === 'y0')!

        expectClose(estimate, gradient, { atol: 1e-5, rtol: 1e-4 })
        expectClose(estimate.slice(firstEdge), exact.slice(firstEdge), { atol: 1e-5, rtol: 1e-4 })
        expect([...estimate.slice(0, firstEdge)]).not.toEqual([...exact.slice(0, firstEdge)])
      })
    })

    test('integrated gradients of all edges out of the inputs add up to what exchanging the inputs does', () => {
      within(tiny, (network) => {
        const { scores } = finish(eapIg, network, { plan, settings: { steps: 400 } })
        const graph = graphOf(network)
        const ofInputs = Array.from(scores.keys()).filter((edge) => edgeAt(graph, edge).from.layer < 0)
        const truth = bruteForce(network, 'resample')
        const change = meanOf(truth(new Uint8Array(graph.edgeCount))) - meanOf(truth(new Uint8Array(graph.edgeCount).fill(1)))

        // The sum at 400 points errs by half a step of what the gradient changes.
        expect(Math.abs(ofInputs.reduce((sum, edge) => sum + scores[edge]!, 0) - change)).toBeLessThan(0.02 * Math.max(1, Math.abs(change)))
      })
    })
  })
})

/** The metric of each pair with any edges ablated, in plain numbers, edge by edge. */
function bruteForce(network: Network, ablation: EdgeAblation): (kept: Uint8Array) => number[] {
  const graph = graphOf(network)
  const layers = Math.max(...graph.readers.map(({ layer }) => layer)) + 1
  const isOneHot = network.model.id === 'mlp'
  const settings = network.settings as Readonly<Record<string, number | string | boolean>>
  const value = (name: string, ...at: readonly number[]): number => {
    const { data, shape } = network.arrays[name]!
    return data[at.reduce((sum, i, axis) => sum * shape[axis]! + i, 0)]!
  }
  const bias = (layer: number, neuron: number): number => {
    if (settings['biases'] !== true) return 0
    return isOneHot ? value(layer === 0 ? 'b_in' : 'b_out', neuron) : value(`layers.${layer}.b`, neuron)
  }
  /** What a writer's value adds to a reader. */
  const carried = (layer: number, writer: number, written: number, reader: number): number => {
    if (isOneHot && layer === 0) return value('W_in', writer, written, reader)
    return written * (isOneHot ? value('W_out', writer, reader) : value(`layers.${layer}.W`, writer, reader))
  }
  const after = (x: number, neuron: number): number => {
    const activated = { quadratic: x * x, relu: Math.max(0, x), gelu: x * normalBelow(x) }[settings['activation'] as string]!
    if (settings['batchNorm'] !== true) return activated
    const scale = value('gamma', neuron) / Math.sqrt(value('running_var', neuron) + 1e-5)
    return (activated - value('running_mean', neuron)) * scale + value('beta', neuron)
  }
  type Written = readonly (readonly number[])[]
  const inputs = (tokens: Int32Array, pair: number): number[] =>
    [...tokens.subarray(2 * pair, 2 * pair + 2)].map((token) => (isOneHot ? token : token * (settings['inputScale'] as number)))
  /** Layer by layer what is written, the last one the logits; `instead` says what an ablated edge adds. */
  const run = (tokens: Int32Array, pair: number, kept: Uint8Array, instead: (layer: number, writer: number, reader: number) => number): Written => {
    const written: number[][] = [inputs(tokens, pair)]
    for (let layer = 0; layer < layers; layer++) {
      const readers = graph.readers.filter((reader) => reader.layer === layer)
      written.push(readers.map(({ firstEdge, writerCount }, neuron) => {
        let sum = bias(layer, neuron)
        for (let i = 0; i < writerCount; i++) {
          sum += kept[firstEdge + i] ? carried(layer, i, written[layer]![i]!, neuron) : instead(layer, i, neuron)
        }
        return layer === layers - 1 ? sum : after(sum, neuron)
      }))
    }
    return written
  }
  const whole = new Uint8Array(graph.edgeCount).fill(1)
  const corrupted = pairs.answers.map((_, pair) => run(pairs.corrupted, pair, whole, () => 0))
  const substitute = (pair: number) => (layer: number, writer: number, reader: number): number => {
    if (ablation === 'zero') return 0
    if (ablation === 'resample') return carried(layer, writer, corrupted[pair]![layer]![writer]!, reader)
    return meanOf(corrupted.map((written) => carried(layer, writer, written[layer]![writer]!, reader)))
  }
  return (kept) => pairs.answers.map((answer, pair) => {
    const logits = run(pairs.clean, pair, kept, substitute(pair)).at(-1)!
    return logits[answer[0]!]! - logits[pairs.wrong[pair]![0]!]!
  })
}

/** The normal distribution function by its series, to 1e-12 where it is used. */
function normalBelow(x: number): number {
  let term = x
  let sum = x
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / (2 * n)
    sum += term / (2 * n + 1)
  }
  return 0.5 + sum / Math.sqrt(2 * Math.PI)
}
