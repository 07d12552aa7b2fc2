/** A circuit as people take it elsewhere: the file that resources/docs/circuit-file.md describes, and a Python snippet. */
import type { CircuitRecord } from '@contract/circuit-record'
import type { CircuitGraph, EdgeScores } from '@contract/circuits'
import { edgeLetters } from '@contract/words'
import type { CircuitEdits } from './circuit-edits'

export interface FiledCircuit {
  readonly title: string
  readonly run: string
  readonly step: number
  readonly graph: CircuitGraph
  readonly scores: EdgeScores
  readonly edges: readonly number[]
  readonly edits: CircuitEdits
  readonly threshold: number
  readonly faithfulness: number | undefined
}

export function circuitRecord({ title, run, step, graph, scores, edges, edits, threshold, faithfulness }: FiledCircuit): CircuitRecord {
  const { layers, heads, nodes, from, to, letter } = graph
  return {
    format: 'grokscope-circuit',
    version: 1,
    title,
    network: { run, step, layers, heads },
    how: { ...scores.how, spec: { ...scores.how.spec } },
    threshold: Number.isFinite(threshold) ? threshold : 0,
    ...(faithfulness !== undefined && { faithfulness }),
    nodes: nodes.map((node) => ({ ...node })),
    edges: edges.map((edge) => {
      const said = edgeLetters[letter.data[edge]!]
      return { from: nodes[from.data[edge]!]!.name, to: nodes[to.data[edge]!]!.name, ...(said && { letter: said }), score: scores.scores.data[edge]! }
    }),
    annotations: {
      pinned: [...edits.pinned],
      hidden: [...edits.hidden],
      expanded: [...edits.expanded],
      groups: edits.groups.map((group) => ({ title: group.title, nodes: [...group.nodes] })),
      notes: { ...edits.notes },
    },
    layout: { ...edits.layout },
  }
}

/** Reads the file, orders its edges and finds those on a way from the input to the logits; needs nothing but Python. */
export function pythonSnippet(fileName: string): string {
  return `"""Reads a circuit exported from Grokscope. Python 3.9 or newer, no packages."""
import json

with open(${JSON.stringify(fileName)}, encoding="utf-8") as file:
    circuit = json.load(file)
assert circuit["format"] == "grokscope-circuit" and circuit["version"] == 1

edges = sorted(circuit["edges"], key=lambda edge: -abs(edge["score"]))


def name(edge):
    letter = f"<{edge['letter']}>" if "letter" in edge else ""
    return f"{edge['from']}->{edge['to']}{letter}"


def reached(start, step):
    """Nodes that edges lead to from a node; step says which end an edge is entered at and left by."""
    enter, leave = step
    found, open_ends = {start}, [start]
    while open_ends:
        here = open_ends.pop()
        for edge in edges:
            if edge[enter] == here and edge[leave] not in found:
                found.add(edge[leave])
                open_ends.append(edge[leave])
    return found


forward = reached("input", ("from", "to"))
backward = reached("logits", ("to", "from"))
on_a_way = [edge for edge in edges if edge["from"] in forward and edge["to"] in backward]

print(f"{circuit['title']}: {len(edges)} edges, {len(on_a_way)} on a way from input to logits,",
      f"faithfulness {circuit.get('faithfulness', 'not measured')}")
for edge in edges[:20]:
    print(f"{edge['score']:+.4f}  {name(edge)}")
# In TransformerLens a write a{layer}.{head} is hook blocks.{layer}.attn.hook_result[:, :, head], m{layer} is
# blocks.{layer}.hook_mlp_out, and <q>, <k>, <v> are read at blocks.{layer}.hook_{q,k,v}_input.
`
}
