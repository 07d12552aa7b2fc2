/** Which edges are kept, and a graph with its circuit as the chart takes them: heads whole or taken apart, groups as one node. */
import type { CircuitGraph } from '@contract/circuits'
import { edgeLetters } from '@contract/words'
import type { GraphEdge, GraphNode } from '../../charts/circuit-graph'
import type { CircuitEdits } from './circuit-edits'
import type { Cut } from './circuits-state'
import { toneOf, type KeptCircuit } from './circuit-comparison'

/** `a0.3->m1`, `input->a1.2<k>`, as the lab names them. */
export function edgeName({ nodes, from, to, letter }: CircuitGraph, edge: number): string {
  const said = edgeLetters[letter.data[edge]!]
  return `${nodes[from.data[edge]!]!.name}->${nodes[to.data[edge]!]!.name}${said ? `<${said}>` : ''}`
}

/** Numbers of the edges that are known, from the largest size; as lab/interpret/components/agreement.ts orders them. */
export function rankingOf(scores: ArrayLike<number>): Int32Array {
  const known = Array.from({ length: scores.length }, (_, i) => i).filter((i) => Number.isFinite(scores[i]))
  return Int32Array.from(known.sort((i, j) => Math.abs(scores[j]!) - Math.abs(scores[i]!) || i - j))
}

/** How many of a ranking a cut keeps. */
export function countAt(cut: Cut, ranking: Int32Array, scores: ArrayLike<number>): number {
  if (cut.kind === 'count') return Math.max(0, Math.min(cut.count, ranking.length))
  let count = 0
  while (count < ranking.length && Math.abs(scores[ranking[count]!]!) >= cut.least) count++
  return count
}

/** Most edges that a person who has not chosen yet is shown. */
const mostAtFirst = 300

/** As many edges as are faithful; while that is not known, a tenth of them and at least 8. */
export const firstCount = (edgeCount: number, faithful?: number): number =>
  Math.min(edgeCount, mostAtFirst, faithful ?? Math.max(8, Math.round(edgeCount / 10)))

export interface Named {
  /** Numbers by name. */
  readonly numbers: ReadonlyMap<string, number>
  readonly names: readonly string[]
}

export function namesOf(graph: CircuitGraph): Named {
  const names = Array.from({ length: graph.edgeCount }, (_, edge) => edgeName(graph, edge))
  return { names, numbers: new Map(names.map((name, edge) => [name, edge])) }
}

/** Kept edges in the order of their numbers: the first of the ranking, with those pinned and without those hidden. */
export function keptEdges(ranking: Int32Array, count: number, { names, edits }: { names: Named; edits: CircuitEdits }): readonly number[] {
  const kept = new Set(ranking.subarray(0, count))
  const numbers = (list: readonly string[]): readonly number[] => list.flatMap((name) => names.numbers.get(name) ?? [])
  for (const edge of numbers(edits.pinned)) kept.add(edge)
  for (const edge of numbers(edits.hidden)) kept.delete(edge)
  return [...kept].sort((x, y) => x - y)
}

// Rows

/** Names of the rows from the bottom, and the row of every node. */
export function rowsOf({ nodes, layers }: CircuitGraph): { readonly rows: readonly string[]; readonly rowOf: readonly number[] } {
  if (nodes.some(({ kind }) => kind === 'output')) {
    const rows = ['inputs', ...Array.from({ length: layers }, (_, layer) => `${layer} neurons`), 'outputs']
    return { rows, rowOf: nodes.map(({ layer }) => layer + 1) }
  }
  const hasMlps = nodes.some(({ kind }) => kind === 'mlp')
  const perLayer = hasMlps ? 2 : 1
  const ofLayer = (layer: number): readonly string[] => [`${layer} heads`, ...(hasMlps ? [`${layer} MLP`] : [])]
  const rows = ['input', ...Array.from({ length: layers }, (_, layer) => ofLayer(layer)).flat(), 'logits']
  const rowOf = nodes.map(({ kind, layer }) => {
    if (kind === 'input') return 0
    return kind === 'logits' ? rows.length - 1 : 1 + layer * perLayer + (kind === 'mlp' ? 1 : 0)
  })
  return { rows, rowOf }
}

/**
 * Heads side by side, MLPs in a column of their own at the right, input and logits in the middle of the heads; of a
 * perceptron the nodes of a layer side by side.
 */
