/** What can be done to a run, the same from the library, the inspector and the palette. Every change can be undone. */
import type { Run } from '@contract/runs'
import { useClient } from '../client/use-client'
import type { MenuItem } from '../widgets/menu-item'
import { useFrame } from './frame'
import { useHistory } from './history'
import { useProject } from './project'
import { useRuns } from './runs'
import { useSelection } from './selection'
import { useToasts } from './toasts'

const resumable: readonly Run['state'][] = ['interrupted', 'paused', 'cancelled', 'failed']

export interface RunActions {
  rename(run: Run, name: string): Promise<void>
  tag(run: Run, tags: readonly string[]): Promise<void>
  remove(run: Run): Promise<void>
  resume(run: Run): Promise<void>
  /** Writes the selected checkpoint of the run as files for others. */
  exportCheckpoint(run: Run): Promise<void>
  /** Menu lines; those that cannot be chosen now say why. */
  items(run: Run): readonly MenuItem[]
  choose(run: Run, id: string): void
}

export function useRunActions(ask: { rename(run: Run): void; tag(run: Run): void }): RunActions {
  const client = useClient()
  const history = useHistory()
  const runs = useRuns()
  const toasts = useToasts()
  const frame = useFrame()
  const project = useProject()
  const selection = useSelection()
  const undoable = { title: 'Undo', run: () => void toasts.attempt(history.undo) }

  const rename = (run: Run, name: string): Promise<void> =>
    toasts.attempt(async () => {
      const wanted = name.trim()
      if (wanted === '' || wanted === run.name) return
      const put = async (chosen: string): Promise<void> => runs.put(await client.runs.rename({ runId: run.id, name: chosen }))
      await history.perform({ label: `rename ${run.name}`, do: () => put(wanted), undo: () => put(run.name) })
    })

  const tag = (run: Run, tags: readonly string[]): Promise<void> =>
    toasts.attempt(async () => {
      const put = async (chosen: readonly string[]): Promise<void> =>
        runs.put(await client.runs.tag({ runId: run.id, tags: [...chosen] }))
      await history.perform({ label: `tags of ${run.name}`, do: () => put(tags), undo: () => put(run.tags) })
    })

  const remove = (run: Run): Promise<void> =>
    toasts.attempt(async () => {
      await history.perform({
        label: `remove run ${run.name}`,
        async do() {
          await client.runs.remove({ runId: run.id })
          runs.drop([run.id])
        },
        undo: async () => runs.put(await client.runs.restore({ runId: run.id })),
      })
      toasts.say(`Removed ${run.name}; it can be brought back until the project is closed`, undoable)
    })

  const resume = (run: Run): Promise<void> =>
    toasts.attempt(async () => {
      await client.runs.resume({ runId: run.id })
      toasts.say(`Continuing ${run.name} from step ${run.step.toLocaleString('en')}`)
    })

  const exportCheckpoint = (run: Run): Promise<void> =>
    toasts.attempt(async () => {
      const { folder } = await client.copies.export({ runId: run.id, step: stepOf(run) })
      if (folder !== undefined) toasts.say(`Exported to ${folder}`)
    })

  /** The selected checkpoint where the run is the selected one, else its newest. */
  const stepOf = (run: Run): number => (selection.runId === run.id ? selection.step : undefined) ?? run.step

  function items(run: Run): readonly MenuItem[] {
    const readOnly = project.current?.isReadOnly ? 'the project cannot be written' : undefined
    const noCheckpoint = run.checkpointCount === 0 ? 'the run has no checkpoint' : undefined
    const notResumable = resumable.includes(run.state) ? undefined : `the run is ${run.state}`
    return [
      { id: 'resume', title: 'Resume training', icon: 'play', reason: readOnly ?? notResumable },
      { id: 'like', title: 'Train again from these settings', icon: 'plus', reason: readOnly },
      {
        id: 'copy',
        title: 'Save processed copy',
        icon: 'copy',
        reason: readOnly ?? (run.spec.model.id === 'transformer' ? noCheckpoint : 'only a transformer’s weights can be rewritten'),
        startsGroup: true,
      },
      { id: 'export', title: 'Export checkpoint', icon: 'download', reason: noCheckpoint },
      { id: 'rename', title: 'Rename', icon: 'edit', shortcut: 'F2', reason: readOnly, startsGroup: true },
      { id: 'tag', title: 'Edit tags', icon: 'tag', reason: readOnly },
      {
        id: 'remove',
        title: 'Remove',
        icon: 'trash',
        shortcut: 'Delete',
        isDanger: true,
        startsGroup: true,
        reason: readOnly ?? (run.state === 'running' ? 'it is training; cancel it first' : undefined),
      },
    ]
  }

  function copy(run: Run): void {
    selection.select({ runId: run.id, step: stepOf(run) })
    frame.dialogue = 'copy'
  }

  function choose(run: Run, id: string): void {
    if (id === 'resume') void resume(run)
    else if (id === 'like') frame.openNewRun(run.id)
    else if (id === 'copy') copy(run)
    else if (id === 'export') void exportCheckpoint(run)
    else if (id === 'rename') ask.rename(run)
    else if (id === 'tag') ask.tag(run)
    else if (id === 'remove') void remove(run)
  }

  return { rename, tag, remove, resume, exportCheckpoint, items, choose }
}
