/**
 * What two circuits on one graph have in common: of two tasks, two checkpoints or two models of one shape.
 *
 *   shared = A ∩ B      lost = A \ B      gained = B \ A      Jaccard = |A ∩ B| / |A ∪ B|
 *   reuse  = |A ∩ B| / |A|                share of A's parts that B uses as well
 *
 * over edges, over nodes and over heads. A circuit's nodes are those with an edge on a way from an input to the answer.
 * `chance` is the Jaccard index that two random choices of these sizes are expected to reach, approximately.
 * Source: arXiv:2310.08744 §3 (overlap of heads).
 */
import { defineAnalysis } from './analysis'
import { connected, type CircuitGraph } from './components/circuit-graph'
import { graphOf } from './components/perceptron-graph'
import { withoutGraph } from './components/circuit-suitability'
import { nodesOf } from './components/circuit-units'

export interface ComparisonPlan {
  /** 1 for each edge, of graphs with one edge for all positions. */
  readonly one: Uint8Array
  readonly other: Uint8Array
}

export interface Overlap {
  /** Numbers of edges or nodes. */
  readonly shared: readonly number[]
  readonly lost: readonly number[]
  readonly gained: readonly number[]
  /** 0–1; 1 for two empty circuits. */
  readonly jaccard: number
  readonly chance: number
  /** NaN where the first circuit is empty. */
  readonly reuse: number
}

export interface Comparison {
  readonly edges: Overlap
  readonly nodes: Overlap
  readonly heads: Overlap
}

export default defineAnalysis<ComparisonPlan, Comparison>({
  id: 'circuit-comparison',
  title: 'Comparison of two circuits',
  definition:
    'Edges, nodes and heads on a way from input to answer that two circuits share, that only the first has (lost) and only the second ' +
    '(gained); Jaccard index, and share of the first that the second reuses.',
  source: 'arXiv:2310.08744 §3',
  unsuitable: withoutGraph,
  measure(network, { one, other }) {
    return compareCircuits(graphOf(network), one, other)
  },
})

export function compareCircuits(graph: CircuitGraph, one: Uint8Array, other: Uint8Array): Comparison {
  const [ofOne, ofOther] = [one, other].map((kept) => nodesOf(graph, kept))
  const isHead = (_: number, node: number): number => (graph.writers[Math.floor(node / graph.positions)]!.head === undefined ? 0 : 1)
  const heads = (isIn: Uint8Array): Uint8Array => isIn.map((kept, node) => kept & isHead(kept, node))
  const headCount = graph.positions * graph.writers.filter(({ head }) => head !== undefined).length
  return {
    edges: overlapOf(connected(graph, one), connected(graph, other), graph.edgeCount),
    nodes: overlapOf(ofOne!, ofOther!, ofOne!.length),
    heads: overlapOf(heads(ofOne!), heads(ofOther!), headCount),
  }
}

function overlapOf(one: Uint8Array, other: Uint8Array, outOf: number): Overlap {
  const those = (isWanted: (i: number) => boolean): number[] => [...one.keys()].filter(isWanted)
  const shared = those((i) => one[i] === 1 && other[i] === 1)
  const lost = those((i) => one[i] === 1 && other[i] !== 1)
  const gained = those((i) => one[i] !== 1 && other[i] === 1)
  const either = shared.length + lost.length + gained.length
  const [size, otherSize] = [shared.length + lost.length, shared.length + gained.length]
  const byChance = (size * otherSize) / outOf
  return {
    shared,
    lost,
    gained,
    jaccard: either === 0 ? 1 : shared.length / either,
    chance: either === 0 ? 1 : byChance / (size + otherSize - byChance),
    reuse: shared.length / size,
  }
}
