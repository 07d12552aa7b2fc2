/** What is taken from a circuit at once when it is judged: an edge, or a node with every edge that leaves it. */
import { connected, eachEdge, edgesFrom, nodeCount, type CircuitGraph } from './circuit-graph'

export const unitKinds = ['edges', 'nodes'] as const
export type UnitKind = (typeof unitKinds)[number]

export interface Unit {
  /** Edge or node number. */
  readonly id: number
  readonly edges: readonly number[]
}

/** The units that a circuit holds; inputs are no unit. */
export function unitsOf(graph: CircuitGraph, kept: Uint8Array, kind: UnitKind): readonly Unit[] {
  if (kind === 'edges') return Array.from(kept.keys()).filter((edge) => kept[edge]).map((edge) => ({ id: edge, edges: [edge] }))
  const isIn = nodesOf(graph, kept)
  const isInput = (node: number): boolean => graph.writers[Math.floor(node / graph.positions)]!.layer < 0
  return edgesFrom(graph).flatMap((edges, id) => (isIn[id] && !isInput(id) ? [{ id, edges }] : []))
}

/** 1 for each node that has an edge of the circuit on a way from an input to the answer. */
export function nodesOf(graph: CircuitGraph, kept: Uint8Array): Uint8Array {
  const onWay = connected(graph, kept)
  const isIn = new Uint8Array(nodeCount(graph))
  eachEdge(graph, (edge, from) => onWay[edge] && (isIn[from] = 1))
  return isIn
}

/** 1 for each edge between nodes that are kept; the answer always is. */
export function edgesBetween(graph: CircuitGraph, keptNodes: ArrayLike<number>): Uint8Array {
  const kept = new Uint8Array(graph.edgeCount)
  const answer = nodeCount(graph)
  eachEdge(graph, (edge, from, into) => {
    if (keptNodes[from] && into.some((node) => node === answer || keptNodes[node])) kept[edge] = 1
  })
  return kept
}

/** A circuit without some units. */
export function without(kept: Uint8Array, units: readonly Unit[]): Uint8Array {
  const left = kept.slice()
  for (const { edges } of units) for (const edge of edges) left[edge] = 0
  return left
}
