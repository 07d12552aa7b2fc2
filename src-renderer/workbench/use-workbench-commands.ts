/** The commands of the window itself. Views add their own with `useCommands().provide`. */
import { computed, onScopeDispose } from 'vue'
import { useCommands, type Command } from './commands'
import { useFrame } from './frame'
import { useHelp } from './help'
import { useHistory } from './history'
import { chooseFiles } from './import/dropped'
import { useLayout } from './layout'
import { useTheme, themeChoices } from './theme'
import { useTimeline } from './timeline'
import { useToasts } from './toasts'
import { views } from './view'

export function useWorkbenchCommands(): void {
  const commands = useCommands()
  const toasts = useToasts()
  const own = [useViewCommands(), useLayoutCommands(), useTimelineCommands(), useWindowCommands()]
  const all = computed(() => own.flatMap((source) => source()))
  commands.provide(() => all.value)

  function onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented) return
    const command = commands.forKey(event)
    if (!command) return
    event.preventDefault()
    void toasts.attempt(async () => command.run())
  }
  window.addEventListener('keydown', onKey)
  onScopeDispose(() => window.removeEventListener('keydown', onKey))
}

function useViewCommands(): () => readonly Command[] {
  const layout = useLayout()
  return () =>
    views.map((view, index) => ({
      id: `view.${view.id}`,
      title: `Open ${view.title.toLowerCase()}`,
      ...(index < 9 && { keys: `Mod+${index + 1}` }),
      run: () => layout.open(view.id),
    }))
}

function useLayoutCommands(): () => readonly Command[] {
  const layout = useLayout()
  const frame = useFrame()
  const noPanel = (): string | undefined => (layout.activePanelId === undefined ? 'no panel is open' : undefined)
  const duplicate = (direction: 'right' | 'below'): void => {
    if (layout.activeViewId !== undefined) layout.add(layout.activeViewId, direction)
  }
  return () => [
    { id: 'panel.right', title: 'Split the panel to the right', keys: 'Mod+\\', unavailable: noPanel, run: () => duplicate('right') },
    { id: 'panel.below', title: 'Split the panel downwards', unavailable: noPanel, run: () => duplicate('below') },
    { id: 'panel.float', title: 'Take the panel out of the grid, or put it back', unavailable: noPanel, run: layout.toggleFloating },
    { id: 'panel.maximize', title: 'Maximize the panel, or put it back', keys: 'Alt+Enter', unavailable: noPanel, run: layout.toggleMaximized },
    { id: 'panel.close', title: 'Close the panel', keys: 'Alt+W', unavailable: noPanel, run: layout.closeActive },
    { id: 'layout.saved', title: 'Save or open a layout', run: () => void (frame.dialogue = 'layouts') },
    { id: 'layout.reset', title: 'Reset the layout', run: layout.reset },
    { id: 'frame.library', title: 'Show or hide the library', keys: 'Mod+B', run: () => void (frame.isLibraryOpen = !frame.isLibraryOpen) },
    { id: 'frame.inspector', title: 'Show or hide the inspector', keys: 'Mod+I', run: () => void (frame.isInspectorOpen = !frame.isInspectorOpen) },
  ]
}

function useTimelineCommands(): () => readonly Command[] {
  const timeline = useTimeline()
  const none = (): string | undefined => (timeline.steps.length === 0 ? 'the run has no checkpoint' : undefined)
  return () => [
    { id: 'time.back', title: 'Previous checkpoint', keys: 'ArrowLeft', unavailable: none, run: () => timeline.move(-1) },
    { id: 'time.forward', title: 'Next checkpoint', keys: 'ArrowRight', unavailable: none, run: () => timeline.move(1) },
    { id: 'time.first', title: 'First checkpoint', keys: 'Home', unavailable: none, run: () => timeline.move(-timeline.steps.length) },
    { id: 'time.last', title: 'Last checkpoint', keys: 'End', unavailable: none, run: () => timeline.move(timeline.steps.length) },
    { id: 'time.play', title: timeline.isPlaying ? 'Pause the time line' : 'Play the time line', keys: 'Space', unavailable: none, run: timeline.togglePlay },
    { id: 'time.log', title: 'Switch between linear and logarithmic time', run: () => void (timeline.isLog = !timeline.isLog) },
  ]
}

function useWindowCommands(): () => readonly Command[] {
  const frame = useFrame()
  const history = useHistory()
  const theme = useTheme()
  const help = useHelp()
  const importChosen = async (isFolder: boolean): Promise<void> => {
    const files = await chooseFiles(isFolder)
    if (files.length > 0) frame.openImport(files)
  }
  return () => [
    { id: 'window.palette', title: 'Search runs, views, commands', keys: 'Mod+K', alsoKeys: ['Mod+Shift+P'], run: () => void (frame.dialogue = 'palette') },
    { id: 'run.new', title: 'New run', keys: 'Alt+N', run: () => frame.openNewRun() },
    { id: 'import.files', title: 'Import checkpoint…', keys: 'Alt+O', run: () => importChosen(false) },
    { id: 'import.folder', title: 'Import checkpoint folder…', run: () => importChosen(true) },
    {
      id: 'edit.undo',
      title: history.undoLabel ? `Undo ${history.undoLabel}` : 'Undo',
      keys: 'Mod+Z',
      unavailable: () => (history.undoLabel ? undefined : 'nothing was changed yet'),
      run: history.undo,
    },
    {
      id: 'edit.redo',
      title: history.redoLabel ? `Redo ${history.redoLabel}` : 'Redo',
      keys: 'Mod+Shift+Z',
      alsoKeys: ['Mod+Y'],
      unavailable: () => (history.redoLabel ? undefined : 'nothing was undone'),
      run: history.redo,
    },
    ...themeChoices.map((choice) => ({
      id: `theme.${choice}`,
      title: `Theme: ${choice === 'system' ? 'follow the system' : choice}`,
      run: () => void (theme.choice = choice),
    })),
    { id: 'help.glossary', title: 'Open the glossary', keys: 'F1', run: () => help.open('glossary') },
    { id: 'help.system', title: 'Show what this installation has and lacks', run: () => void (frame.dialogue = 'system') },
  ]
}
