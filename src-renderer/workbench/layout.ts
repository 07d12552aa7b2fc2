/**
 * Where panels are: a thin hand over the docking library, whose state is the layout. A panel shows one view; two panels
 * may show the same one. Layouts are saved by name in the project.
 */
import type { DockviewApi, IDockviewPanel, SerializedDockview } from 'dockview-vue'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { Pinned } from './selection'
import { findView } from './view'

/** What a panel keeps about itself; saved with the layout. */
export interface PanelParams {
  readonly viewId: string
  readonly pinned?: Pinned
}

/** The views open when a project is first seen, the first of them in front. */
const firstViews = ['neurons', 'training', 'recipes', 'report']

export const useLayout = defineStore('layout', () => {
  const api = shallowRef<DockviewApi>()
  const activeViewId = ref<string>()
  const activePanelId = ref<string>()
  const openViewIds = shallowRef<readonly string[]>([])
  /** Rises with every change worth saving. */
  const revision = ref(0)
  const isReady = computed(() => api.value !== undefined)

  function attach(attached: DockviewApi): void {
    api.value = attached
    attached.onDidActivePanelChange(() => observe())
    attached.onDidLayoutChange(() => observe())
    observe()
  }

  function observe(): void {
    const active = api.value?.activePanel
    activePanelId.value = active?.id
    activeViewId.value = active && paramsOf(active)?.viewId
    openViewIds.value = api.value?.panels.map((panel) => paramsOf(panel)?.viewId ?? '') ?? []
    revision.value++
  }

  /** Shows a view: the panel that has it, or a new one in the active group. */
  function open(viewId: string): void {
    const shown = api.value?.panels.find((panel) => paramsOf(panel)?.viewId === viewId)
    if (shown) shown.api.setActive()
    else add(viewId)
  }

  /** A new panel of a view; with a direction beside the active one. */
  function add(viewId: string, direction?: 'right' | 'below', params?: Partial<PanelParams>): void {
    const view = findView(viewId)
    const reference = api.value?.activePanel
    if (!view || !api.value) return
    api.value.addPanel<PanelParams>({
      id: freeId(api.value, viewId),
      component: 'view',
      title: view.title,
      params: { ...params, viewId },
      ...(direction && reference && { position: { referencePanel: reference, direction } }),
    })
  }

  function closeActive(): void {
    api.value?.activePanel?.api.close()
  }

  /** Takes the active panel out of the grid into a window of its own inside this one, or back. */
  function toggleFloating(): void {
    const panel = api.value?.activePanel
    if (!panel || !api.value) return
    const grid = api.value.groups.find(({ api: group }) => group.location.type === 'grid')
    if (panel.api.location.type === 'grid') {
      api.value.addFloatingGroup(panel, { x: 120, y: 60, width: 560, height: 420 })
    } else if (grid) panel.api.moveTo({ group: grid })
    else panel.api.moveTo({ group: api.value.addGroup() })
  }

  function toggleMaximized(): void {
    const panel = api.value?.activePanel
    if (!panel) return
    if (panel.api.isMaximized()) panel.api.exitMaximized()
    else panel.api.maximize()
  }

  function save(): string {
    return JSON.stringify(api.value?.toJSON() ?? null)
  }

  /** Puts a saved layout back; one that this version cannot read leaves the first layout. */
  function restore(text: string | undefined): void {
    const saved = text === undefined ? null : parsed(text)
    if (!saved || !api.value) return reset()
    try {
      api.value.fromJSON(saved)
      if (api.value.panels.length === 0) reset()
    } catch {
      reset()
    }
  }

  function reset(): void {
    api.value?.clear()
    for (const viewId of firstViews) add(viewId)
    const first = firstViews.find((viewId) => findView(viewId))
    if (first) open(first)
  }

  return {
    api,
    isReady,
    activeViewId,
    activePanelId,
    openViewIds,
    revision,
    attach,
    open,
    add,
    closeActive,
    toggleFloating,
    toggleMaximized,
    save,
    restore,
    reset,
  }
})

export function paramsOf(panel: IDockviewPanel): PanelParams | undefined {
  return panel.params as PanelParams | undefined // every panel is made by `add` or restored from what it saved
}

function freeId(api: DockviewApi, viewId: string): string {
  for (let n = 1; ; n++) {
    const id = `${viewId}-${n}`
    if (!api.getPanel(id)) return id
  }
}

/** The layout in a text, without panels of views that are gone. */
function parsed(text: string): SerializedDockview | null {
  try {
    const layout = JSON.parse(text) as SerializedDockview | null
    const panels = Object.values(layout?.panels ?? {})
    const isKnown = panels.every(({ params }) => findView((params as PanelParams | undefined)?.viewId ?? ''))
    return isKnown ? layout : null
  } catch {
    return null
  }
}
