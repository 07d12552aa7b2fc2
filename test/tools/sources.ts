/** The project's own files as text, for the checks that read them. Paths are relative to the root, with slashes. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

export interface Source {
  readonly path: string
  /** The whole file; of a component the whole component. */
  readonly text: string
}

/** Every file below the folders whose name ends in one of the suffixes, in order of path. */
export function readSources(folders: readonly string[], suffixes: readonly string[]): readonly Source[] {
  const paths = folders.flatMap((folder) => {
    const entries = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    return entries.map((entry) => `${folder}/${entry.replaceAll('\\', '/')}`)
  })
  const wanted = paths.filter((path) => suffixes.some((suffix) => path.endsWith(suffix)) && !path.includes('artifacts/'))
  return wanted.sort().map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** The script of a component, or a module as it is. */
export function scriptOf({ path, text }: Source): string {
  if (!path.endsWith('.vue')) return text
  return /<script[^>]*>([\s\S]*?)<\/script>/.exec(text)?.[1] ?? ''
}
