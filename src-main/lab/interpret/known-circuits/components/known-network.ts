/**
 * The networks of a known circuit.
 *
 *   plain    the compiled weights: every edge outside the circuit is exactly silent
 *   noised   every weight + N(0, s²), biases included; heads that no step uses get random weights, N(0, 1 / d_model), and
 *            write random directions, used ones too, N(0, (2.5 s)²). Edges outside the circuit then have small effects.
 *            s is 0.02, halved until every right answer of the domain leads by a quarter: of the compiled weights it leads
 *            by 1, and a number looked up by steep steps bears less noise than a name.
 *
 * The suite holds both to the function on the whole domain.
 */
import { assert } from '../../../../base/assert'
import { createRng, type Rng } from '../../../../base/rng'
import type { FloatArray } from '../../../../base/array'
import { createNetwork, type Network } from '../../../models/network'
import type { ArraysByName } from '../../../models/model'
import transformer from '../../../models/transformer'
import { circuitGraph, edgeName, type CircuitGraph } from '../../components/circuit-graph'
import type { KnownCircuit } from '../known-circuit'
import { answersOn } from './known-accuracy'
import { compileProgram, type CompiledProgram } from './compile-program'
import { writeProgram } from './program'

export const knownVariants = ['plain', 'noised'] as const
export type KnownVariant = (typeof knownVariants)[number]

const largestDeviation = 0.02
const wantedMargin = 0.25

export interface KnownNetwork {
  /** The caller disposes it. */
  readonly network: Network
  readonly graph: CircuitGraph
  /** By edge number: 1 for the edges that are used and vary with the tokens, the truth under resampling. */
  readonly truth: Uint8Array
  /** By edge number: all used ones, the truth under ablation by zero. */
  readonly used: Uint8Array
  /** Standard deviation of what was added to the weights; 0 in the plain variant. */
  readonly noise: number
}

export function compiledCircuit(circuit: KnownCircuit): CompiledProgram {
  return compileProgram(writeProgram(circuit, circuit.program), circuit.isCausal)
}

export function createKnownNetwork(circuit: KnownCircuit, variant: KnownVariant, seed = 1): KnownNetwork {
  const compiled = compiledCircuit(circuit)
  const { settings, dims, edges } = compiled
  const graph = circuitGraph(settings)
  const truths = { graph, truth: marked(graph, edges.varying), used: marked(graph, edges.used) }
  const networkOf = (arrays: ArraysByName): Network => createNetwork(transformer, settings, dims, arrays)
  if (variant === 'plain') return { ...truths, network: networkOf(compiled.arrays), noise: 0 }
  for (let noise = largestDeviation; ; noise /= 2) {
    const network = networkOf(noised(compiled, createRng(seed).fork(circuit.id), noise))
    if (answersOn(circuit, network).leastMargin >= wantedMargin) return { ...truths, network, noise }
    network.dispose()
    assert(noise > 1e-6, `known circuit ${circuit.id} does not compute its function with any noise`)
  }
}

/** 1 for the edges of these names. */
export function marked(graph: CircuitGraph, names: readonly string[]): Uint8Array {
  return Uint8Array.from({ length: graph.edgeCount }, (_, edge) => (names.includes(edgeName(graph, edge)) ? 1 : 0))
}

function noised({ arrays, spareHeads, settings }: CompiledProgram, rng: Rng, noise: number): ArraysByName {
  const added = Object.entries(arrays).map(([name, array]): [string, FloatArray] => {
    const draws = rng.fork(name)
    return [name, { ...array, data: array.data.map((value) => value + noise * draws.normal()) }]
  })
  const noisy = Object.fromEntries(added)
  for (const [layer, head] of spareHeads) {
    for (const letter of ['Q', 'K', 'V', 'O']) {
      const { data } = noisy[`blocks.${layer}.attn.W_${letter}`]!
      const draws = rng.fork(`spare ${layer}.${head} ${letter}`)
      const size = data.length / settings.n_heads
      const deviation = letter === 'O' ? 2.5 * noise : 1 / Math.sqrt(settings.d_model)
      for (let i = head * size; i < (head + 1) * size; i++) data[i] = deviation * draws.normal()
    }
  }
  return noisy
}
