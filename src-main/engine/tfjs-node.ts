/**
 * Loads TensorFlow.js's binding to the TensorFlow C library, in either of its two packages.
 *
 * Both may be installed without their native part, which an install script fetches that this program's npm settings do
 * not run; requiring them then throws. Both call functions of node:util that Node 23 removed, so these are put back
 * first. One process can load one of the two, once.
 */
import { createRequire } from 'node:module'
import util from 'node:util'
import { err, ok, type Result } from '../base/result'
import type { LoadedBackend } from './backend'
import { tf } from './tf'

export type TfjsNodePackage = '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu'

/** What both packages register under. */
const registeredAs = 'tensorflow'

interface TfjsNode {
  readonly version: Readonly<Record<string, string>>
}

export interface TfjsNodeLoaded extends LoadedBackend {
  readonly isGpu: boolean
}

export async function loadTfjsNode(name: TfjsNodePackage): Promise<Result<TfjsNodeLoaded, 'BACKEND_UNAVAILABLE'>> {
  const packages = createRequire(import.meta.url)
  if (!isInstalled(packages, name)) return err('BACKEND_UNAVAILABLE', `package ${name} is not installed`)
  restoreRemovedUtil()
  let version: Readonly<Record<string, string>>
  try {
    // Required, not imported: a bundler's own import does not look where Node does.
    version = (packages(name) as Partial<TfjsNode>).version ?? {} // the package's own record of versions
  } catch (thrown) {
    return err('BACKEND_UNAVAILABLE', `package ${name} is installed ${problemOf(thrown)}`)
  }
  const backend = tf.findBackend(registeredAs) as { readonly isUsingGpuDevice?: boolean } | null
  if (!backend) return err('BACKEND_UNAVAILABLE', `package ${name} loaded without registering a backend`)
  const isGpu = backend.isUsingGpuDevice === true
  return ok({
    registeredAs,
    isGpu,
    capabilities: { isGpu, hasSimd: true, threads: await threadCount() },
    versions: { [name.replace('@tensorflow/', '')]: version['tfjs-node'] ?? version['tfjs'] ?? 'unknown' },
  })
}

function isInstalled(packages: NodeJS.Require, name: string): boolean {
  try {
    packages.resolve(name)
    return true
  } catch {
    return false // what `resolve` throws says no more than this
  }
}

async function threadCount(): Promise<number> {
  const { availableParallelism } = await import('node:os')
  return availableParallelism()
}

/** The functions of node:util that tfjs-node calls and Node >= 23 lacks. */
function restoreRemovedUtil(): void {
  const removed: Readonly<Record<string, (value: unknown) => boolean>> = {
    isNullOrUndefined: (value) => value === null || value === undefined,
    isArray: (value) => Array.isArray(value),
    isString: (value) => typeof value === 'string',
    isNumber: (value) => typeof value === 'number',
    isBoolean: (value) => typeof value === 'boolean',
    isObject: (value) => value !== null && typeof value === 'object',
    isFunction: (value) => typeof value === 'function',
    isUndefined: (value) => value === undefined,
    isNull: (value) => value === null,
  }
  const target = util as unknown as Record<string, unknown> // the module object is plain and extensible
  for (const [name, test] of Object.entries(removed)) target[name] ??= test
}

function problemOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  if (message.includes('native addon module')) return 'without its native part; npm run setup:tfjs fetches it'
  return `but does not load: ${message.trim().split('\n')[0]!}`
}
