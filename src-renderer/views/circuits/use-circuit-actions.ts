/** What can be done with the circuit on screen: every change through the undo stack, exports as files. */
import { computed } from 'vue'
import { fileStem, saveFile } from '../../charts/picture'
import { useClient } from '../../client/use-client'
import { chooseFiles } from '../../workbench/import/dropped'
import { useRuns } from '../../workbench/runs'
import { useToasts } from '../../workbench/toasts'
import { expandToggled, grouped, hideToggled, moved, noted, pinToggled, ungrouped } from './circuit-edits'
import { keptFrom } from './circuit-comparison'
import { circuitRecord, pythonSnippet } from './circuit-file'
import type { Circuits } from './use-circuits'
import type { Cut } from './circuits-state'

type Shown = Pick<Circuits, 'state' | 'selection' | 'graph' | 'scores' | 'method' | 'names' | 'edges' | 'edits' | 'cut' | 'cutAt' | 'least' | 'circuit' | 'drawing'>

export function useCircuitActions({ state, selection, graph, scores, method, names, edges, edits, cut, cutAt, least, circuit, drawing }: Shown) {
  const runs = useRuns()
  const client = useClient()
  const toasts = useToasts()
  const runId = computed(() => selection.runId.value)
  const runName = computed(() => runs.byId.get(runId.value ?? '')?.name ?? 'run')
  const nameOf = (edge: number | undefined): string | undefined => (edge === undefined ? undefined : names.value?.names[edge])
  /** Edges behind the selected line: several where heads are whole or nodes are grouped. */
  const taken = computed((): readonly string[] => {
    if (state.edge === undefined) return []
    const members = drawing.value?.members.get(state.edge) ?? [state.edge]
    return members.flatMap((edge) => nameOf(edge) ?? [])
  })

  let before: { readonly cut: Cut } | undefined
  function dragTo(count: number): void {
    before ??= { cut: cut.value }
    state.cut = cutAt(count)
  }
  function commit(count: number): void {
    state.cutAt(cutAt(count), count, before?.cut ?? cut.value)
    before = undefined
  }

  function change(label: string, next: ReturnType<typeof pinToggled>): void {
    if (runId.value !== undefined) state.edit(runId.value, label, next)
  }
  const each = (toggle: typeof pinToggled, label: string) => (): void => {
    const [first] = taken.value
    if (first !== undefined) change(`${label} ${first}`, taken.value.reduce(toggle, edits.value))
  }
  function choose(id: string, isAdded: boolean): void {
    const others = state.nodes.filter((one) => one !== id)
    state.nodes = !isAdded ? [id] : others.length < state.nodes.length ? others : [...others, id]
    const node = graph.data.value?.nodes.find(({ name }) => name === id)
    if (node?.kind === 'head') selection.select({ site: `blocks.${node.layer}.attn.hook_z[head=${node.head}]` })
  }
  function group(): void {
    const members = state.nodes.flatMap((id) => edits.value.groups.find(({ title }) => title === id)?.nodes ?? [id])
    const title = freeTitle(edits.value.groups.map((one) => one.title))
    change(`group ${members.length} nodes`, grouped(edits.value, members, title))
    state.nodes = [title]
  }

  const title = computed(() => `${runName.value}, step ${selection.step.value ?? 0}, ${edges.value.length} edges, ${method.value?.title ?? ''}`)
  function keep(): void {
    const { data } = scores
    if (!data.value || !names.value) return
    const known = data.value.scores.data
    const kept = new Map(edges.value.map((edge) => [names.value!.names[edge]!, known[edge]!] as const))
    state.keep({ id: freeId(), title: title.value, scores: kept, faithfulness: circuit.data.value?.faithfulness })
  }
  const freeId = (): string => `kept ${state.kept.length + 1}`
  /** Lays a circuit from a file beside this one. */
  function openFile(): Promise<void> {
    return toasts.attempt(async () => {
      const [chosen] = await chooseFiles(false)
      if (chosen) state.keep(keptFrom(await client.circuits.read({ text: await chosen.file.text() }), freeId()))
    })
  }
  function exported(kind: 'json' | 'python'): void {
    if (!graph.data.value || !scores.data.value) return
    const stem = fileStem(`circuit ${runName.value} ${selection.step.value ?? 0}`)
    if (kind === 'python') return saveFile({ name: `${stem}.py`, blob: new Blob([pythonSnippet(`${stem}.json`)], { type: 'text/x-python' }) })
    const record = circuitRecord({
      title: title.value, run: runName.value, step: selection.step.value ?? 0, graph: graph.data.value, scores: scores.data.value,
      edges: edges.value, edits: edits.value, threshold: least.value, faithfulness: circuit.data.value?.faithfulness,
    })
    saveFile({ name: `${stem}.json`, blob: new Blob([JSON.stringify(record, null, 1)], { type: 'application/json' }) })
  }

  return {
    taken, dragTo, commit, choose, group, keep, exported, openFile, title,
    pin: each(pinToggled, 'pin'),
    hide: each(hideToggled, 'hide'),
    open: (id: string): void => {
      const own = edits.value.groups.some((one) => one.title === id)
      if (own) change(`take ${id} apart`, ungrouped(edits.value, id))
      else if (graph.data.value?.nodes.some(({ name, kind }) => name === id && kind === 'head')) change(`tell q, k and v of ${id} apart`, expandToggled(edits.value, id))
    },
    move: (id: string, at: { x: number; y: number }): void => change(`move ${id}`, moved(edits.value, id, at)),
    note: (name: string, text: string): void => change(`note on ${name}`, noted(edits.value, name, text)),
    rename: (from: string, to: string): void => {
      const own = edits.value.groups.find((one) => one.title === from)
      if (own && to !== '' && to !== from) change(`name the group ${to}`, grouped(ungrouped(edits.value, from), own.nodes, to))
    },
  }
}

function freeTitle(taken: readonly string[]): string {
  for (let i = 1; ; i++) if (!taken.includes(`group ${i}`)) return `group ${i}`
}
