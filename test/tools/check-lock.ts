/**
 * Whether the lock file installs on every platform: each per-platform package that a locked package may want has to be
 * locked itself, or `npm ci` fails on the platform whose package is missing.
 */
interface LockedPackage {
  readonly version?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** `package wants missing`, for every optional dependency without an entry. */
export function missingFromLock({ packages }: Lock): readonly string[] {
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) => {
    const missing = Object.keys(optionalDependencies).filter((name) => !isLocked(packages, path, name))
    return missing.map((name) => `${path || 'the project'} wants ${name}`)
  })
}

/** Looks where Node would: beside the package's own modules, then further up. */
function isLocked(packages: Lock['packages'], from: string, name: string): boolean {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf('/node_modules/')))) {
    const path = place === '' ? `node_modules/${name}` : `${place}/node_modules/${name}`
    if (packages[path]?.version) return true
    if (place === '') return false
    if (!place.includes('/node_modules/')) place = ''
  }
}
