/** What the person has set in the Neurons view; outlives its panels and is shared with the inspector. */
import type { PruneOrder, RoleThresholds } from '@contract/interpret'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { useHistory } from '../../workbench/history'

export interface PruneSetting {
  readonly order: PruneOrder
  /** How many of the order are removed. */
  readonly count: number
  readonly seed: number
  /** Harmonic that is kept longest in the `frequency` order; the commonest without. */
  readonly freq: number | undefined
  /** Hand-picked neurons in the order they were picked, of one run: indices mean nothing in another. */
  readonly picked: readonly number[]
}

const untouched: PruneSetting = { order: 'ipr-ascending', count: 0, seed: 0, freq: undefined, picked: [] }

export const useNeuronsState = defineStore('neurons', () => {
  // Shallow, since it is sent as it is and a proxy cannot be cloned.
  const thresholds = shallowRef<RoleThresholds>()
  const byRun = shallowRef<Readonly<Record<string, PruneSetting>>>({})
  const history = useHistory()

  const prune = (runId: string | undefined): PruneSetting => (runId && byRun.value[runId]) || untouched

  /** The order of a run's curve, as the view's panel received it. */
  const measured = shallowRef<Readonly<Record<string, ArrayLike<number>>>>({})

  function measure(runId: string, order: ArrayLike<number>): void {
    measured.value = { ...measured.value, [runId]: order }
  }

  /** The neurons that are removed now: for the inspector, which need not ask for the curve again. */
  function removed(runId: string): readonly number[] {
    const { order, picked, count } = prune(runId)
    return order === 'hand-picked'
      ? picked.slice(0, count)
      : Array.from(measured.value[runId] ?? []).slice(0, count)
  }

  /** At once and without history: what a hand that drags does. */
  function put(runId: string, change: Partial<PruneSetting>): void {
    byRun.value = { ...byRun.value, [runId]: { ...prune(runId), ...change } }
  }

  /** With history. `from` is the setting before the hand began, for a change the hand has made already. */
  function change(
    runId: string,
    wanted: Partial<PruneSetting>,
    { label, from }: { label: string; from?: PruneSetting },
  ): void {
    const before = from ?? prune(runId)
    // Doing it again now would undo what the hand has moved on to meanwhile.
    let isDone = from !== undefined
    const redo = (): void => {
      if (!isDone) put(runId, wanted)
      isDone = false
    }
    void history.perform({ label, do: redo, undo: () => put(runId, before) })
  }

  /** Picks a neuron to remove, or takes it back; switches to the hand-picked order. */
  function toggle(runId: string, neuron: number): void {
    // What the order has removed so far is where picking by hand starts from.
    const start = removed(runId)
    const isOut = start.includes(neuron)
    const picked = isOut ? start.filter((one) => one !== neuron) : [...start, neuron]
    const label = isOut ? `restore neuron ${neuron}` : `remove neuron ${neuron}`
    change(runId, { order: 'hand-picked', picked, count: picked.length }, { label })
  }

  return { thresholds, byRun, prune, measure, removed, put, change, toggle }
})
