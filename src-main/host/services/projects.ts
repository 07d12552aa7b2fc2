import { closeSync, constants, copyFileSync, existsSync, fsyncSync, linkSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { basename } from 'node:path'
import { AppError, unwrap } from '../../base/result'
import type { projects as namespace } from '../../contract/projects'
import type { ServiceOf } from '../../contract/rpc'
import { openStore } from '../store/database'
import { untilLeft } from './following'
import { projectSuffix, type Workspace } from './workspace'

export interface ProjectsOptions {
  readonly workspace: Workspace
  /** A native open dialog; absent where the shell has none. Resolves with a path, or undefined when dismissed. */
  readonly choose?: ((folder: string) => Promise<string | undefined>) | undefined
}

type Service = ServiceOf<typeof namespace>

export function createProjectsService({ workspace, choose }: ProjectsOptions): Service {
  return {
    list: () => [...workspace.cards()],
    current: () => workspace.current(),
    create: ({ name }) => workspace.create(name),
    open({ name }) {
      const known = workspace.cards()
      if (known.some((card) => card.name === name)) return workspace.open(workspace.fileOf(name))
      const names = known.map((card) => card.name).join(', ') || 'none'
      throw new AppError({ code: 'PROJECT_NOT_FOUND', message: `no project named '${name}'; projects are ${names}` })
    },
    async choose() {
      if (!choose) throw new AppError({ code: 'ACTION_UNAVAILABLE', message: 'this shell has no open dialog; drop the file instead' })
      const path = await choose(workspace.folder)
      return path === undefined ? {} : { project: await workspace.open(path) }
    },
    adopt: createAdoption(workspace),
    async follow(_args, ctx) {
      const listening = workspace.onOpen((project) => void ctx.emit(project))
      void ctx.emit(workspace.current())
      await untilLeft(ctx, listening)
    },
  }
}

/**
 * Takes in a file in pieces. They gather in a hidden file beside the projects, which is checked and then linked to its
 * name: linking fails when the name is taken, so that a file is never overwritten, not even by two windows at once.
 */
function createAdoption(workspace: Workspace): Service['adopt'] {
  return async ({ name, offset, totalBytes, bytes }) => {
    const partial = `${workspace.pathOf(`.${name}`)}.part`
    const path = workspace.pathOf(name)
    if (existsSync(path)) throw nameTaken(name)
    writePiece(partial, { offset, totalBytes, bytes })
    if (offset + bytes.length < totalBytes) return {}
    try {
      // Opening checks it and brings it up to date; closing leaves a single file.
      unwrap(openStore(partial)).dispose()
      place(partial, path)
    } finally {
      rmSync(partial, { force: true })
    }
    return { project: await workspace.open(path) }
  }
}

/** Gives a complete file its name, unless another has it. */
function place(partial: string, path: string): void {
  try {
    linkSync(partial, path)
  } catch (thrown) {
    if (isTaken(thrown)) throw nameTaken(basename(path, projectSuffix))
    // Some disks know no links; a copy is refused an existing name just the same.
    copyFileSync(partial, path, constants.COPYFILE_EXCL)
  }
}

const isTaken = (thrown: unknown): boolean => thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST'

function nameTaken(name: string): AppError {
  const message = `a project named '${name}' exists; rename the file and drop it again`
  return new AppError({ code: 'ACTION_UNAVAILABLE', message })
}

interface Piece {
  readonly offset: number
  readonly totalBytes: number
  readonly bytes: Uint8Array
}

function writePiece(path: string, { offset, totalBytes, bytes }: Piece): void {
  const haveBytes = offset > 0 && existsSync(path) ? statSync(path).size : 0
  if (haveBytes !== offset || offset + bytes.length > totalBytes) {
    const message = `piece at ${offset} does not continue the ${haveBytes} of ${totalBytes} bytes that have come`
    throw new AppError({ code: 'ARGUMENTS_INVALID', message })
  }
  const file = openSync(path, offset === 0 ? 'w' : 'r+', 0o600)
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at, offset + at)
    if (offset + bytes.length === totalBytes) fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
