/**
 * Perceptrons written by hand, whose circuit is known: the edges whose weight is not zero. Inputs are bits, taken as
 * amounts; the last input and the last neuron of each layer are not used. Output 0 is a bias, output 1 the gate's value.
 */
import { describe, expect, test } from 'vitest'
import { namedArray } from '@main/base/array'
import { createRng } from '@main/base/rng'
import { defaultsOf } from '@main/base/settings'
import { scoped } from '@main/engine/tf'
import { circuitMethods } from '@main/lab/interpret/circuit-methods'
import { finish } from '@main/lab/interpret/circuit-methods/circuit-method'
import { edgeAt, edgeName, type CircuitGraph } from '@main/lab/interpret/components/circuit-graph'
import { circuitMetric, recordCircuit } from '@main/lab/interpret/components/circuit-recording'
import type { Pairs } from '@main/lab/interpret/components/pairs'
import { graphOf } from '@main/lab/interpret/components/perceptron-graph'
import { areaUnderRoc } from '@main/lab/interpret/components/roc'
import { createNetwork, type Network } from '@main/lab/models/network'
import mlpStack from '@main/lab/models/mlp-stack'
import { everywhere, useBackend } from '../../../fixtures/backends'

/** Weights of one neuron on the layer before, in its order, and its bias. */
type Neuron = readonly [weights: readonly number[], bias: number]

interface Gate {
  readonly bits: number
  readonly of: (...bits: readonly number[]) => number
  /** Hidden layers, then what output 1 reads of the last. */
  readonly layers: readonly (readonly Neuron[])[]
  readonly out: readonly number[]
  /** Neurons of which any one is enough where the first bit is set. */
  readonly either?: readonly string[]
  /** An ablated edge overshoots on some inputs as much as it hurts on others: exchanged x in x + y - 2 relu(x + y - 1). */
  readonly cancels?: boolean
}

const gates: Readonly<Record<string, Gate>> = {
  and: { bits: 2, of: (x, y) => x! & y!, layers: [[[[1, 1], -1]]], out: [1] },
  or: { bits: 2, of: (x, y) => x! | y!, layers: [[[[1, 1], 0]]], out: [1] },
  xor: { bits: 2, of: (x, y) => x! ^ y!, layers: [[[[1, 1], 0], [[1, 1], -1]]], out: [1, -2], cancels: true },
  majority: { bits: 3, of: (x, y, z) => (x! + y! + z! > 1 ? 1 : 0), layers: [[[[1, 1, 1], -1]]], out: [1] },
  parity: {
    bits: 3, of: (x, y, z) => x! ^ y! ^ z!, layers: [[[[1, 1, 1], 0], [[1, 1, 1], -1], [[1, 1, 1], -2]]], out: [1, -2, 2], cancels: true,
  },
  // x XOR y in the first layer, beside it z; their XOR in the second.
  'parity, bit after bit': {
    bits: 3,
    of: (x, y, z) => x! ^ y! ^ z!,
    layers: [[[[1, 1, 0], 0], [[1, 1, 0], -1], [[0, 0, 1], 0]], [[[1, -2, 1], 0], [[1, -2, 1], -1]]],
    out: [1, -2],
  },
  // Two neurons see the same bit; the second layer takes their OR.
  'a bit seen twice': { bits: 1, of: (x) => x!, layers: [[[[1], 0], [[1], 0]], [[[1, 1], 0]]], out: [1], either: ['h0.0', 'h0.1'] },
}

function networkOf({ bits, layers, out }: Gate, noise: number): Network {
  const d_mlp = 1 + Math.max(...layers.map(({ length }) => length))
  const n_ctx = bits + 1
  const settings = { ...defaultsOf(mlpStack.fields), n_layers: layers.length, d_mlp }
  const all = [...layers, [[[], 0.5], [out, 0]] as readonly Neuron[]]
  const arrays = Object.fromEntries(all.flatMap((neurons, layer) => {
    const [inputs, outputs] = [layer === 0 ? n_ctx : d_mlp, layer === layers.length ? 2 : d_mlp]
    const [W, b] = [new Float32Array(inputs * outputs), new Float32Array(outputs)]
    neurons.forEach(([weights, bias], neuron) => {
      weights.forEach((weight, i) => void (W[i * outputs + neuron] = weight))
      b[neuron] = bias
    })
    const draws = createRng(4).fork(`${layer}`)
    const shifted = W.map((weight) => weight + noise * draws.normal())
    return [
      [`layers.${layer}.W`, namedArray([layer === 0 ? 'pos' : 'd_mlp', 'd_mlp'], [inputs, outputs], shifted)],
      [`layers.${layer}.b`, namedArray(['d_mlp'], [outputs], b)],
    ]
  }))
  return createNetwork(mlpStack, settings, { n_ctx, d_vocab: 2, d_vocab_out: 2 }, arrays)
}

const domainOf = (bits: number): readonly (readonly number[])[] =>
  Array.from({ length: 2 ** (bits + 1) }, (_, code) => Array.from({ length: bits + 1 }, (_, i) => (code >> i) & 1))