function acrossOf({ nodes, heads }: CircuitGraph, at: number): number {
  const { kind, layer, head = 0, neuron } = nodes[at]!
  if (neuron !== undefined) return (neuron + 0.5) / nodes.filter((node) => node.layer === layer).length
  const hasRoom = heads + 1
  if (kind === 'head') return (head + 0.5) / hasRoom
  return kind === 'mlp' ? (heads + 0.5) / hasRoom : heads / 2 / hasRoom
}

const labelOf = ({ name, kind, layer, head }: CircuitGraph['nodes'][number]): string =>
  kind === 'head' ? `${layer}.${head}` : kind === 'mlp' ? `MLP ${layer}` : name

// The drawing

export interface DrawnCircuit {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  readonly rows: readonly string[]
  /** Edges of the graph behind each drawn edge, by the number it is picked by; the largest first. */
  readonly members: ReadonlyMap<number, readonly number[]>
}

export interface DrawingOptions {
  readonly scores: ArrayLike<number>
  readonly edges: readonly number[]
  readonly names: Named
  readonly edits: CircuitEdits
  readonly compared?: KeptCircuit | undefined
  /** 0–1 for each edge: how sure it is to belong. */
  readonly strength?: ArrayLike<number> | undefined
}

export function drawnCircuit(graph: CircuitGraph, options: DrawingOptions): DrawnCircuit {
  const { edits, scores, compared, names, strength } = options
  const { rows, rowOf } = rowsOf(graph)
  const groupOf = new Map(edits.groups.flatMap(({ title, nodes }) => nodes.map((name) => [name, title] as const)))
  const here = new Set(options.edges.map((edge) => names.names[edge]!))
  const lost = compared ? [...compared.scores.keys()].flatMap((name) => (here.has(name) ? [] : (names.numbers.get(name) ?? []))) : []
  const drawn = [...options.edges, ...lost]
  const used = new Set(drawn.flatMap((edge) => [graph.from.data[edge]!, graph.to.data[edge]!]))

  const placeOf = new Map<string, number>()
  const nodes: GraphNode[] = []
  graph.nodes.forEach((node, i) => {
    const title = groupOf.get(node.name)
    const id = title ?? node.name
    if (placeOf.has(id)) return
    placeOf.set(id, nodes.length)
    const members = title === undefined ? [i] : graph.nodes.flatMap((one, at) => (groupOf.get(one.name) === title ? [at] : []))
    const mean = (read: (at: number) => number): number => members.reduce((sum, at) => sum + read(at), 0) / members.length
    const place = edits.layout[id]
    const isApart = title === undefined && edits.expanded.includes(id)
    nodes.push({
      id,
      label: title ?? labelOf(node),
      row: mean((at) => rowOf[at]!),
      x: place?.x ?? mean((at) => acrossOf(graph, at)),
      y: place?.y,
      isUsed: members.some((at) => used.has(at)),
      ...(isApart && { ports: ['q', 'k', 'v'] }),
      ...(title !== undefined && { isGroup: true }),
    })
  })

  const lines = new Map<string, { readonly line: GraphEdge; readonly members: number[] }>()
  const size = (edge: number): number => Math.abs(valueOf(edge))
  const valueOf = (edge: number): number => (here.has(names.names[edge]!) ? scores[edge]! : (compared?.scores.get(names.names[edge]!) ?? 0))
  for (const edge of [...drawn].sort((x, y) => size(y) - size(x))) {
    const idOf = (at: number): string => groupOf.get(graph.nodes[at]!.name) ?? graph.nodes[at]!.name
    const [from, to] = [placeOf.get(idOf(graph.from.data[edge]!))!, placeOf.get(idOf(graph.to.data[edge]!))!]
    if (from === to) continue
    const port = nodes[to]!.ports ? graph.letter.data[edge]! - 1 : -1
    const tone = compared && toneOf(names.names[edge]!, here, compared)
    const key = `${from} ${to} ${port} ${tone ?? ''}`
    const known = lines.get(key)
    if (known) {
      known.members.push(edge)
      continue
    }
    const line = { id: edge, from, to, port, value: valueOf(edge), name: names.names[edge]!, tone, ...(strength && { strength: strength[edge] ?? 0 }) }
    lines.set(key, { line, members: [edge] })
  }
  const all = [...lines.values()]
  const named = all.map(({ line, members }) => (members.length > 1 ? { ...line, name: `${line.name} and ${members.length - 1} more` } : line))
  return { nodes, edges: named, rows, members: new Map(all.map(({ line, members }) => [line.id, members])) }
}
