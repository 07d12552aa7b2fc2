import { assert } from './assert'

export interface Declaration {
  /** Kebab-case, equal to the stem of the file that declares it. */
  readonly id: string
}

/** All declarations of one noun, in order of id. */
export interface Registry<T extends Declaration> extends Iterable<T> {
  readonly noun: string
  readonly ids: readonly string[]
  find(id: string): T | undefined
  /** The declaration; throws with the nearest ids when there is none. For ids that were validated before. */
  require(id: string): T
  /** One clause naming the ids closest to a wrong one, for error messages. */
  nearest(id: string): string
}

/**
 * Builds the registry of a noun from the modules a folder's glob found.
 * Throws at load when an id differs from its file stem or two files declare the same id.
 */
export function collect<T extends Declaration>(noun: string, modules: Record<string, unknown>): Registry<T> {
  const byId = new Map<string, T>()
  for (const [path, module] of Object.entries(modules)) {
    const declaration = (module as { default?: T }).default // guaranteed by the folder rule: leaves default-export
    assert(declaration, `${noun} file ${path} has no default export`)
    const stem = path.replace(/^.*\//, '').replace(/\.[^.]+$/, '')
    const folder = path.replace(/\/[^/]+$/, '').replace(/^.*\//, '')
    const expected = stem === 'index' ? folder : stem
    assert(declaration.id === expected, `${noun} file ${path} declares id '${declaration.id}', expected '${expected}'`)
    assert(!byId.has(declaration.id), `${noun} id '${declaration.id}' is declared twice`)
    byId.set(declaration.id, declaration)
  }
  const ids = [...byId.keys()].sort()

  function nearest(id: string): string {
    const ranked = ids.map((known) => ({ known, distance: editDistance(id, known) }))
    ranked.sort((x, y) => x.distance - y.distance)
    return ranked.slice(0, 3).map(({ known }) => known).join(', ') || 'none declared'
  }

  return {
    noun,
    ids,
    find: (id) => byId.get(id),
    require(id) {
      const found = byId.get(id)
      assert(found, `unknown ${noun} '${id}'; nearest: ${nearest(id)}`)
      return found
    },
    nearest,
    *[Symbol.iterator]() {
      for (const id of ids) yield byId.get(id)!
    },
  }
}

/** Levenshtein distance, one row at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const substitution = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[to.length]!
}
