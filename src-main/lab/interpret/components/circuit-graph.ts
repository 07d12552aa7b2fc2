/**
 * The computational graph of a network: what writes, what reads, and edges between. A perceptron's, in the same form, is
 * made in perceptron-graph.ts; here a transformer's: what writes to the residual stream, what reads from it, and an edge
 * from every writer to every reader that comes later.
 *
 *   writers   input, a{layer}.{head}, m{layer}
 *   readers   a{layer}.{head}<q|k|v>, m{layer}, logits
 *
 * A reader reads the sum of all earlier writers, biases aside, so that each edge can be changed by itself. An MLP reads the
 * heads of its own layer. Edges are ordered by reader, readers by the order in which the pass reaches them, within one by
 * writer, and of one pair by position, so that equal graphs have equal edge numbers:
 *
 *   edge = firstEdge + (writer - firstWriter) · positions + pos        positions = 1 where all are changed together
 *   node = writer · positions + pos
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
  /** Index of a neuron within its layer, of a perceptron or of an MLP taken apart. */
  readonly neuron?: number
}

export interface Reader {
  readonly name: string
  /** n_layers for the logits. */
  readonly layer: number
  readonly head?: number
  readonly letter?: Letter
  readonly neuron?: number
  /** It reads `writerCount` writers in their order, from this one on; 0 in a transformer, where everything earlier is read. */
  readonly firstWriter: number
  readonly writerCount: number
  /** Number of its edge from the first of them, at the first position. */
  readonly firstEdge: number
  /** Numbers of the writers that it is read for; none for what is read as the answer. */
  readonly feeds: readonly number[]
  /** Positions at which what it reads at one comes to bear. */
  readonly spreads: 'there' | 'later' | 'everywhere'
}

export interface CircuitGraph {
  readonly writers: readonly Writer[]
  readonly readers: readonly Reader[]
  /** How many edges each writer and reader have between them: one, or one a position. */
  readonly positions: number
  readonly edgeCount: number
}

export interface Edge {
  readonly from: Writer
  readonly to: Reader
  /** Present where positions have edges of their own. */
  readonly pos?: number
}

export interface GraphOptions {
  /** Length of the sequences, to give each position edges of its own: as many times the edges. */
  readonly positions?: number
  /** Makes each neuron of an MLP a writer, m{layer}.{neuron}; what MLPs read stays one edge. False when absent. */
  readonly neurons?: boolean
}

export function circuitGraph(settings: TransformerSettings, { positions = 1, neurons = false }: GraphOptions = {}): CircuitGraph {
  const { n_layers, n_heads, d_mlp, attentionOnly, attentionDirection } = settings
  const heads = Array.from({ length: n_heads }, (_, head) => head)
  const layers = Array.from({ length: n_layers }, (_, layer) => layer)
  const perMlp = attentionOnly ? 0 : neurons ? d_mlp : 1
  const writers: Writer[] = [{ name: 'input', layer: -1 }]
  const wanted: UnnumberedReader[] = []
  const acrossSpread = attentionDirection === 'causal' ? 'later' : 'everywhere'
  for (const layer of layers) {
    const before = 1 + layer * (n_heads + perMlp)
    for (const letter of ['q', 'k', 'v'] as const) {
      const spreads = letter === 'q' ? 'there' : acrossSpread
      for (const head of heads) {
        wanted.push({ name: `a${layer}.${head}<${letter}>`, layer, head, letter, firstWriter: 0, writerCount: before, spreads })
      }
    }
    for (const head of heads) writers.push({ name: `a${layer}.${head}`, layer, head })
    if (attentionOnly) continue
    wanted.push({ name: `m${layer}`, layer, firstWriter: 0, writerCount: before + n_heads })
    for (let neuron = 0; neuron < perMlp; neuron++) {
      writers.push(neurons ? { name: `m${layer}.${neuron}`, layer, neuron } : { name: `m${layer}`, layer })
    }
  }
  wanted.push({ name: 'logits', layer: n_layers, firstWriter: 0, writerCount: writers.length })
  return numbered(writers, wanted, positions)
}

/** `spreads` is 'there' when absent; a reader feeds the writer of its name, letter aside, or the neurons of that name. */
export type UnnumberedReader = Omit<Reader, 'firstEdge' | 'feeds' | 'spreads'> & Partial<Pick<Reader, 'spreads'>>

