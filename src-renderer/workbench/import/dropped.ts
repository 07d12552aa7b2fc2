/** Files as they come from a drop or a chooser, folders included, and what kind of thing they are. */

export interface DroppedFile {
  /** With folders: `gpt2/config.json`. */
  readonly path: string
  readonly file: File
}

/** Endings of files that hold tensors, in the order in which people use them. */
export const tensorEndings = ['safetensors', 'pt', 'pth', 'bin', 'npz', 'npy', 'ckpt', 'tar', 'th'] as const

export const droppable =
  'a .grokscope project, a checkpoint (.safetensors, .pt, .pth, .bin, .npz), a folder of one, prompts as .json or .csv, or images and labels as two IDX files'

/** Deeper than checkpoints lie; a drop of a whole disk ends soon. */
const mostFiles = 1000

/** The files of a drop. Call while the event is handled: what it holds is gone afterwards. */
export function filesOf(transfer: DataTransfer): Promise<readonly DroppedFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null)
  if (entries.every((entry) => entry === null)) return Promise.resolve(chosenFiles(transfer.files))
  return entriesWithin(entries.filter((entry) => entry !== null))
}

/** Files of a chooser; those of a chosen folder know their place in it. */
export function chosenFiles(files: FileList | readonly File[]): readonly DroppedFile[] {
  return [...files]
    .map((file) => ({ path: file.webkitRelativePath || file.name, file }))
    .filter(({ path }) => !isHidden(path))
    .slice(0, mostFiles)
}

const isHidden = (path: string): boolean => path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX')

async function entriesWithin(entries: readonly FileSystemEntry[]): Promise<readonly DroppedFile[]> {
  const found: DroppedFile[] = []
  const waiting = [...entries]
  for (let entry = waiting.shift(); entry && found.length < mostFiles; entry = waiting.shift()) {
    const path = entry.fullPath.replace(/^\//, '')
    if (isHidden(path)) continue
    // The two kinds of entry are told apart by these flags.
    if (entry.isDirectory) waiting.push(...(await childrenOf(entry as FileSystemDirectoryEntry)))
    else found.push({ path, file: await fileOf(entry as FileSystemFileEntry) })
  }
  return found
}

async function childrenOf(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader()
  const children: FileSystemEntry[] = []
  for (;;) {
    // A reader gives a part of the children at a time and an empty part at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return children
    children.push(...some)
  }
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((resolve, reject) => entry.file(resolve, reject))

export type DropKind = 'project' | 'checkpoint' | 'prompts' | 'images' | 'unknown'

export function kindOf(files: readonly DroppedFile[]): DropKind {
  const [first] = files
  if (first && files.length === 1 && /\.grokscope$/i.test(first.path)) return 'project'
  const ending = (path: string): string => /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''
  if (files.some(({ path }) => (tensorEndings as readonly string[]).includes(ending(path)))) return 'checkpoint'
  if (files.length > 0 && files.every(({ path }) => isIdx(path))) return 'images'
  return files.length > 0 && files.every(({ path }) => ['json', 'csv'].includes(ending(path))) ? 'prompts' : 'unknown'
}

const isIdx = (path: string): boolean => /[-_.]idx[13]?[-_.]?(ubyte)?(\.gz)?$/i.test(path)

/** Asks for files with the browser's own chooser; none when it is dismissed. */
export function chooseFiles(isFolder: boolean): Promise<readonly DroppedFile[]> {
  const input = document.createElement('input')
  input.type = 'file'
  input.multiple = true
  input.webkitdirectory = isFolder
  return new Promise((resolve) => {
    input.addEventListener('change', () => resolve(chosenFiles(input.files ?? [])))
    input.addEventListener('cancel', () => resolve([]))
    input.click()
  })
}
