/**
 * Dropped files as checkpoints: which belong together, at which step each stands, and what lies beside them.
 *
 * 1. What an importer recognizes by its bytes holds tensors. Where a folder has safetensors, only those are read of it. The
 *    optimizer's and trainer's files that training tools leave beside weights are passed over by name.
 * 2. An .npz of exactly `tokens` and `logits` is a reference and no checkpoint.
 * 3. Several files of one folder are one checkpoint if no tensor is in two of them (shards), else a series of as many.
 *    Several folders with weights are a series. Every checkpoint also has the other files of its folder and those above.
 * 4. Steps are what stands behind `step`, `epoch`, `checkpoint` … in a name; of a series else the number in which the
 *    names differ; else the place in the order of names.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { posix } from 'node:path'
import { AppError } from '../../base/result'
import { importers } from '../../lab/importers'
import type { ByteSource, Importer } from '../../lab/importers/importer'
import type { ImportFile } from '../compute/contract'

export interface DroppedFile extends ByteSource {
  /** With folders. */
  readonly path: string
}

export interface DroppedCheckpoint {
  readonly step: number
  /** Files with tensors first, then what lies beside them. */
  readonly files: readonly DroppedFile[]
  readonly weights: readonly DroppedFile[]
}

export interface Dropped {
  /** Ascending steps; at least one. */
  readonly checkpoints: readonly DroppedCheckpoint[]
  readonly reference: DroppedFile | undefined
  readonly others: readonly DroppedFile[]
  readonly notes: readonly string[]
}

/** Files of Hugging Face's trainer that hold no weights. */
const trainersOwn = /^(optimizer|scheduler|scaler|rng_state.*|training_args)\.(pt|pth|bin)$/

/** Opens the files for as long as the work takes. */
export function withDropped<T>(files: readonly ImportFile[], work: (dropped: Dropped) => T): T {
  const handles: number[] = []
  try {
    const opened = files.map((file) => {
      const handle = openSync(file.path, 'r')
      handles.push(handle)
      return sourceOver(handle, file)
    })
    return work(droppedOf(opened))
  } finally {
    for (const handle of handles) closeSync(handle)
  }
}

function sourceOver(handle: number, { name, sizeBytes }: ImportFile): DroppedFile {
  return {
    path: name,
    name: posix.basename(name),
    sizeBytes,
    read(offset, length) {
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length; ) {
        const count = readSync(handle, bytes, at, length - at, offset + at)
        if (count === 0) throw refused(`'${name}' ends at byte ${offset + at}; it changed while it was read`)
        at += count
      }
      return bytes
    },
  }
}

function droppedOf(files: readonly DroppedFile[]): Dropped {
  const passedOver = files.filter(({ name }) => trainersOwn.test(name))
  const candidates = files.filter((file) => !passedOver.includes(file))
  const importerOf = new Map(candidates.map((file) => [file, [...importers].find((one) => one.recognize(file))] as const))
  const recognized = candidates.filter((file) => importerOf.get(file) !== undefined)
  const reference = recognized.length > 1 ? recognized.find((file) => isReference(file, importerOf.get(file)!)) : undefined
  const weights = recognized.filter((file) => file !== reference)
  if (weights.length === 0) throw refused(`none of ${quotedNames(files)} begins like a file of tensors; known: ${titles()}`)
  const others = candidates.filter((file) => !recognized.includes(file))
  const groups = [...foldersOf(weights)].flatMap(([, members]) => groupsIn(members, importerOf))
  return {
    checkpoints: inOrder(groups, others),
    reference,
    others,
    notes: passedOver.map(({ name }) => `${name} not read; it holds the trainer’s state and no weights`),
  }
}

const titles = (): string => [...importers].map(({ title }) => title).join(', ')

function quotedNames(files: readonly DroppedFile[]): string {
  const shown = files.slice(0, 4).map(({ path }) => `'${path}'`)
  return files.length > 4 ? `${shown.join(', ')} and ${files.length - 4} more` : shown.join(', ') || 'no files'
}

function isReference(file: DroppedFile, importer: Importer): boolean {
  if (importer.id !== 'npz') return false
  const read = importer.read(file)
  return read.ok && read.value.tensors.map(({ name }) => name).sort().join() === 'logits,tokens'
}

function foldersOf(files: readonly DroppedFile[]): ReadonlyMap<string, readonly DroppedFile[]> {
  const folders = new Map<string, DroppedFile[]>()
  for (const file of files) {
    const folder = posix.dirname(file.path)
    folders.set(folder, [...(folders.get(folder) ?? []), file])
  }
  return folders
}

/** The files of one folder as checkpoints. */
function groupsIn(
  members: readonly DroppedFile[],
  importerOf: ReadonlyMap<DroppedFile, Importer | undefined>,
): readonly (readonly DroppedFile[])[] {
  const safetensors = members.filter((file) => importerOf.get(file)?.id === 'safetensors')
  const chosen = safetensors.length > 0 ? safetensors : members
  if (chosen.length === 1) return [chosen]
  const seen = new Set<string>()
  for (const file of chosen) {
    const read = importerOf.get(file)!.read(file)
    if (!read.ok) throw refused(`${file.name}: ${read.error.message}`)
    for (const { name } of read.value.tensors) {
      if (seen.has(name)) return chosen.map((one) => [one])
      seen.add(name)
    }
  }
  return [chosen]
}

function inOrder(groups: readonly (readonly DroppedFile[])[], others: readonly DroppedFile[]): readonly DroppedCheckpoint[] {
  const named = [...groups].sort((x, y) => x[0]!.path.localeCompare(y[0]!.path, 'en', { numeric: true }))
  const steps = stepsOf(named.map(([first]) => first!.path))
  const checkpoints = named.map((weights, i) => ({ step: steps[i]!, weights, files: [...weights, ...beside(weights[0]!, others)] }))
  return checkpoints.sort((x, y) => x.step - y.step)
}

function beside({ path }: DroppedFile, others: readonly DroppedFile[]): readonly DroppedFile[] {
  const folder = posix.dirname(path)
  const isAbove = (other: DroppedFile): boolean => {
    const theirs = posix.dirname(other.path)
    return theirs === '.' || theirs === folder || folder.startsWith(`${theirs}/`)
  }
  // The nearest of a name: a series may have one configuration each, or one for all.
  const nearest = new Map<string, DroppedFile>()
  for (const other of others.filter(isAbove)) {
    const known = nearest.get(other.name)
    if (!known || other.path.length > known.path.length) nearest.set(other.name, other)
  }
  return [...nearest.values()]
}

const stepWord = /(?:step|epoch|iter|iteration|checkpoint|ckpt)s?[^0-9a-z]{0,3}(\d{1,12})/gi

export function stepsOf(paths: readonly string[]): readonly number[] {
  const worded = paths.map((path) => [...path.matchAll(stepWord)].at(-1)?.[1]).map((text) => (text === undefined ? undefined : Number(text)))
  if (worded.every((step) => step !== undefined) && new Set(worded).size === paths.length) return worded as number[]
  if (paths.length === 1) return [0]
  const numbers = paths.map((path) => [...path.matchAll(/\d{1,12}/g)].map(([text]) => Number(text)))
  const places = [...numbers[0]!.keys()].reverse()
  const telling = places.find((place) => new Set(numbers.map((row) => row[place])).size === paths.length)
  return numbers.map((row, i) => (telling === undefined ? i : (row[telling] ?? i)))
}

export const refused = (message: string): AppError => new AppError({ code: 'IMPORT_REFUSED', message })