/** Every clean sequence with every one that has another answer: nothing is drawn. With `either` clean ones have the bit set. */
function pairsOf({ bits, of, either }: Gate): Pairs {
  const domain = domainOf(bits)
  const answer = (tokens: readonly number[]): number => of(...tokens.slice(0, bits))
  const both = domain.filter((clean) => !either || answer(clean) === 1)
    .flatMap((clean) => domain.filter((other) => answer(other) !== answer(clean)).map((other) => [clean, other] as const))
  return {
    count: both.length,
    length: bits + 1,
    clean: Int32Array.from(both.flatMap(([clean]) => clean)),
    corrupted: Int32Array.from(both.flatMap(([, other]) => other)),
    answerPos: new Int32Array(both.length).fill(bits),
    answers: both.map(([clean]) => [answer(clean)]),
    wrong: both.map(([, other]) => [answer(other)]),
  }
}

/** The edges whose weight is not zero, from the gate as written. */
function truthOf({ bits, layers, out }: Gate, graph: CircuitGraph): Uint8Array {
  const all = [...layers, [[[], 0], [out, 0]] as readonly Neuron[]]
  return Uint8Array.from({ length: graph.edgeCount }, (_, edge) => {
    const { from, to } = edgeAt(graph, edge)
    return (from.layer < 0 && from.neuron === bits ? 0 : all[to.layer]?.[to.neuron!]?.[0][from.neuron!] ?? 0) === 0 ? 0 : 1
  })
}

describe.each(Object.entries(gates))('%s', (_name, gate) => {
  useBackend(everywhere.at(-1)!)
  const within = <T>(noise: number, use: (network: Network, graph: CircuitGraph, truth: Uint8Array) => T): T => {
    const network = networkOf(gate, noise)
    const graph = graphOf(network)
    try {
      return use(network, graph, truthOf(gate, graph))
    } finally {
      network.dispose()
    }
  }

  test.each([0, 0.03])('computes its function on every input, with noise of %f on each weight', (noise) => {
    const domain = domainOf(gate.bits)
    const logits = within(noise, (network) => scoped(() => network.run(Int32Array.from(domain.flat())).dataSync()))

    expect(domain.map((_, row) => (logits[2 * row + 1]! > logits[2 * row]! ? 1 : 0))).toEqual(domain.map((bits) => gate.of(...bits.slice(0, gate.bits))))
  })

  test.each([0, 0.03])('its edges alone answer every pair, and without any one of them, but for the redundant, some pair is wrong: noise %f', (noise) => {
    within(noise, (network, graph, truth) => {
      const recording = recordCircuit(network, { pairs: pairsOf(gate), metric: 'accuracy', ablation: 'resample' })
      const accuracy = (kept: Uint8Array): number => circuitMetric(recording, kept)
      const touches = (edge: number, nodes: readonly string[]): boolean => {
        const { from, to } = edgeAt(graph, edge)
        return nodes.includes(from.name) || nodes.includes(to.name)
      }
      const either = gate.either ?? []
      const needless = [...truth.keys()].filter((edge) => truth[edge] && accuracy(truth.with(edge, 0)) === 1)
      const withoutNodes = (nodes: readonly string[]): number => accuracy(truth.map((one, edge) => (touches(edge, nodes) ? 0 : one)))

      expect(accuracy(truth)).toBe(1)
      expect(accuracy(new Uint8Array(graph.edgeCount))).toBe(0)
      expect(needless.filter((edge) => !touches(edge, either)).map((edge) => edgeName(graph, edge))).toEqual([])
      for (const node of either) expect(withoutNodes([node])).toBe(1)
      if (either.length > 0) expect(withoutNodes(either)).toBeLessThan(1)
      recording.dispose()
    })
  })

  test('exact patching tells its edges from the rest, by the mean of effects or, where those cancel, of their magnitudes', () => {
    within(0.03, (network, _graph, truth) => {
      const plan = { pairs: pairsOf(gate), metric: 'logit-difference', ablation: 'resample' } as const
      const { scores, examples } = finish(circuitMethods.require('exact-edges'), network, { plan, settings: {} })
      const magnitudes = truth.reduce<number[]>((sums, _one, edge) => {
        const ofPairs = Array.from({ length: plan.pairs.count }, (_, pair) => Math.abs(examples![pair * truth.length + edge]!))
        return [...sums, ofPairs.reduce((sum, effect) => sum + effect, 0)]
      }, [])
      const ofMean = areaUnderRoc(scores.map(Math.abs), truth)

      expect(areaUnderRoc(magnitudes, truth)).toBe(1)
      if (gate.cancels) expect(ofMean).toBeLessThan(0.95)
      else expect(ofMean).toBeGreaterThanOrEqual(0.95)
    })
  })
})

describe('all gates together', () => {
  useBackend(everywhere.at(-1)!)

  test('every gate’s edges found by integrated gradients: the median reaches the bar', () => {
    const areas = Object.values(gates).map((gate) => {
      const network = networkOf(gate, 0.03)
      const plan = { pairs: pairsOf(gate), metric: 'logit-difference', ablation: 'resample' } as const
      const { scores } = finish(circuitMethods.require('eap-ig'), network, { plan, settings: { steps: 5 } })
      const truth = truthOf(gate, graphOf(network))
      network.dispose()
      return areaUnderRoc(scores.map(Math.abs), truth)
    })

    expect(areas.sort((x, y) => x - y)[Math.floor(areas.length / 2)]).toBeGreaterThanOrEqual(0.9)
  })
})
