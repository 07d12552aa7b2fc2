/**
 * What the window looked like, kept in the project: selection, layout, panes, theme. Read when a project is opened,
 * written a moment after each change. Other versions' records are ignored rather than guessed at.
 */
import { defineStore } from 'pinia'
import { onScopeDispose, ref, watch } from 'vue'
import { useClient, useClientContext } from '../client/use-client'
import { useFrame } from './frame'
import { useLayout } from './layout'
import { useProject } from './project'
import { useSelection, type SelectionRecord } from './selection'
import { themeChoices, useTheme, type ThemeChoice } from './theme'
import { useTimeline } from './timeline'
import { useToasts } from './toasts'

interface SessionRecord {
  readonly version: 1
  readonly selection: Partial<SelectionRecord>
  readonly layout: string
  readonly theme: ThemeChoice
  readonly isLogTime: boolean
  readonly panes: { readonly library: number; readonly inspector: number; readonly isLibraryOpen: boolean; readonly isInspectorOpen: boolean }
}

/** Changes within this time are written once. */
const gatherMs = 700

export const useSession = defineStore('session', () => {
  const isSaved = ref(true)
  /** Whether the project's session was read; nothing is written before. */
  const isRestored = ref(false)
  return { isSaved, isRestored }
})

/** Reads and writes the session. Call once, where the workbench is set up. */
export function useSessionFeed(): void {
  const client = useClient()
  const { generation } = useClientContext()
  const store = useSession()
  const project = useProject()
  const layout = useLayout()
  const toasts = useToasts()
  const record = useSessionRecord()
  let timer: ReturnType<typeof setTimeout> | undefined

  async function restore(): Promise<void> {
    const { key } = project
    store.isRestored = false
    await toasts.attempt(async () => {
      const { session } = await client.sessions.load({})
      // Another project may have been opened meanwhile; its own session is on the way.
      if (project.key === key) record.apply(session)
    })
    if (project.key !== key) return
    store.isRestored = true
    store.isSaved = true
  }
  async function save(): Promise<void> {
    timer = undefined
    if (project.current?.isReadOnly) return
    await toasts.attempt(() => client.sessions.save({ session: record.text() }))
    store.isSaved = timer === undefined
  }
  function saveSoon(): void {
    if (!store.isRestored) return
    store.isSaved = false
    timer ??= setTimeout(() => void save(), gatherMs)
  }

  watch([() => project.key, () => layout.isReady], ([key, isReady]) => void (key !== undefined && isReady && restore()), {
    immediate: true,
  })
  watch(record.text, saveSoon)
  watch(generation, () => store.isRestored && saveSoon())
  onScopeDispose(() => clearTimeout(timer))
}

function useSessionRecord(): { text(): string; apply(text: string | undefined): void } {
  const selection = useSelection()
  const layout = useLayout()
  const theme = useTheme()
  const frame = useFrame()
  const timeline = useTimeline()

  function text(): string {
    void layout.revision // the layout's own state is not reactive
    const { runId, step, neuron, site, split } = selection
    return JSON.stringify({
      version: 1,
      selection: { runId, step, neuron, site, split },
      layout: layout.save(),
      theme: theme.choice,
      isLogTime: timeline.isLog,
      panes: {
        library: frame.libraryWidth,
        inspector: frame.inspectorWidth,
        isLibraryOpen: frame.isLibraryOpen,
        isInspectorOpen: frame.isInspectorOpen,
      },
    } satisfies SessionRecord)
  }

  function apply(saved: string | undefined): void {
    const session = saved === undefined ? undefined : parsed(saved)
    layout.restore(session?.layout)
    if (!session) return
    selection.select(session.selection)
    if (themeChoices.includes(session.theme)) theme.choice = session.theme
    timeline.isLog = session.isLogTime
    frame.resize('library', session.panes.library)
    frame.resize('inspector', session.panes.inspector)
    frame.isLibraryOpen = session.panes.isLibraryOpen
    frame.isInspectorOpen = session.panes.isInspectorOpen
  }
  return { text, apply }
}

function parsed(text: string): SessionRecord | undefined {
  try {
    const record = JSON.parse(text) as SessionRecord // written by this file; the version says in which form
    return record.version === 1 ? record : undefined
  } catch {
    return undefined
  }
}
