/** What the person has chosen in the Circuits view and done to circuits; outlives its panels. */
import type { Circuit, CircuitGraph, EdgeAblation, EdgeScores } from '@contract/circuits'
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { useHistory } from '../../workbench/history'
import { noEdits, type CircuitEdits } from './circuit-edits'
import type { KeptCircuit } from './circuit-comparison'

/** Which edges are kept: so many of the largest, or those at least as large. */
export type Cut = { readonly kind: 'count'; readonly count: number } | { readonly kind: 'size'; readonly least: number }

type Values = Readonly<Record<string, number | string | boolean>>

/** What a panel that follows the selection shows; the inspector reads it and asks for nothing again. */
export interface ShownCircuit {
  readonly graph: CircuitGraph
  readonly scores: EdgeScores
  readonly edges: readonly number[]
  readonly circuit: Circuit | undefined
}

export const useCircuitsState = defineStore('circuits', () => {
  const ablation = ref<EdgeAblation>('resample')
  /** The method whose scores are drawn; the exact one where it fits, without. */
  const methodId = ref<string>()
  /** Settings that differ from a method's defaults, by method. */
  const settings = shallowRef<Readonly<Record<string, Values>>>({})
  /** Longest exact scoring that begins by itself. */
  const limitMs = ref(10_000)
  const cut = shallowRef<Cut>()
  /** Whether the checkpoint of the scrubber keeps the number of edges, or the least size. */
  const holds = ref<Cut['kind']>('size')
  /** By run: an edge of one network means nothing in another. */
  const edits = shallowRef<Readonly<Record<string, CircuitEdits>>>({})
  const edge = ref<number>()
  const nodes = shallowRef<readonly string[]>([])
  /** Circuits set aside to be compared with. */
  const kept = shallowRef<readonly KeptCircuit[]>([])
  const comparedId = ref<string>()
  const shown = shallowRef<ShownCircuit>()
  const history = useHistory()

  const editsOf = (runId: string | undefined): CircuitEdits => (runId && edits.value[runId]) || noEdits

  function edit(runId: string, label: string, next: CircuitEdits): void {
    const before = editsOf(runId)
    const put = (value: CircuitEdits): void => void (edits.value = { ...edits.value, [runId]: value })
    void history.perform({ label, do: () => put(next), undo: () => put(before) })
  }

  /** One change however far the hand goes: `from` is where it began. */
  function cutAt(next: Cut, count: number, from: Cut | undefined): void {
    void history.perform({
      label: `keep ${count} edges`,
      do: () => void (cut.value = next),
      undo: () => void (cut.value = from),
    })
  }

  function setting(method: string, key: string, value: number | string | boolean): void {
    settings.value = { ...settings.value, [method]: { ...settings.value[method], [key]: value } }
  }

  function keep(circuit: KeptCircuit): void {
    const before = { kept: kept.value, id: comparedId.value }
    void history.perform({
      label: `keep ${circuit.title} for comparison`,
      do: () => void ([kept.value, comparedId.value] = [[...before.kept, circuit], circuit.id]),
      undo: () => void ([kept.value, comparedId.value] = [before.kept, before.id]),
    })
  }

  return { ablation, methodId, settings, limitMs, cut, holds, edge, nodes, kept, comparedId, shown, editsOf, edit, cutAt, setting, keep }
})
