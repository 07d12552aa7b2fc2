/**
 * The neurons of the checkpoint a panel shows, the selected one, and the part of them the histogram points
 * at.
 */
import type { Neurons, Role } from '@contract/interpret'
import { computed, ref, watch } from 'vue'
import { binOf, countBins, type HistogramGroup } from '../../charts/histogram'
import type { ScatterGroup } from '../../charts/scatter'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import { usePanelSelection, useSelection } from '../../workbench/selection'
import { useNeuronsState } from './neurons-state'
import { roleColours, roleNames, roleOf } from './roles'

export const iprRange = [0, 1] as const
export const iprBins = 20

export function useNeurons() {
  const client = useClient()
  const selection = usePanelSelection()
  const state = useNeuronsState()
  const query = useQuery(client.interpret.neurons, () => {
    if (!selection.at.value) return undefined
    return state.thresholds ? { ...selection.at.value, thresholds: state.thresholds } : selection.at.value
  })
  const chosen = useSelection()
  const unoffered = watch(query.data, (neurons) => {
    if (!neurons) return
    unoffered()
    // A first look shows one whole neuron, the most periodic one; afterwards the choice is the person's.
    if (chosen.neuron === undefined) chosen.select({ neuron: indexOfLargest(neurons.ipr.data) })
  })
  /** Of the IPR histogram; only its neurons are listed. */
  const bin = ref<number>()

  const groups = computed(() => (query.data.value ? groupsOf(query.data.value) : []))
  const rows = computed((): readonly number[] => {
    const neurons = query.data.value
    if (!neurons) return []
    const all = Array.from({ length: neurons.count }, (_, i) => i)
    if (bin.value === undefined) return all
    return all.filter((i) => binOf(neurons.ipr.data[i]!, iprRange, iprBins) === bin.value)
  })
  const counts = computed(() => {
    const found: Record<Role, number> = { generalizing: 0, memorizing: 0, between: 0, dead: 0 }
    for (const index of query.data.value?.role.data ?? []) found[roleOf(index)]++
    return found
  })
  return { ...query, selection, state, bin, groups, rows, counts }
}

function indexOfLargest(values: ArrayLike<number>): number {
  let largest = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > values[largest]!) largest = i
  return largest
}

/** Neurons by role, for the histogram and the scatter. */
function groupsOf({
  role,
  ipr,
  count,
}: Neurons): readonly (HistogramGroup & ScatterGroup & { readonly role: Role })[] {
  const all = Array.from({ length: count }, (_, i) => i)
  return roleNames
    .map((name, index) => ({ name, members: all.filter((i) => role.data[i] === index) }))
    .filter(({ members }) => members.length > 0)
    .map(({ name, members }) => ({
      role: name,
      title: name,
      colour: roleColours[name],
      members,
      counts: countBins(
        members.map((i) => ipr.data[i]!),
        iprRange,
        iprBins,
      ),
    }))
}

/** The selected neuron: its spectrum, activation map and what its removal alone would change. */
export function useNeuron() {
  const client = useClient()
  const selection = usePanelSelection()
  const query = useQuery(client.interpret.neuron, () => {
    const neuron = selection.neuron.value
    return selection.at.value && neuron !== undefined ? { ...selection.at.value, neuron } : undefined
  })
  return { ...query, selection }
}
