/**
 * What the rest of the program sees of a project file. All methods are synchronous (SQLite in this process);
 * those that can fail for a reason outside return a Result. Rows are plain records; tensors are NamedArrays.
 *
 * A method without a Result throws an AppError (STORAGE_FULL, PROJECT_READ_ONLY, PROJECT_DAMAGED) when the
 * file fails under it; what was stored before stays.
 */
import type { FloatArray } from '../../base/array'
import type { Disposable } from '../../base/disposable'
import type { Result } from '../../base/result'
import type { Clock } from '../../base/time'
import type { Checkpoint, Run, RunSpec, RunState, Series } from '../../contract/runs'
import type { StoredReportItem, ReportItem } from '../../contract/reports'
import type { ImageSetCard } from '../../contract/images'
import type { ImportDraft, ImportRecord } from '../../contract/imports'
import type { MaskCard } from '../../contract/masks'
import type { PromptSet, PromptSetCard } from '../../contract/prompts'
import type { Verdict } from '../../contract/recipes'
import type { TicketArm, TicketExperiment, TicketPlan } from '../../contract/tickets'
import type { TrainingState } from '../../lab/train/training-state'

export interface NewRun {
  readonly name: string
  readonly spec: RunSpec
  readonly recipe?: Run['recipe']
  readonly parent?: Run['parent']
  readonly tags?: readonly string[]
  readonly lastStep: number
  readonly madeWith: string
}

export interface RunChange {
  readonly name?: string
  readonly state?: RunState
  readonly tags?: readonly string[]
  readonly step?: number
  readonly lastStep?: number
  readonly failure?: Run['failure'] | null
}

export interface Runs {
  /** Visible runs, oldest first. */
  list(): readonly Run[]
  /** Any run of the project, hidden ones included. */
  find(runId: string): Run | undefined
  create(run: NewRun): Run
  change(runId: string, change: RunChange): Result<Run, 'RUN_NOT_FOUND'>
  /** Hides a run or shows it again; hidden runs are deleted when the project is closed. */
  setHidden(runId: string, isHidden: boolean): Result<Run, 'RUN_NOT_FOUND'>
}

export interface Checkpoints {
  list(runId: string): readonly Checkpoint[]
  /** Writes a checkpoint in one transaction, replacing one at the same step; tensors already stored cost nothing. */
  write(runId: string, state: TrainingState, options?: { readonly keepOptimizerState?: boolean }): Result<Checkpoint>
  load(runId: string, step: number): Result<TrainingState, 'CHECKPOINT_NOT_FOUND' | 'RUN_NOT_FOUND' | 'PROJECT_DAMAGED'>
  /** The newest checkpoint that training can go on from; undefined when none holds optimizer state. */
  lastResumable(runId: string): TrainingState | undefined
  /** Deletes the checkpoint at a step, when there is one. */
  remove(runId: string, step: number): void
  /** Deletes checkpoints after a step; training that resumes at it writes them anew. */
  truncate(runId: string, afterStep: number): void
  /** Drops the optimizer state of all but the newest checkpoint. */
  forgetOptimizerState(runId: string): void
}

export interface Measurements {
  /** Appends in one transaction; a step already measured is replaced. */
  append(runId: string, rows: readonly { readonly step: number; readonly values: Readonly<Record<string, number>> }[]): void
  /** Ordered by id. Title and unit are those of a stranger (the id, ''): the probes know better. */
  series(runId: string, ids?: readonly string[]): readonly Series[]
  truncate(runId: string, afterStep: number): void
}

/** What a mask is made of. `arrays` holds 1 where a weight is kept and 0 where it is not. */
export interface NewMask extends Pick<MaskCard, 'name' | 'runId' | 'step' | 'how' | 'sparsity'> {
  readonly score?: string
  /** The mask it was made from. Under the same name it becomes the next version of that, else the first of its own. */
  readonly madeFrom?: string
  readonly arrays: Readonly<Record<string, FloatArray>>
}

export interface Mask extends MaskCard {
  readonly arrays: Readonly<Record<string, FloatArray>>
}

export interface Masks {
  /** Returns the new mask's id. Masks stay when the run they came from goes. */
  write(mask: NewMask): string
  /** Visible masks, all or those that came from a run, oldest first. */
  list(runId?: string): readonly MaskCard[]
  /** Any mask, hidden ones included. */
  load(maskId: string): Mask | undefined
  /** Renames every version of it. */
  rename(maskId: string, name: string): Result<MaskCard, 'MASK_NOT_FOUND'>
  /** Hides a mask or shows it again; hidden masks are deleted when the project is closed. */
  setHidden(maskId: string, isHidden: boolean): Result<MaskCard, 'MASK_NOT_FOUND'>
}

