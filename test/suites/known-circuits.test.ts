/**
 * Every known circuit: its networks compute the function on the whole domain, the declared edges alone do it with all else
 * exchanged, and none of them can be left out, but for what is declared redundant. Untrained networks fail all of it.
 */
import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { circuitGraph, edgeAt, edgeName, type CircuitGraph } from '@main/lab/interpret/components/circuit-graph'
import { circuitMetric, recordCircuit } from '@main/lab/interpret/components/circuit-recording'
import type { EdgeAblation } from '@main/lab/interpret/components/edge-runner'
import type { Pairs } from '@main/lab/interpret/components/pairs'
import { knownCircuits } from '@main/lab/interpret/known-circuits'
import { answersOn } from '@main/lab/interpret/known-circuits/components/known-accuracy'
import { compiledCircuit, createKnownNetwork, knownVariants, type KnownNetwork, type KnownVariant } from '@main/lab/interpret/known-circuits/components/known-network'
import { knownPairs } from '@main/lab/interpret/known-circuits/components/known-pairs'
import type { KnownCircuit } from '@main/lab/interpret/known-circuits/known-circuit'
import { createNetwork, type Network } from '@main/lab/models/network'
import transformer from '@main/lab/models/transformer'
import { everywhere, useBackend } from '../fixtures/backends'

const pairCount = 192

/** A head without keys averages all positions; a set bit in the average still tips an AND of which the other side is sure. */
const harmlessUnderZero: Readonly<Record<string, readonly string[]>> = { and: ['input->a0.0<k>', 'input->a0.1<k>'] }

/** Share of pairs answered right with exactly these edges intact. */
function maskedAccuracy(network: Network, pairs: Pairs, ablation: EdgeAblation): Masked {
  const recording = recordCircuit(network, { pairs, metric: 'accuracy', ablation })
  return { accuracy: (kept) => circuitMetric(recording, kept), dispose: () => recording.dispose() }
}

interface Masked {
  accuracy(kept: Uint8Array): number
  dispose(): void
}

const edgesOf = (kept: Uint8Array): readonly number[] => [...kept.keys()].filter((edge) => kept[edge])

const without = (kept: Uint8Array, left: (edge: number) => boolean): Uint8Array => kept.map((one, edge) => (left(edge) ? 0 : one))

/** Edges into or out of one of the components. */
function touches(graph: CircuitGraph, components: readonly string[]): (edge: number) => boolean {
  return (edge) => {
    const { from, to } = edgeAt(graph, edge)
    return components.includes(from.name) || components.includes(to.name.replace(/<.>$/, ''))
  }
}

function within<T>(circuit: KnownCircuit, variant: KnownVariant, use: (known: KnownNetwork) => T): T {
  const known = createKnownNetwork(circuit, variant)
  try {
    return use(known)
  } finally {
    known.network.dispose()
  }
}

test('there are at least thirty, and their truths differ', () => {
  const truths = [...knownCircuits].map((circuit) => compiledCircuit(circuit).edges.varying.join())

  expect(truths.length).toBeGreaterThanOrEqual(30)
  expect(new Set(truths).size).toBeGreaterThanOrEqual(20)
})

describe.each([...knownCircuits])('$id', (circuit) => {
  useBackend(everywhere.at(-1)!)
  const pairs = knownPairs(circuit, { count: pairCount, seed: 1 })
  const isRedundant = (graph: CircuitGraph, edge: number): boolean => touches(graph, circuit.redundancy?.alternatives.flat() ?? [])(edge)

  test('says what it computes, and where that comes from', () => {
    expect(circuit.says.length).toBeGreaterThan(40)
    expect(circuit.source.length).toBeGreaterThan(10)
    expect(circuit.title).toMatch(/^[A-Z]/)
  })

  test.each(knownVariants)('computes its function on every sequence of its domain: %s', (variant) => {
    const { accuracy, leastMargin } = within(circuit, variant, ({ network }) => answersOn(circuit, network))

    expect(accuracy).toBe(1)
    expect(leastMargin).toBeGreaterThan(variant === 'plain' ? 0.99 : 0.25)
  })

  test('noise reaches what nothing of the circuit does', () => {
    const quiet = within(circuit, 'plain', ({ network, graph }) => weightsOutside(network, graph))
    const noisy = within(circuit, 'noised', ({ network, graph }) => weightsOutside(network, graph))

    expect(quiet).toBe(0)
    expect(noisy).toBeGreaterThan(0)
  })

  test('an untrained network of its shape does not', () => {
    const { settings, dims } = compiledCircuit(circuit)
    const { params } = transformer.init(settings as never, dims, createRng(5)) // settings of a transformer
    const network = createNetwork(transformer, settings, dims, params)
    const { accuracy } = answersOn(circuit, network)
    network.dispose()

    expect(accuracy).toBeLessThan(0.9)
  })

  test.each(knownVariants)('its edges alone give every answer, and without any one of them some answer is wrong: %s', (variant) => {
    within(circuit, variant, (known) => {
      const { graph, truth } = known
      const { accuracy, dispose } = maskedAccuracy(known.network, pairs, 'resample')
      const needless = edgesOf(truth).filter((edge) => !isRedundant(graph, edge) && accuracy(without(truth, (one) => one === edge)) === 1)

      expect(accuracy(truth)).toBe(1)
      expect(needless.map((edge) => edgeName(graph, edge))).toEqual([])
      expect(accuracy(new Uint8Array(graph.edgeCount))).toBe(0)
      dispose()
    })
  })

  test('with zero for all else its edges need those that carry positions, and need them all', () => {
    within(circuit, 'plain', (known) => {
      const { graph, truth, used } = known
      const { accuracy, dispose } = maskedAccuracy(known.network, pairs, 'zero')
      const needless = edgesOf(used).filter((edge) => !truth[edge] && accuracy(without(used, (one) => one === edge)) === 1)

      expect(accuracy(used)).toBe(1)
      expect(needless.map((edge) => edgeName(graph, edge))).toEqual(harmlessUnderZero[circuit.id] ?? [])
      dispose()
    })
  })

  test('the edges are those along which the weights carry something', () => {
    within(circuit, 'plain', ({ network, graph, used }) => {
      const carries = Uint8Array.from({ length: graph.edgeCount }, (_, edge) => (carriesWeight(network, graph, edge) ? 1 : 0))

      expect(carries).toEqual(used)
    })
  })
})

