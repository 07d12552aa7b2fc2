/**
 * From scores to a circuit of a wanted size: edges are taken by falling |score|, ties by number; those of score 0 never.
 *
 *   largest     the k largest, whether or not they hang together
 *   connected   as many of the largest as leave at most k on a way from an input to the answer; the rest is dropped
 *   greedy      from the answer backwards: always the largest edge into what is reached, until k; then what no input
 *               reaches is dropped
 *
 * Source: arXiv:2403.17806 §3 (greedy).
 */
import { largestOf } from './agreement'
import { connected, eachEdge, nodeCount, type CircuitGraph } from './circuit-graph'

export const selections = ['largest', 'connected', 'greedy'] as const
export type Selection = (typeof selections)[number]

export interface SelectionOptions {
  readonly scores: ArrayLike<number>
  /** At most so many edges. */
  readonly count: number
}

/** 1 for each edge taken. */
export function selectCircuit(graph: CircuitGraph, selection: Selection, { scores, count }: SelectionOptions): Uint8Array {
  const order = largestOf(scores, graph.edgeCount).filter((edge) => scores[edge] !== 0)
  if (selection === 'largest') return keptOf(order.slice(0, count), graph.edgeCount)
  return selection === 'connected' ? largestConnected(graph, order, count) : greedy(graph, order, count)
}

/** 1 for each of the edges. */
export function keptOf(edges: Iterable<number>, edgeCount: number): Uint8Array {
  const kept = new Uint8Array(edgeCount)
  for (const edge of edges) kept[edge] = 1
  return kept
}

export const sizeOf = (kept: Uint8Array): number => kept.reduce((sum, one) => sum + one, 0)

function largestConnected(graph: CircuitGraph, order: readonly number[], count: number): Uint8Array {
  const ofTop = (top: number): Uint8Array => connected(graph, keptOf(order.slice(0, top), graph.edgeCount))
  // More edges never disconnect others, so the connected part grows with the top.
  let [low, high] = [0, order.length]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (sizeOf(ofTop(middle)) <= count) low = middle
    else high = middle - 1
  }
  return ofTop(low)
}

function greedy(graph: CircuitGraph, order: readonly number[], count: number): Uint8Array {
  const places = new Map(order.map((edge, place) => [edge, place]))
  const nodes = nodeCount(graph) + 1
  const into = Array.from({ length: nodes }, (): number[] => [])
  const origin = new Int32Array(graph.edgeCount)
  eachEdge(graph, (edge, from, fed) => {
    origin[edge] = from
    if (places.has(edge)) for (const node of fed) into[node]!.push(edge)
  })
  const kept = new Uint8Array(graph.edgeCount)
  const isReached = new Uint8Array(nodes)
  const isOffered = new Uint8Array(order.length)
  let first = 0
  const reach = (node: number): void => {
    if (isReached[node]) return
    isReached[node] = 1
    for (const edge of into[node]!) {
      const place = places.get(edge)! // only edges with a place were listed
      isOffered[place] = 1
      first = Math.min(first, place)
    }
  }
  first = order.length
  reach(nodes - 1)
  for (let taken = 0; taken < count; taken++) {
    while (first < order.length && !isOffered[first]) first++
    if (first === order.length) break
    isOffered[first] = 0
    const edge = order[first]!
    kept[edge] = 1
    reach(origin[edge]!)
  }
  return connected(graph, kept)
}
