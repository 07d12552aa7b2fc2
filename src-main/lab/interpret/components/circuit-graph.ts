/**
 * The computational graph of a network: what writes, what reads, and edges between. A perceptron's, in the same form, is
 * made in perceptron-graph.ts; here a transformer's: what writes to the residual stream, what reads from it, and an edge
 * from every writer to every reader that comes later.
 *
 *   writers   input, a{layer}.{head}, m{layer}
 *   readers   a{layer}.{head}<q|k|v>, m{layer}, logits
 *
 * A reader reads the sum of all earlier writers, biases aside, so that each edge can be changed by itself. An MLP reads the
 * heads of its own layer. Edges are ordered by reader, readers by the order in which the pass reaches them, and within one
 * by writer, so that equal graphs have equal edge numbers.
 *
 * Twelve layers of twelve heads have 32,491 edges. Source: arXiv:2310.10348 app. A; names as EAP's.
 */
import { assert } from '../../../base/assert'
import type { TransformerSettings } from '../../models/components/transformer-fields'

export type Letter = 'q' | 'k' | 'v'

export interface Writer {
  readonly name: string
  /** -1 for the input. */
  readonly layer: number
  /** Absent for the input and for MLPs. */
  readonly head?: number
  /** Index of a perceptron's neuron within its layer. */
  readonly neuron?: number
}

export interface Reader {
  readonly name: string
  /** n_layers for the logits. */
  readonly layer: number
  readonly head?: number
  readonly letter?: Letter
  readonly neuron?: number
  /** It reads so many writers, in their order, from this one on; 0 in a transformer, where everything earlier is read. */
  readonly firstWriter: number
  readonly writerCount: number
  /** Number of its edge from `firstWriter`. */
  readonly firstEdge: number
}

export interface CircuitGraph {
  readonly writers: readonly Writer[]
  readonly readers: readonly Reader[]
  readonly edgeCount: number
}

export interface Edge {
  readonly from: Writer
  readonly to: Reader
}

export function circuitGraph({ n_layers, n_heads, attentionOnly }: TransformerSettings): CircuitGraph {
  const heads = Array.from({ length: n_heads }, (_, head) => head)
  const layers = Array.from({ length: n_layers }, (_, layer) => layer)
  const perLayer = n_heads + (attentionOnly ? 0 : 1)
  const writers: Writer[] = [{ name: 'input', layer: -1 }]
  const wanted: UnnumberedReader[] = []
  for (const layer of layers) {
    const before = 1 + layer * perLayer
    for (const letter of ['q', 'k', 'v'] as const) {
      for (const head of heads) wanted.push({ name: `a${layer}.${head}<${letter}>`, layer, head, letter, firstWriter: 0, writerCount: before })
    }
    for (const head of heads) writers.push({ name: `a${layer}.${head}`, layer, head })
    if (attentionOnly) continue
    wanted.push({ name: `m${layer}`, layer, firstWriter: 0, writerCount: before + n_heads })
    writers.push({ name: `m${layer}`, layer })
  }
  wanted.push({ name: 'logits', layer: n_layers, firstWriter: 0, writerCount: writers.length })
  return numbered(writers, wanted)
}

export type UnnumberedReader = Omit<Reader, 'firstEdge'>

/** A graph with its edges numbered: by reader in the order given, within one by writer. */
export function numbered(writers: readonly Writer[], unnumbered: readonly UnnumberedReader[]): CircuitGraph {
  let edgeCount = 0
  const readers = unnumbered.map((reader): Reader => {
    const firstEdge = edgeCount
    edgeCount += reader.writerCount
    return { ...reader, firstEdge }
  })
  return { writers, readers, edgeCount }
}

export function edgeAt({ writers, readers }: CircuitGraph, edge: number): Edge {
  const to = readers.find(({ firstEdge, writerCount }) => edge >= firstEdge && edge < firstEdge + writerCount)
  assert(to, `there is no edge ${edge}`)
  return { from: writers[to.firstWriter + edge - to.firstEdge]!, to }
}

/** `a0.3->m1`, `input->a1.2<k>`. */
export function edgeName(graph: CircuitGraph, edge: number): string {
  const { from, to } = edgeAt(graph, edge)
  return `${from.name}->${to.name}`
}

/**
 * The edges of a set that matter: those on a way from an input to the logits. A head is on one when some edge into any of
 * its queries, keys or values is, and some edge out of it. 1 where kept.
 */
export function connected(graph: CircuitGraph, kept: Uint8Array): Uint8Array {
  const { writers, readers } = graph
  const writerOf = new Map(writers.map(({ name }, i) => [name, i]))
  const nodeOf = ({ name }: Reader): number => writerOf.get(name.replace(/<[qkv]>$/, '')) ?? writers.length
  const isReached = new Uint8Array(writers.length + 1)
  writers.forEach(({ layer }, i) => void (isReached[i] = layer < 0 ? 1 : 0))
  // Readers come in the order of the pass, so one sweep each way settles every node.
  for (const reader of readers) forEdges(reader, kept, (writer) => isReached[writer] && (isReached[nodeOf(reader)] = 1))
  const isUseful = new Uint8Array(writers.length + 1)
  isUseful[writers.length] = 1
  for (const reader of [...readers].reverse()) {
    forEdges(reader, kept, (writer) => isUseful[nodeOf(reader)] && (isUseful[writer] = 1))
  }
  const left = new Uint8Array(kept.length)
  for (const reader of readers) {
    forEdges(reader, kept, (writer, edge) => {
      if (isReached[writer] && isUseful[nodeOf(reader)]) left[edge] = 1
    })
  }
  return left
}

function forEdges(
  { firstEdge, firstWriter, writerCount }: Reader,
  kept: Uint8Array,
  use: (writer: number, edge: number) => void,
): void {
  for (let i = 0; i < writerCount; i++) if (kept[firstEdge + i]) use(firstWriter + i, firstEdge + i)
}