/** A graph with its edges numbered: by reader in the order given, within one by writer. */
export function numbered(writers: readonly Writer[], unnumbered: readonly UnnumberedReader[], positions = 1): CircuitGraph {
  const writersOf = new Map<string, number[]>()
  writers.forEach(({ name }, i) => {
    writersOf.set(name, [i])
    const whole = name.replace(/\.\d+$/, '')
    if (!whole.startsWith('m') || whole === name) return
    const neurons = writersOf.get(whole)
    if (neurons) neurons.push(i)
    else writersOf.set(whole, [i])
  })
  let edgeCount = 0
  const readers = unnumbered.map((reader): Reader => {
    const firstEdge = edgeCount
    edgeCount += reader.writerCount * positions
    return { spreads: 'there', ...reader, firstEdge, feeds: writersOf.get(reader.name.replace(/<[qkv]>$/, '')) ?? [] }
  })
  return { writers, readers, positions, edgeCount }
}

export const nodeCount = ({ writers, positions }: CircuitGraph): number => writers.length * positions

export function edgeAt({ writers, readers, positions }: CircuitGraph, edge: number): Edge {
  const to = readers.find(({ firstEdge, writerCount }) => edge >= firstEdge && edge < firstEdge + writerCount * positions)
  assert(to, `there is no edge ${edge}`)
  const at = edge - to.firstEdge
  const from = writers[to.firstWriter + Math.floor(at / positions)]!
  return positions === 1 ? { from, to } : { from, to, pos: at % positions }
}

/** `a0.3->m1`, `input->a1.2<k>`; by position `a0.3->m1@4`. */
export function edgeName(graph: CircuitGraph, edge: number): string {
  const { from, to, pos } = edgeAt(graph, edge)
  return `${from.name}->${to.name}${pos === undefined ? '' : `@${pos}`}`
}

/** Calls back with each edge, its node of origin and the nodes that its reader feeds, in the order of edges. */
export function eachEdge(graph: CircuitGraph, use: (edge: number, from: number, into: readonly number[]) => void): void {
  const { readers, positions } = graph
  for (const reader of readers) {
    const into = Array.from({ length: positions }, (_, pos) => nodesFed(graph, reader, pos))
    for (let i = 0; i < reader.writerCount * positions; i++) {
      use(reader.firstEdge + i, reader.firstWriter * positions + i, into[i % positions]!)
    }
  }
}

/** Numbers of the edges that leave each node. */
export function edgesFrom(graph: CircuitGraph): readonly (readonly number[])[] {
  const edges = Array.from({ length: nodeCount(graph) }, (): number[] => [])
  eachEdge(graph, (edge, from) => edges[from]!.push(edge))
  return edges
}

/** The answer is the node after the last. */
function nodesFed(graph: CircuitGraph, { feeds, spreads }: Reader, pos: number): readonly number[] {
  const { positions } = graph
  if (feeds.length === 0) return [nodeCount(graph)]
  const first = spreads === 'everywhere' ? 0 : pos
  const end = spreads === 'there' ? pos + 1 : positions
  return feeds.flatMap((writer) => Array.from({ length: end - first }, (_, i) => writer * positions + first + i))
}

/**
 * The edges of a set that matter: those on a way from an input to the logits. A head is on one when some edge into any of
 * its queries, keys or values is, and some edge out of it. 1 where kept.
 */
export function connected(graph: CircuitGraph, kept: Uint8Array): Uint8Array {
  const { writers, positions } = graph
  const answer = nodeCount(graph)
  const edges: { edge: number; from: number; into: readonly number[] }[] = []
  eachEdge(graph, (edge, from, into) => kept[edge] && edges.push({ edge, from, into }))
  const isReached = new Uint8Array(answer + 1)
  writers.forEach(({ layer }, i) => layer < 0 && isReached.fill(1, i * positions, (i + 1) * positions))
  // Readers come in the order of the pass, so one sweep each way settles every node.
  for (const { from, into } of edges) if (isReached[from]) for (const node of into) isReached[node] = 1
  const isUseful = new Uint8Array(answer + 1)
  isUseful[answer] = 1
  for (const { from, into } of [...edges].reverse()) if (into.some((node) => isUseful[node])) isUseful[from] = 1
  const left = new Uint8Array(kept.length)
  for (const { edge, from, into } of edges) if (isReached[from] && into.some((node) => isUseful[node])) left[edge] = 1
  return left
}