/** A small file that came with an imported checkpoint, under its name without folders: `vocab.json`. */
export interface ImportedFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** An arm of a ticket experiment with the runs it came to. */
export interface StoredTicketArm {
  readonly arm: TicketArm
  readonly runs: readonly {
    readonly seed: number
    readonly runId?: string | undefined
    /** Why it came to no run, or to none that ended. */
    readonly failure?: { readonly code: string; readonly message: string } | undefined
  }[]
}

export interface TicketRecord {
  readonly name: string
  readonly plan: TicketPlan
  readonly arms: readonly StoredTicketArm[]
  readonly state: TicketExperiment['state']
  readonly failure?: { readonly code: string; readonly message: string } | undefined
}

export interface StoredExperiment {
  readonly id: string
  /** The run it is about, with which it goes. */
  readonly runId: string
  readonly createdMs: number
  readonly record: TicketRecord
}

export interface Experiments {
  /** Newest first. */
  list(runId?: string): readonly StoredExperiment[]
  find(id: string): Result<StoredExperiment, 'EXPERIMENT_NOT_FOUND'>
  create(runId: string, record: TicketRecord): StoredExperiment
  change(id: string, record: TicketRecord): Result<StoredExperiment, 'EXPERIMENT_NOT_FOUND'>
  remove(id: string): void
}

/** `dispose` deletes hidden runs and masks, folds the log into the file and releases the project to other processes. */
export interface Store extends Disposable {
  readonly path: string
  readonly isReadOnly: boolean
  readonly schemaVersion: number
  readonly runs: Runs
  readonly checkpoints: Checkpoints
  readonly measurements: Measurements
  readonly masks: Masks
  readonly experiments: Experiments
  readonly reports: {
    list(): readonly StoredReportItem[]
    add(item: ReportItem): StoredReportItem
    change(id: string, item: ReportItem): Result<StoredReportItem, 'REPORT_ITEM_NOT_FOUND'>
    remove(id: string): Result<StoredReportItem, 'REPORT_ITEM_NOT_FOUND'>
    insert(stored: StoredReportItem, index: number): void
    move(id: string, index: number): Result<void, 'REPORT_ITEM_NOT_FOUND'>
  }
  readonly promptSets: {
    /** Oldest first. */
    list(): readonly PromptSetCard[]
    write(name: string, set: PromptSet): PromptSetCard
    load(id: string): Result<PromptSet, 'PROMPTS_NOT_FOUND'>
    remove(id: string): void
  }
  readonly imageSets: ImageSets
  readonly sessions: {
    load(): string | undefined
    save(session: string): void
    layouts(): readonly { readonly name: string; readonly session: string }[]
    saveLayout(name: string, session: string): void
    removeLayout(name: string): void
  }
  readonly imports: {
    /** Also remembers the record's draft by the content of its files. */
    write(runId: string, record: ImportRecord, files: readonly ImportedFile[]): void
    find(runId: string): ImportRecord | undefined
    files(runId: string): readonly ImportedFile[]
    draft(hash: string): ImportDraft | undefined
  }
  readonly verdicts: {
    write(verdict: Verdict): void
    list(recipeId?: string): readonly Verdict[]
  }
  sizeBytes(): number
  /** Deletes tensors that nothing uses any more, for about this long; true when none is left. For idle moments. */
  reclaim(budgetMs: number): boolean
  /** Writes a consistent copy of the open project to a file, replacing one that is there. */
  backup(path: string): Promise<void>
}

/** lab/tasks/components/image-set.ts, which the store does not know. */
export interface ImageSet {
  readonly rows: number
  readonly columns: number
  readonly classes: number
  readonly images: Uint8Array<ArrayBuffer>
  readonly labels: Uint8Array<ArrayBuffer>
}

export interface ImageSets {
  /** Oldest first. */
  list(): readonly ImageSetCard[]
  /** Equal content under one name is stored once. */
  write(name: string, set: Readonly<Record<'rows' | 'columns' | 'classes', number>> & Readonly<Record<'images' | 'labels', Uint8Array>>): ImageSetCard
  load(id: string): ImageSet | undefined
  remove(id: string): void
}

export interface StoreOptions {
  /** Opens for reading only, also beside a writer; nothing is locked, migrated or deleted. Default false. */
  readonly isReadOnly?: boolean
  readonly clock?: Clock
  /** Uniform in [0, 1), for ids. Default Math.random. */
  readonly random?: () => number
  /** The file grows no larger than this; reaching it is reported like a full disk. Default no limit. */
  readonly sizeLimitBytes?: number
}

export type OpenFailure =
  | 'FILE_UNREADABLE'
  | 'PROJECT_DAMAGED'
  | 'PROJECT_IN_USE'
  | 'PROJECT_NEWER'
  | 'PROJECT_NOT_FOUND'
  | 'PROJECT_NOT_OURS'
  | 'PROJECT_READ_ONLY'
  | 'STORAGE_FULL'
