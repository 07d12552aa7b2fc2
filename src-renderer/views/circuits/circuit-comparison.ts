/** Two circuits beside each other, by the names of their edges, so that networks of another size compare as well. */
import type { CircuitRecord } from '@contract/circuit-record'
import type { EdgeTone } from '../../charts/circuit-graph'

/** A circuit as it was when it was set aside. */
export interface KeptCircuit {
  readonly id: string
  readonly title: string
  /** Score of each kept edge by name. */
  readonly scores: ReadonlyMap<string, number>
  readonly faithfulness: number | undefined
}

/** A circuit from a file, to be compared with. */
export function keptFrom({ title, edges, faithfulness }: CircuitRecord, id: string): KeptCircuit {
  const named = edges.map(({ from, to, letter, score }) => [`${from}->${to}${letter ? `<${letter}>` : ''}`, score] as const)
  return { id, title, scores: new Map(named), faithfulness }
}

export interface Overlap {
  readonly both: readonly string[]
  /** In this circuit and not in the other. */
  readonly gained: readonly string[]
  readonly lost: readonly string[]
  /** Shared over all there are in either; 1 for two empty ones. */
  readonly jaccard: number
}

export function overlapOf(these: Iterable<string>, others: Iterable<string>): Overlap {
  const [here, there] = [new Set(these), new Set(others)]
  const both = [...here].filter((name) => there.has(name))
  const gained = [...here].filter((name) => !there.has(name))
  const lost = [...there].filter((name) => !here.has(name))
  const all = both.length + gained.length + lost.length
  return { both, gained, lost, jaccard: all === 0 ? 1 : both.length / all }
}

/** Nodes that edges touch: `a0.1->a1.2<k>` touches `a0.1` and `a1.2`. */
export function nodesTouched(edges: Iterable<string>): ReadonlySet<string> {
  return new Set([...edges].flatMap((name) => name.replace(/<[qkv]>$/, '').split('->')))
}

export function toneOf(name: string, here: ReadonlySet<string>, other: KeptCircuit): EdgeTone | undefined {
  if (here.has(name)) return other.scores.has(name) ? 'both' : 'gained'
  return other.scores.has(name) ? 'lost' : undefined
}
