/** Files that ship beside the program, found from wherever this module was built into. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The nearest file or folder of that name in this module's folder or one above it. */
export function locate(name: string, from: string = import.meta.dirname): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, name)
    if (existsSync(candidate)) return candidate
    if (dirname(folder) === folder) return undefined
  }
}
