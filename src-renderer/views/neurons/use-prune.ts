/**
 * Removing neurons along an order.
 *
 * The accuracies for every count arrive as one curve, sent as it grows. Moving the slider only looks a count
 * up in it, so the numbers follow the hand at any rate and are exactly the curve's. A count beyond what has
 * arrived waits for it.
 */
import type { Neurons, PruneCurve, PruneOrder } from '@contract/interpret'
import { computed, watch, type ComputedRef, type Ref } from 'vue'
import type { LineSeries } from '../../charts/line-chart'
import { useClient } from '../../client/use-client'
import { useStream } from '../../client/use-stream'
import { usePanelSelection } from '../../workbench/selection'
import { useNeuronsState, type PruneSetting } from './neurons-state'
import { orderTitles } from './roles'

export interface Accuracies {
  readonly trainClean: number
  readonly trainCorrupted: number
  readonly test: number
  readonly trueLabel: number
}

export const accuracyLines = [
  { key: 'test', title: 'test', short: 'test', colour: 'test', dash: 'solid' },
  { key: 'trainClean', title: 'train, clean', short: 'clean', colour: 'clean', dash: 'solid' },
  {
    key: 'trainCorrupted',
    title: 'train, corrupted',
    short: 'corrupted',
    colour: 'corrupted',
    dash: 'solid',
  },
  {
    key: 'trueLabel',
    title: 'predicted as true label',
    short: 'true label',
    colour: 'true-label',
    dash: 'dashed',
  },
] as const

/** The curve's accuracies with the first `count` neurons removed; undefined where it has not arrived. */
export function accuraciesAt(curve: PruneCurve | undefined, count: number): Accuracies | undefined {
  if (!curve || count > curve.done || count > curve.total) return undefined
  const at = ({ data }: { readonly data: ArrayLike<number> }): number => data[count]!
  return {
    trainClean: at(curve.trainClean),
    trainCorrupted: at(curve.trainCorrupted),
    test: at(curve.test),
    trueLabel: at(curve.trueLabel),
  }
}

/** The first `count` neurons of the curve's order. */
export function removedOf(curve: PruneCurve | undefined, count: number): readonly number[] {
  return curve ? Array.from(curve.order.data.subarray(0, count)) : []
}

export function curveLines(curve: PruneCurve): readonly LineSeries[] {
  const counts = Float64Array.from({ length: curve.total + 1 }, (_, i) => i)
  // Without corrupted labels there is nothing to say of them.
  const lines = accuracyLines.filter(({ key }) => !Number.isNaN(curve[key].data[0]))
  return lines.map(({ key, title, colour, dash }) => ({ title, colour, dash, x: counts, y: curve[key].data }))
}

/** Harmonics with how many neurons each has, commonest first. */
export function harmonics(
  neurons: Neurons | undefined,
): readonly { readonly freq: number; readonly count: number }[] {
  const counts = new Map<number, number>()
  for (const freq of neurons?.freq.data ?? []) counts.set(freq, (counts.get(freq) ?? 0) + 1)
  return [...counts]
    .map(([freq, count]) => ({ freq, count }))
    .sort((x, y) => y.count - x.count || x.freq - y.freq)
}

export function usePrune(neurons: Readonly<Ref<Neurons | undefined>>) {
  const client = useClient()
  const selection = usePanelSelection()
  const state = useNeuronsState()
  const setting: ComputedRef<PruneSetting> = computed(() => state.prune(selection.runId.value))
  const freq = computed(() => setting.value.freq ?? harmonics(neurons.value)[0]?.freq)

  const stream = useStream(client.interpret.prune, () => {
    const { order, seed, picked } = setting.value
    const at = selection.at.value
    if (!at) return undefined
    if (order === 'random') return { ...at, order, seed }
    if (order === 'hand-picked') return { ...at, order, picked: [...picked] }
    if (order !== 'frequency') return { ...at, order }
    return freq.value === undefined ? undefined : { ...at, order, freq: freq.value }
  })
  /** The last curve while the next is waited for, unless it is of another number of picked neurons. */
  const curve = computed(() => {
    const shown = stream.data.value
    return shown && (setting.value.order !== 'hand-picked' || shown.total === setting.value.picked.length)
      ? shown
      : undefined
  })
  watch(
    () => curve.value?.order.data,
    (order) => order && selection.runId.value && state.measure(selection.runId.value, order),
    { immediate: true, flush: 'sync' },
  )
  const total = computed(() => curve.value?.total ?? neurons.value?.count ?? 0)
  const count = computed(() => Math.min(setting.value.count, total.value))
  const accuracies = computed(() => accuraciesAt(curve.value, count.value))
  const untouched = computed(() => accuraciesAt(curve.value, 0))
  const removed = computed(() => (selection.runId.value ? state.removed(selection.runId.value) : []))
  const removedSet = computed(() => new Set(removed.value))
  const title = computed(() => `Accuracy while neurons are removed, ${orderTitles[setting.value.order]}`)

  /** Where the hand picked the slider up; undefined while it rests. */
  let heldFrom: PruneSetting | undefined

  function drag(wanted: number): void {
    const runId = selection.runId.value
    if (!runId) return
    heldFrom ??= setting.value
    state.put(runId, { count: wanted })
  }

  function drop(): void {
    const runId = selection.runId.value
    const from = heldFrom
    heldFrom = undefined
    if (!runId || !from || from.count === setting.value.count) return
    const { count: wanted } = setting.value
    state.change(
      runId,
      { count: wanted },
      { label: `remove ${wanted} neurons, ${orderTitles[setting.value.order]}`, from },
    )
  }

  function choose(change: { order?: PruneOrder; seed?: number; freq?: number }): void {
    const runId = selection.runId.value
    if (!runId) return
    const order = change.order ?? setting.value.order
    // Picking by hand goes on from what the order before had removed.
    const isNewPick = change.order === 'hand-picked' && setting.value.order !== 'hand-picked'
    const picked = isNewPick ? [...removed.value] : setting.value.picked
    const wanted = isNewPick
      ? picked.length
      : order === 'hand-picked'
        ? setting.value.count
        : Math.min(setting.value.count, neurons.value?.count ?? 0)
    state.change(
      runId,
      { ...change, picked, count: wanted },
      { label: `remove neurons ${orderTitles[order]}` },
    )
  }

  function toggle(neuron: number): void {
    const runId = selection.runId.value
    if (runId) state.toggle(runId, neuron)
  }

  return {
    ...stream,
    setting,
    freq,
    curve,
    total,
    count,
    accuracies,
    untouched,
    removed,
    removedSet,
    title,
    drag,
    drop,
    choose,
    toggle,
    selection,
  }
}

export type Prune = ReturnType<typeof usePrune>