const withRedundancy = [...knownCircuits].filter(({ redundancy }) => redundancy)

describe.each(withRedundancy)('$id is redundant as it says', (circuit) => {
  useBackend(everywhere.at(-1)!)
  const { alternatives, needed } = circuit.redundancy!
  const pairs = knownPairs(circuit, { count: pairCount, seed: 2 })

  test.each(knownVariants)('any so many alternatives are enough and one less is not: %s', (variant) => {
    within(circuit, variant, (known) => {
      const { accuracy, dispose } = maskedAccuracy(known.network, pairs, 'resample')
      const accuracyWith = (kept: readonly (readonly string[])[]): number => {
        const dropped = alternatives.filter((one) => !kept.includes(one)).flat()
        return accuracy(without(known.truth, touches(known.graph, dropped)))
      }
      const subsets = alternatives.reduce<(readonly string[])[][]>((all, one) => [...all, ...all.map((set) => [...set, one])], [[]])

      for (const set of subsets) {
        if (set.length >= needed) expect(accuracyWith(set)).toBe(1)
        else expect(accuracyWith(set)).toBeLessThan(1)
      }
      dispose()
    })
  })
})

/** Sum of |weights| by which spare heads write. */
function weightsOutside({ arrays }: Network, { writers }: CircuitGraph): number {
  const spare = writers.filter(({ head, layer }) => head !== undefined && layer === 0).at(-1)! // every layer's last head is spare
  const { data, shape } = arrays['blocks.0.attn.W_O']!
  const size = data.length / shape[0]!
  return data.subarray(spare.head! * size, (spare.head! + 1) * size).reduce((sum, weight) => sum + Math.abs(weight), 0)
}

/** Whether what the writer's weights can write is read by the reader's: entries of the product of both that are not zero. */
function carriesWeight({ arrays }: Network, graph: CircuitGraph, edge: number): boolean {
  const { from, to } = edgeAt(graph, edge)
  const d_model = arrays['W_E']!.shape[1]!
  const rowsOf = (name: string, head?: number): readonly Float32Array[] => {
    const { data, shape } = arrays[name]!
    const part = head === undefined ? data : data.subarray((head * data.length) / shape[0]!, ((head + 1) * data.length) / shape[0]!)
    const width = shape.at(-1)!
    return Array.from({ length: part.length / width }, (_, row) => part.subarray(row * width, (row + 1) * width))
  }
  const writing = (): readonly Float32Array[] => {
    if (from.layer < 0) return [...rowsOf('W_E'), ...rowsOf('W_pos')]
    return from.head === undefined ? rowsOf(`blocks.${from.layer}.mlp.W_out`) : rowsOf(`blocks.${from.layer}.attn.W_O`, from.head)
  }
  const reading = (): readonly Float32Array[] => {
    if (to.name === 'logits') return rowsOf('W_U')
    return to.letter ? rowsOf(`blocks.${to.layer}.attn.W_${to.letter.toUpperCase()}`, to.head) : rowsOf(`blocks.${to.layer}.mlp.W_in`)
  }
  const isWritten = (direction: number): boolean => writing().some((row) => row[direction] !== 0)
  const isRead = (direction: number): boolean => reading()[direction]!.some((weight) => weight !== 0)
  return Array.from({ length: d_model }, (_, direction) => direction).some((direction) => isRead(direction) && isWritten(direction))
}

test('the graph of every circuit has edges outside it', () => {
  for (const circuit of knownCircuits) {
    const { settings, edges } = compiledCircuit(circuit)
    expect(circuitGraph(settings).edgeCount).toBeGreaterThan(2 * edges.varying.length)
  }
})
