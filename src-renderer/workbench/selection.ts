/**
 * The selection: what every view shows is a function of it. It lives here once, is saved with the session, and a panel
 * may pin the checkpoint it shows, so that two panels can be compared.
 */
import type { At } from '@contract/interpret'
import type { Split } from '@contract/runs'
import { defineStore } from 'pinia'
import { computed, inject, ref, type ComputedRef, type InjectionKey, type Ref } from 'vue'

export interface SelectionRecord {
  readonly runId: string | undefined
  readonly step: number | undefined
  readonly neuron: number | undefined
  /** A hook point and an index into it, as TransformerLens writes it. */
  readonly site: string | undefined
  readonly split: Split
}

export const useSelection = defineStore('selection', () => {
  const runId = ref<string>()
  const step = ref<number>()
  const neuron = ref<number>()
  const site = ref<string>()
  const split = ref<Split>('test')
  const fields = { runId, step, neuron, site, split }

  /** Changes the named fields only. */
  function select(change: Partial<SelectionRecord>): void {
    for (const key of Object.keys(change) as (keyof SelectionRecord)[]) {
      ;(fields[key] as Ref<unknown>).value = change[key]
    }
  }
  return { ...fields, select }
})

/** The checkpoint a panel stays at. */
export type Pinned = At

export interface Panel {
  readonly id: string
  readonly viewId: string
  readonly pinned: Ref<Pinned | undefined>
}

export const panelKey: InjectionKey<Panel> = Symbol('panel')

export interface PanelSelection {
  readonly runId: ComputedRef<string | undefined>
  readonly step: ComputedRef<number | undefined>
  readonly neuron: ComputedRef<number | undefined>
  readonly site: ComputedRef<string | undefined>
  readonly split: ComputedRef<Split>
  /** Run and step together, as queries take them; undefined until both are known. */
  readonly at: ComputedRef<At | undefined>
  readonly isPinned: ComputedRef<boolean>
  /** Changes the shared selection. A pinned panel keeps its run and step. */
  select(change: Partial<SelectionRecord>): void
  /** Keeps this panel at the checkpoint it shows. Does nothing outside a panel. */
  pin(): void
  unpin(): void
}

/** The selection as the panel around this component sees it; outside a panel, the shared one. */
export function usePanelSelection(): PanelSelection {
  const shared = useSelection()
  const panel = inject(panelKey, undefined)
  const runId = computed(() => panel?.pinned.value?.runId ?? shared.runId)
  const step = computed(() => panel?.pinned.value?.step ?? shared.step)
  const at = computed(() =>
    runId.value !== undefined && step.value !== undefined ? { runId: runId.value, step: step.value } : undefined,
  )
  return {
    runId,
    step,
    at,
    neuron: computed(() => shared.neuron),
    site: computed(() => shared.site),
    split: computed(() => shared.split),
    isPinned: computed(() => panel?.pinned.value !== undefined),
    select: shared.select,
    pin: () => void (panel && (panel.pinned.value = at.value)),
    unpin: () => void (panel && (panel.pinned.value = undefined)),
  }
}
