/** The graph of the checkpoint a panel shows, its edges' scores by the chosen method, and the circuit that is kept of it. */
import { computed, shallowRef, watch } from 'vue'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import { usePanelSelection } from '../../workbench/selection'
import { usePatchingState } from '../patching/patching-state'
import { usePairSource } from '../patching/use-pair-source'
import { useCircuitsState, type Cut } from './circuits-state'
import { countAt, drawnCircuit, firstCount, keptEdges, namesOf, rankingOf } from './drawn-circuit'
import { useCurves } from './use-curves'
import { useScoring, type AskedTerms } from './use-scoring'

export function useCircuits() {
  const client = useClient()
  const selection = usePanelSelection()
  const state = useCircuitsState()
  const patching = usePatchingState()
  const drawn = usePairSource()
  const graph = useQuery(client.circuits.graph, () => selection.at.value)
  const methods = useQuery(client.circuits.methods, () => graph.data.value && selection.at.value)

  const told = computed((): AskedTerms | undefined => {
    const at = selection.at.value
    const source = drawn.source.value
    if (!at || !source || !graph.data.value) return undefined
    return { ...at, source, metric: patching.terms.metric, ablation: state.ablation }
  })
  const scoring = useScoring(told, () => methods.data.value)
  const { scores } = scoring
  /** Absent while the answer on screen is of other terms. */
  const whole = computed(() => {
    const { data, pending } = scores
    return data.value && !pending.value && data.value.done === data.value.total ? data.value : undefined
  })

  const names = computed(() => graph.data.value && namesOf(graph.data.value))
  const values = computed(() => {
    const { data } = scores
    return data.value && data.value.scores.data.length === graph.data.value?.edgeCount ? data.value.scores.data : undefined
  })
  const ranking = computed(() => (values.value ? rankingOf(values.value) : new Int32Array(0)))
  const edits = computed(() => state.editsOf(selection.runId.value))
  const curves = useCurves(told, () => whole.value)
  const cut = computed((): Cut => state.cut ?? { kind: 'count', count: firstCount(graph.data.value?.edgeCount ?? 0) })
  const isGiven = computed(() => scores.data.value?.kept !== undefined && state.cut === undefined)
  const count = computed(() => {
    const kept = scores.data.value?.kept
    if (kept && isGiven.value) return Array.from(kept.data).reduce((sum, one) => sum + one, 0)
    return values.value ? countAt(cut.value, ranking.value, values.value) : 0
  })
  const edges = computed((): readonly number[] => {
    const kept = scores.data.value?.kept
    if (!names.value) return []
    const order = kept && isGiven.value ? Int32Array.from(kept.data.keys()).filter((edge) => kept.data[edge] === 1) : ranking.value
    return keptEdges(order, count.value, { names: names.value, edits: edits.value })
  })
  /** So many edges, in the form that is held while the scrubber moves. */
  function cutAt(wanted: number): Cut {
    const last = ranking.value[Math.min(wanted, ranking.value.length) - 1]
    return state.holds === 'count' || last === undefined ? { kind: 'count', count: wanted } : { kind: 'size', least: Math.abs(values.value![last]!) }
  }
  /** Smallest size among the edges that the cut keeps. */
  const least = computed(() => (count.value > 0 && values.value ? Math.abs(values.value[ranking.value[count.value - 1]!]!) : Infinity))
  const circuit = useQuery(client.circuits.circuit, () => {
    if (!told.value || !whole.value) return undefined
    return { ...told.value, edges: { axes: ['edge'], shape: [edges.value.length], data: Int32Array.from(edges.value) } }
  })
  /** Share of resamples that keep each edge, while it is drawn. */
  const stability = shallowRef<ArrayLike<number>>()
  const compared = computed(() => state.kept.find(({ id }) => id === state.comparedId))
  /** Edges on no way from the input to the logits are faint; with a stability, so are those that other pairs do not keep. */
  const strength = computed(() => {
    if (stability.value) return stability.value
    const { data, pending } = circuit
    return data.value && !pending.value ? Array.from(data.value.connected.data, (one) => (one ? 1 : 0)) : undefined
  })
  const drawing = computed(() => {
    if (!graph.data.value || !values.value || !names.value) return undefined
    const shared = { scores: values.value, edges: edges.value, names: names.value, edits: edits.value }
    return drawnCircuit(graph.data.value, { ...shared, compared: compared.value, strength: strength.value })
  })

  // The first circuit of a run is one that is faithful, once it is known which is; afterwards it is the person's.
  watch(scoring.workKey, (_now, before) => before !== undefined && (state.cut = undefined))
  watch(curves.curve.data, (found) => {
    if (!found || state.cut || isGiven.value) return
    state.cut = cutAt(firstCount(graph.data.value?.edgeCount ?? 0, found.faithfulCount))
  })
  watch(() => state.holds, () => state.cut && (state.cut = cutAt(count.value)))
  watch(
    [graph.data, scores.data, edges, circuit.data, () => selection.isPinned.value],
    () => {
      if (selection.isPinned.value) return
      const [known, scored] = [graph.data.value, scores.data.value]
      state.shown = known && scored && { graph: known, scores: scored, edges: edges.value, circuit: circuit.data.value }
    },
    { immediate: true },
  )

  const pairs = { sets: drawn.sets, error: drawn.error, reload: drawn.reload }
  return {
    state, patching, selection, pairs, graph, methods, told, ...scoring, whole, names, values, ranking, edits, cut, cutAt, count, edges, least,
    circuit, compared, drawing, stability, ...curves,
  }
}

export type Circuits = ReturnType<typeof useCircuits>
