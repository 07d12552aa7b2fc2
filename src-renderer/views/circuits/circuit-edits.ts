/** What a person did to a circuit, beyond what its scores say: by the names of edges and nodes. Changes return a new record. */

export interface NodeGroup {
  readonly title: string
  readonly nodes: readonly string[]
}

export interface CircuitEdits {
  /** Edges kept whatever their score. */
  readonly pinned: readonly string[]
  /** Edges left out whatever their score. */
  readonly hidden: readonly string[]
  /** Heads whose queries, keys and values are told apart. */
  readonly expanded: readonly string[]
  /** Nodes drawn as one. */
  readonly groups: readonly NodeGroup[]
  readonly notes: Readonly<Record<string, string>>
  /** Where nodes were moved to, 0–1 from left to right and from top to bottom. */
  readonly layout: Readonly<Record<string, { readonly x: number; readonly y: number }>>
}

export const noEdits: CircuitEdits = { pinned: [], hidden: [], expanded: [], groups: [], notes: {}, layout: {} }

const toggled = (list: readonly string[], name: string): readonly string[] =>
  list.includes(name) ? list.filter((one) => one !== name) : [...list, name]

export const pinToggled = (edits: CircuitEdits, edge: string): CircuitEdits => ({
  ...edits,
  pinned: toggled(edits.pinned, edge),
  hidden: edits.hidden.filter((one) => one !== edge),
})

export const hideToggled = (edits: CircuitEdits, edge: string): CircuitEdits => ({
  ...edits,
  hidden: toggled(edits.hidden, edge),
  pinned: edits.pinned.filter((one) => one !== edge),
})

export const expandToggled = (edits: CircuitEdits, node: string): CircuitEdits => ({ ...edits, expanded: toggled(edits.expanded, node) })

/** A node is in one group at most; a group of fewer than two is none. */
export function grouped(edits: CircuitEdits, nodes: readonly string[], title: string): CircuitEdits {
  const rest = edits.groups.map((group) => ({ ...group, nodes: group.nodes.filter((name) => !nodes.includes(name)) }))
  return { ...edits, groups: [...rest.filter((group) => group.nodes.length > 1 && group.title !== title), { title, nodes }] }
}

export const ungrouped = (edits: CircuitEdits, title: string): CircuitEdits => ({
  ...edits,
  groups: edits.groups.filter((group) => group.title !== title),
})

export function noted(edits: CircuitEdits, name: string, text: string): CircuitEdits {
  const { [name]: _before, ...rest } = edits.notes
  return { ...edits, notes: text === '' ? rest : { ...rest, [name]: text } }
}

export const moved = (edits: CircuitEdits, name: string, at: { readonly x: number; readonly y: number }): CircuitEdits => ({
  ...edits,
  layout: { ...edits.layout, [name]: at },
})
