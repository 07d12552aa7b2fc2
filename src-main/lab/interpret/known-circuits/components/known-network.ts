/**
 * The networks of a known circuit.
 *
 *   plain    the compiled weights: every edge outside the circuit is exactly silent
 *   noised   every weight + N(0, 0.02²), biases included; heads that no step uses get random weights, N(0, 1 / d_model), and
 *            write random directions, used ones too, N(0, 0.05²). Edges outside the circuit then have small effects.
 *
 * The suite holds both to the function on the whole domain.
 */
import { createRng, type Rng } from '../../../../base/rng'
import type { FloatArray } from '../../../../base/array'
import { createNetwork, type Network } from '../../../models/network'
import type { ArraysByName } from '../../../models/model'
import transformer from '../../../models/transformer'
import { circuitGraph, edgeName, type CircuitGraph } from '../../components/circuit-graph'
import type { KnownCircuit } from '../known-circuit'
import { compileProgram, type CompiledProgram } from './compile-program'
import { writeProgram } from './program'

export const knownVariants = ['plain', 'noised'] as const
export type KnownVariant = (typeof knownVariants)[number]

const weightDeviation = 0.02
const spareWriteDeviation = 0.05

export interface KnownNetwork {
  /** The caller disposes it. */
  readonly network: Network
  readonly graph: CircuitGraph
  /** By edge number: 1 for the edges that are used and vary with the tokens, the truth under resampling. */
  readonly truth: Uint8Array
  /** By edge number: all used ones, the truth under ablation by zero. */
  readonly used: Uint8Array
}

export function compiledCircuit(circuit: KnownCircuit): CompiledProgram {
  return compileProgram(writeProgram(circuit, circuit.program), circuit.isCausal)
}

export function createKnownNetwork(circuit: KnownCircuit, variant: KnownVariant, seed = 1): KnownNetwork {
  const compiled = compiledCircuit(circuit)
  const { settings, dims, edges } = compiled
  const arrays = variant === 'plain' ? compiled.arrays : noised(compiled, createRng(seed).fork(circuit.id))
  const graph = circuitGraph(settings)
  return {
    network: createNetwork(transformer, settings, dims, arrays),
    graph,
    truth: marked(graph, edges.varying),
    used: marked(graph, edges.used),
  }
}

/** 1 for the edges of these names. */
export function marked(graph: CircuitGraph, names: readonly string[]): Uint8Array {
  return Uint8Array.from({ length: graph.edgeCount }, (_, edge) => (names.includes(edgeName(graph, edge)) ? 1 : 0))
}

function noised({ arrays, spareHeads, settings }: CompiledProgram, rng: Rng): ArraysByName {
  const added = Object.entries(arrays).map(([name, array]): [string, FloatArray] => {
    const draws = rng.fork(name)
    return [name, { ...array, data: array.data.map((value) => value + weightDeviation * draws.normal()) }]
  })
  const noisy = Object.fromEntries(added)
  for (const [layer, head] of spareHeads) {
    for (const letter of ['Q', 'K', 'V', 'O']) {
      const { data } = noisy[`blocks.${layer}.attn.W_${letter}`]!
      const draws = rng.fork(`spare ${layer}.${head} ${letter}`)
      const size = data.length / settings.n_heads
      const deviation = letter === 'O' ? spareWriteDeviation : 1 / Math.sqrt(settings.d_model)
      for (let i = head * size; i < (head + 1) * size; i++) data[i] = deviation * draws.normal()
    }
  }
  return noisy
}
