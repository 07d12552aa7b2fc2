/** The library as the flat list its tree shows: projects, the open one's runs, and the checkpoints of expanded runs. */
import type { ProjectCard } from '@contract/projects'
import type { Checkpoint, Run } from '@contract/runs'
import { fuzzyScore } from './fuzzy'

export type LibraryRow =
  | { readonly kind: 'project'; readonly id: string; readonly level: 1; readonly card: ProjectCard }
  | { readonly kind: 'run'; readonly id: string; readonly level: 2; readonly run: Run; readonly isExpanded: boolean }
  | {
      readonly kind: 'checkpoint'
      readonly id: string
      readonly level: 3
      readonly run: Run
      readonly checkpoint: Checkpoint
    }
  | { readonly kind: 'note'; readonly id: string; readonly level: 2 | 3; readonly text: string }

export interface LibraryContent {
  readonly projects: readonly ProjectCard[]
  readonly runs: readonly Run[]
  readonly areRunsLoaded: boolean
  /** Checkpoints of expanded runs; undefined while they are being read. */
  readonly checkpoints: ReadonlyMap<string, readonly Checkpoint[] | undefined>
  readonly search: string
}

export function libraryRows(content: LibraryContent): readonly LibraryRow[] {
  const sorted = [...content.projects].sort((x, y) => Number(y.isOpen) - Number(x.isOpen) || y.changedMs - x.changedMs)
  return sorted.flatMap((card): readonly LibraryRow[] => {
    const row: LibraryRow = { kind: 'project', id: `project ${card.name}`, level: 1, card }
    return card.isOpen ? [row, ...runRows(content)] : [row]
  })
}

function runRows({ runs, areRunsLoaded, checkpoints, search }: LibraryContent): readonly LibraryRow[] {
  const wanted = search.trim()
  const shown = wanted === '' ? runs : runs.filter((run) => fuzzyScore(wanted, searchedText(run)) !== undefined)
  if (shown.length === 0) {
    const text = !areRunsLoaded ? 'Reading runs' : wanted === '' ? 'No runs yet; New run starts one' : `No run fits “${wanted}”`
    return [{ kind: 'note', id: 'no runs', level: 2, text }]
  }
  return shown.flatMap((run): readonly LibraryRow[] => {
    const isExpanded = checkpoints.has(run.id)
    const row: LibraryRow = { kind: 'run', id: `run ${run.id}`, level: 2, run, isExpanded }
    return isExpanded ? [row, ...checkpointRows(run, checkpoints.get(run.id))] : [row]
  })
}

function checkpointRows(run: Run, found: readonly Checkpoint[] | undefined): readonly LibraryRow[] {
  if (!found) return [{ kind: 'note', id: `reading ${run.id}`, level: 3, text: 'Reading checkpoints' }]
  if (found.length === 0) return [{ kind: 'note', id: `none ${run.id}`, level: 3, text: 'No checkpoint yet' }]
  return found.map((checkpoint) => ({
    kind: 'checkpoint',
    id: `checkpoint ${run.id} ${checkpoint.step}`,
    level: 3,
    run,
    checkpoint,
  }))
}

const searchedText = (run: Run): string =>
  [run.name, run.recipe?.id, run.recipe?.arm, run.state, run.spec.model.id, run.spec.task.id, ...run.tags].join(' ')

/** Pixels; the tree is virtual, so a row's height is known before it is drawn. */
export function rowHeight(row: LibraryRow): number {
  if (row.kind === 'run') return row.run.tags.length > 0 ? 70 : 46
  return row.kind === 'project' ? 42 : 22
}
