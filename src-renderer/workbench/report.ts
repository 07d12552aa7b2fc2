/** The project's report as the window sees it. Every change is undoable; the order and the items live in the project. */
import type { Client } from '@contract/index'
import type { Provenance } from '@contract/interpret'
import type { ReportItem, ReportTable, StoredReportItem } from '@contract/reports'
import { defineStore } from 'pinia'
import { computed, inject, shallowRef, watch } from 'vue'
import type { ReportedFigure } from '../charts/figure'
import { useClient, useClientContext } from '../client/use-client'
import { useHistory } from './history'
import { useProject } from './project'
import { panelKey, usePanelSelection } from './selection'
import { useToasts } from './toasts'

export const useReportItems = defineStore('report', () => {
  const items = shallowRef<readonly StoredReportItem[]>([])
  return { items, count: computed(() => items.value.length) }
})

/** Keeps the items current. Call once, where the workbench is set up. */
export function useReportFeed(): void {
  const { client, generation } = useClientContext()
  const project = useProject()
  const { load } = useReportChanges(client)
  const toasts = useToasts()
  watch([() => project.key, generation], ([key]) => void (key !== undefined && toasts.attempt(load)), { immediate: true })
}

export interface Report {
  /** Adds a figure with the view and checkpoint of the panel around the caller. */
  /** `viewId` is the view to go back to; the panel's own if absent. */
  add(figure: ReportedFigure, viewId?: string): Promise<void>
  addNote(title: string, text: string): Promise<void>
  /** Adds a table and what is drawn of it, undone together. */
  addSection(table: ReportTable, figures: readonly ReportedFigure[]): Promise<void>
  change(stored: StoredReportItem, item: ReportItem): Promise<void>
  remove(stored: StoredReportItem): Promise<void>
  move(stored: StoredReportItem, index: number): Promise<void>
  /** Reads the items again; after a project was opened. */
  load(): Promise<void>
}

/** Call in setup. Failures are shown as toasts and leave the report as it was. */
export function useReport(): Report {
  const client = useClient()
  const selection = usePanelSelection()
  const panel = inject(panelKey, undefined)
  const changes = useReportChanges(client)

  function figureItem(figure: ReportedFigure, viewId: string): ReportItem {
    const runId = selection.runId.value
    const step = selection.step.value
    return {
      kind: 'figure',
      title: figure.title,
      caption: figure.caption,
      option: figure.option,
      csv: figure.csv,
      how: figure.how ?? unstated,
      from: {
        viewId,
        ...(runId !== undefined && { runId }),
        ...(step !== undefined && { step }),
      },
    }
  }
  return {
    ...changes,
    add: (figure, viewId = panel?.viewId ?? 'report') => changes.append([figureItem(figure, viewId)]),
    addNote: (title, text) => changes.append([{ kind: 'note', title, text }]),
    addSection: (table, figures) => changes.append([table, ...figures.map((figure) => figureItem(figure, table.from.viewId))]),
  }
}

type ReportChanges = Omit<Report, 'add' | 'addNote' | 'addSection'> & { append(items: readonly ReportItem[]): Promise<void> }

function useReportChanges(client: Client): ReportChanges {
  const store = useReportItems()
  const history = useHistory()
  const toasts = useToasts()
  const load = async (): Promise<void> => void (store.items = await client.reports.list({}))
  const indexOf = (id: string): number => store.items.findIndex((stored) => stored.id === id)
  const insert = async (stored: StoredReportItem, index: number): Promise<void> => {
    store.items = await client.reports.insert({ stored, index })
  }
  const drop = async (id: string): Promise<void> => {
    await client.reports.remove({ id })
    store.items = store.items.filter((stored) => stored.id !== id)
  }
  const replace = async (id: string, item: ReportItem): Promise<void> => {
    const changed = await client.reports.change({ id, item })
    store.items = store.items.map((stored) => (stored.id === id ? changed : stored))
  }
  const place = async (id: string, index: number): Promise<void> => {
    store.items = await client.reports.move({ id, index })
  }

  return {
    load,
    append: (items) =>
      toasts.attempt(async () => {
        const added: StoredReportItem[] = []
        const what = quoted(items[0]!)
        await history.perform({
          label: `add ${what} to the report`,
          async do() {
            // Doing it again brings the same items back, so that later changes to them still find them.
            for (const stored of added) await insert(stored, store.items.length)
            for (const item of items.slice(added.length)) {
              added.push(await client.reports.add({ item }))
              store.items = [...store.items, added.at(-1)!]
            }
          },
          async undo() {
            for (const { id } of added) await drop(id)
          },
        })
        toasts.say(`Added ${what} to the report`, { title: 'Undo', run: () => void history.undo() })
      }),
    change: (stored, item) =>
      toasts.attempt(() =>
        history.perform({
          label: `edit ${quoted(stored.item)}`,
          do: () => replace(stored.id, item),
          undo: () => replace(stored.id, stored.item),
        }),
      ),
    remove: (stored) =>
      toasts.attempt(async () => {
        const index = indexOf(stored.id)
        await history.perform({
          label: `remove ${quoted(stored.item)} from the report`,
          do: () => drop(stored.id),
          undo: () => insert(stored, index),
        })
        toasts.say(`Removed ${quoted(stored.item)} from the report`, { title: 'Undo', run: () => void history.undo() })
      }),
    move: (stored, index) =>
      toasts.attempt(() => {
        const from = indexOf(stored.id)
        return history.perform({
          label: `move ${quoted(stored.item)}`,
          do: () => place(stored.id, index),
          undo: () => place(stored.id, from),
        })
      }),
  }
}

/** For a picture whose view does not say how its numbers came about; the report then says so. */
const unstated: Provenance = { definition: 'not stated', source: 'not stated', spec: {}, backend: 'not stated', elapsedMs: 0 }

const quoted = (item: ReportItem): string => `“${item.title || 'untitled'}”`
