/**
 * The workspace folder and the one project that is open. Closing a project first lets its work end, so that nothing
 * writes into a closed store.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { createEmitter } from '../../base/event'
import type { Disposable } from '../../base/disposable'
import { AppError, err, ok, unwrap, type Result } from '../../base/result'
import type { OpenProject, ProjectCard } from '../../contract/projects'
import { createStore, openStore } from '../store/database'
import type { Store } from '../store/store'

export const projectSuffix = '.grokscope'

export interface WorkspaceOptions {
  readonly folder: string
  /** Project files that ship with the program. */
  readonly samples: string
  /** Called before the open project is closed; its store stays open until the promise resolves. */
  beforeClose(): Promise<void>
}

export interface Workspace {
  readonly folder: string
  /** The open project's store; throws PROJECT_NOT_FOUND when none is open. */
  readonly store: () => Store
  current(): OpenProject
  cards(): readonly ProjectCard[]
  pathOf(name: string): string
  /** The file of a project among the cards; a bundled sample is copied into the folder when it is first asked for. */
  fileOf(name: string): string
  open(path: string): Promise<OpenProject>
  create(name: string): Promise<OpenProject>
  createAt(path: string): Promise<OpenProject>
  onOpen(listener: (project: OpenProject) => void): Disposable
  close(): Promise<void>
}

export function createWorkspace({ folder, samples, beforeClose }: WorkspaceOptions): Workspace {
  mkdirSync(folder, { recursive: true })
  const opened = createEmitter<OpenProject>()
  let open: Store | undefined
  /** Openings happen one after the other. */
  let turn: Promise<unknown> = Promise.resolve()

  function store(): Store {
    if (open) return open
    throw new AppError({ code: 'PROJECT_NOT_FOUND', message: 'no project is open; create or open one' })
  }

  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = turn.then(act)
    turn = result.catch(() => {})
    return result
  }

  async function replace(opening: () => Result<Store>): Promise<OpenProject> {
    // The new one is opened first: when that fails, the old one stays.
    const next = unwrap(opening())
    await closeOpen()
    open = next
    for (const run of next.runs.list()) {
      const wasLive = run.state === 'running' || run.state === 'queued' || run.state === 'paused'
      if (wasLive && !next.isReadOnly) next.runs.change(run.id, { state: 'interrupted' })
    }
    const project = describe(next)
    opened.emit(project)
    return project
  }

  async function closeOpen(): Promise<void> {
    if (!open) return
    await beforeClose()
    open.dispose()
    open = undefined
  }

  const pathOf = (name: string): string => join(folder, name + projectSuffix)
  const createAt = (path: string): Promise<OpenProject> => inTurn(() => replace(() => createStore(path)))

  return {
    folder,
    store,
    pathOf,
    fileOf: (name) => (existsSync(pathOf(name)) ? pathOf(name) : copySample({ folder, samples }, name + projectSuffix)),
    current: () => describe(store()),
    cards: () => cardsIn({ folder, samples, openPath: open?.path }),
    open: (path) =>
      inTurn(async () => {
        if (open?.path === path) return describe(open)
        return replace(() => openWritable(path))
      }),
    create: (name) => createAt(pathOf(name)),
    createAt,
    onOpen: (listener) => opened.on(listener),
    close: () => inTurn(closeOpen),
  }
}

/** A project on a disk or in a folder that cannot be written is opened for reading. */
function openWritable(path: string): Result<Store> {
  const opened = openStore(path)
  return !opened.ok && opened.error.code === 'PROJECT_READ_ONLY' ? openStore(path, { isReadOnly: true }) : opened
}

function describe(store: Store): OpenProject {
  return {
    name: basename(store.path, projectSuffix),
    folder: dirname(store.path),
    sizeBytes: store.sizeBytes(),
    isReadOnly: store.isReadOnly,
    schemaVersion: store.schemaVersion,
  }
}

interface Places {
  readonly folder: string
  readonly samples: string
  readonly openPath: string | undefined
}

/**
 * The open project if it is of elsewhere, the projects of the folder, newest first, and then the bundled samples that were
 * not opened yet. A project's name stands once: the window tells projects by it.
 */
function cardsIn(places: Places): readonly ProjectCard[] {
  const { folder, samples } = places
  const outside = cardOfOutside(places)
  const isTaken = (file: string): boolean => existsSync(join(folder, file)) || outside?.name === basename(file, projectSuffix)
  const unopened = projectFiles(samples).filter((file) => !isTaken(file))
  return [
    ...(outside ? [outside] : []),
    ...cardsOf(places).filter(({ name }) => name !== outside?.name),
    ...unopened.map((file): ProjectCard => ({
      name: basename(file, projectSuffix),
      sizeBytes: statSync(join(samples, file)).size,
      changedMs: 0,
      isSample: true,
      isOpen: false,
    })),
  ]
}

function cardOfOutside({ folder, openPath }: Places): ProjectCard | undefined {
  if (openPath === undefined || dirname(resolve(openPath)) === resolve(folder)) return undefined
  const { size = 0, mtimeMs = 0 } = statSync(openPath, { throwIfNoEntry: false }) ?? {}
  return { name: basename(openPath, projectSuffix), sizeBytes: size, changedMs: mtimeMs, isSample: false, isOpen: true }
}

function cardsOf({ folder, samples, openPath }: Places): readonly ProjectCard[] {
  const sampleNames = new Set(projectFiles(samples))
  const cards = projectFiles(folder).flatMap((file): ProjectCard[] => {
    const stats = statSync(join(folder, file), { throwIfNoEntry: false })
    if (!stats?.isFile()) return []
    return [{
      name: basename(file, projectSuffix),
      sizeBytes: stats.size,
      changedMs: stats.mtimeMs,
      isSample: sampleNames.has(file),
      isOpen: join(folder, file) === openPath,
    }]
  })
  return cards.sort((x, y) => y.changedMs - x.changedMs)
}

/** Names of the project files in a folder, in their order; none when there is no such folder. */
export function projectFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter((name) => name.endsWith(projectSuffix) && !name.startsWith('.')).sort()
}

/** The project a start without a named one opens: the newest, or on the very first start a copy of the first sample. */
export function firstProject({ folder, samples }: Pick<Places, 'folder' | 'samples'>): Result<string, 'PROJECT_NOT_FOUND'> {
  const [newest] = cardsOf({ folder, samples, openPath: undefined })
  if (newest) return ok(join(folder, newest.name + projectSuffix))
  const [sample] = projectFiles(samples)
  if (!sample) return err('PROJECT_NOT_FOUND', 'the workspace is empty and no sample project is bundled')
  return ok(copySample({ folder, samples }, sample))
}

/** The path of the copy in the folder. */
function copySample({ folder, samples }: Pick<Places, 'folder' | 'samples'>, sample: string): string {
  const copy = join(folder, sample)
  // Under another name first: a start that is cut short leaves no half sample behind.
  copyFileSync(join(samples, sample), `${copy}.part`)
  // The original may be installed read-only.
  chmodSync(`${copy}.part`, 0o644)
  renameSync(`${copy}.part`, copy)
  return copy
}
