/** Names of files and folders: kebab-case, components PascalCase, and none of the words that name nothing. */
import type { Source } from './sources'

const emptyWords = ['utils', 'util', 'helper', 'helpers', 'common', 'misc', 'manager', 'handler', 'data', 'info', 'process']
const kebab = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const pascal = /^[A-Z][A-Za-z0-9]*$/
/** `0001-initial` is a migration. */
const numbered = /^\d{4}-[a-z0-9-]+$/
/** Words that say something where they stand: the compute process is a process. */
const exceptions = ['src-main/host/compute/compute-process.ts']

export function nameViolations(sources: readonly Source[]): readonly string[] {
  return sources.flatMap(({ path }) => {
    if (exceptions.includes(path)) return []
    const parts = path.split('/').slice(1)
    const folders = parts.slice(0, -1)
    const file = parts.at(-1) ?? ''
    const stem = file.replace(/(\.test|\.config|\.slow|\.type-test|\.bench|\.d)*\.[a-z]+$/, '')
    const isWellFormed = file.endsWith('.vue') ? pascal.test(stem) : kebab.test(stem) || numbered.test(stem)
    const badFolders = folders.filter((folder) => !kebab.test(folder))
    const empty = [...folders, stem].flatMap((name) => name.split('-')).filter((word) => emptyWords.includes(word))
    return [
      ...(isWellFormed ? [] : [`${path}: the file name is not ${file.endsWith('.vue') ? 'PascalCase' : 'kebab-case'}`]),
      ...badFolders.map((folder) => `${path}: the folder ${folder} is not kebab-case`),
      ...empty.map((word) => `${path}: '${word}' names nothing`),
    ]
  })
}
