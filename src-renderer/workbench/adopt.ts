import type { ImageSetCard } from '@contract/images'
import type { Client } from '@contract/index'
import type { PromptSetCard } from '@contract/prompts'
import type { WireError } from '@contract/rpc'

/** Bytes in one message; the contract takes at most 1 MB. */
const pieceBytes = 2 ** 20

/** Hands a dropped project file to the main process piece by piece; the last piece opens it. */
export async function adoptFile(client: Client, file: File, onShare: (share: number) => void): Promise<void> {
  const name = projectNameOf(file.name)
  if (name === undefined) {
    throw {
      code: 'PROJECT_NOT_OURS',
      message: `${file.name} is not a .grokscope project`,
    } satisfies WireError
  }
  if (file.size === 0) throw { code: 'PROJECT_DAMAGED', message: `${file.name} is empty` } satisfies WireError
  for (let offset = 0; offset < file.size; offset += pieceBytes) {
    const bytes = new Uint8Array(await file.slice(offset, offset + pieceBytes).arrayBuffer())
    await client.projects.adopt({ name, offset, totalBytes: file.size, bytes })
    onShare(Math.min(1, (offset + bytes.length) / file.size))
  }
}

/** Hands a file of prompts to the main process piece by piece; the last piece reads and keeps it. */
export async function adoptPrompts(client: Client, file: File): Promise<PromptSetCard | undefined> {
  if (file.size === 0) throw { code: 'FILE_MALFORMED', message: `${file.name} is empty` } satisfies WireError
  let kept: PromptSetCard | undefined
  for (let offset = 0; offset < file.size; offset += pieceBytes) {
    const bytes = new Uint8Array(await file.slice(offset, offset + pieceBytes).arrayBuffer())
    kept = (await client.prompts.adopt({ name: file.name, offset, totalBytes: file.size, bytes })).set
  }
  return kept
}

/** The two files of an image set, in any order; the set's name is what their names share. */
export async function adoptImages(client: Client, files: readonly File[]): Promise<ImageSetCard> {
  const name = imageSetName(files.map((file) => file.name))
  let waitsFor: string | undefined
  for (const file of files) {
    for (let offset = 0; offset < file.size; offset += pieceBytes) {
      const bytes = new Uint8Array(await file.slice(offset, offset + pieceBytes).arrayBuffer())
      const { set, waitsFor: missing } = await client.images.adopt({ name, fileName: file.name, offset, totalBytes: file.size, bytes })
      if (set) return set
      waitsFor = missing
    }
  }
  throw { code: 'IMPORT_REFUSED', message: `the ${waitsFor ?? 'images'} of ${name} are missing; drop both IDX files, images and labels, together` } satisfies WireError
}

/** `train` for train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz. */
export function imageSetName(fileNames: readonly string[]): string {
  const stems = fileNames.map((name) => name.toLowerCase().replace(/\.gz$/, '').replace(/[-_.]?(images|labels)?[-_.]?idx[13]?[-_.]?(ubyte)?$/, ''))
  const [first = ''] = stems
  return stems.every((stem) => stem === first) && first !== '' ? first.slice(0, 60) : 'images'
}

/** The file's name as a project may be called; undefined when it is no project file. */
export function projectNameOf(fileName: string): string | undefined {
  const stem = /^(.+)\.grokscope$/i.exec(fileName)?.[1]
  const allowed = stem?.replaceAll(/[^\w .-]/g, '-').replace(/^[^\w]+/, '').slice(0, 100)
  return allowed === '' ? undefined : allowed
}
