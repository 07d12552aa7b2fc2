/**
 * Which tensor backend this process computes on, and why not a faster one.
 *
 * Candidates are tried in the order given, fastest first (backends/index.ts holds the list). The first that loads is
 * made TensorFlow.js's active backend; the reasons of those that did not are kept and shown, because a missing package
 * costs a factor of ten silently otherwise. A candidate that cannot load says so in words and never throws.
 */
import { err, ok, type Result } from '../base/result'
import { tf } from './tf'

export interface Capabilities {
  readonly isGpu: boolean
  readonly hasSimd: boolean
  /** Threads a single op may use. */
  readonly threads: number
}

/** What a candidate reports once it is ready to be made active. */
export interface LoadedBackend {
  /** Name under which the package registered itself with TensorFlow.js. */
  readonly registeredAs: string
  readonly capabilities: Capabilities
  /** Package or library by name: `tfjs-backend-wasm: 4.22.0`. */
  readonly versions: Readonly<Record<string, string>>
}

export interface BackendCandidate {
  /** Short and stable: `cuda`, `node`, `wasm`, `cpu`; what `--backend` takes. */
  readonly id: string
  readonly title: string
  /** Loads what the backend needs and registers its kernels. The failure's message says what is missing. */
  load(): Promise<Result<LoadedBackend, 'BACKEND_UNAVAILABLE'>>
}

export interface Backend {
  readonly id: string
  readonly title: string
  /** Why this one: what kept each faster candidate out, or that it was asked for. */
  readonly reason: string
  readonly versions: Readonly<Record<string, string>>
  readonly capabilities: Capabilities
}

export interface BackendOptions {
  /** Takes this one and no other. */
  readonly wanted?: string | undefined
}

/** Makes the first candidate that loads active. Fails when the wanted one does not load, or none does. */
export async function chooseBackend(
  candidates: readonly BackendCandidate[],
  { wanted }: BackendOptions = {},
): Promise<Result<Backend, 'BACKEND_UNAVAILABLE'>> {
  const admitted = wanted === undefined ? candidates : candidates.filter(({ id }) => id === wanted)
  if (admitted.length === 0) {
    const known = candidates.map(({ id }) => id).join(', ')
    return err('BACKEND_UNAVAILABLE', `unknown backend '${wanted}'; known: ${known}`)
  }
  const passedOver: string[] = []
  for (const { id, title, load } of admitted) {
    const loaded = await activate(load)
    if (loaded.ok) {
      const { versions, capabilities } = loaded.value
      return ok({ id, title, versions, capabilities, reason: reasonFor(passedOver, wanted) })
    }
    passedOver.push(`${id}: ${loaded.error.message}`)
  }
  return err('BACKEND_UNAVAILABLE', passedOver.join('; '))
}

/** One line of id and versions, as a run records it: `wasm (tfjs-core 4.22.0, node 24.21.0)`. */
export function madeWith({ id, versions }: Backend): string {
  return `${id} (${Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ')})`
}

async function activate(load: BackendCandidate['load']): Promise<Result<LoadedBackend, 'BACKEND_UNAVAILABLE'>> {
  const loaded = await load()
  if (!loaded.ok) return loaded
  const { registeredAs, versions } = loaded.value
  if (!tf.findBackendFactory(registeredAs) || !(await tf.setBackend(registeredAs))) {
    return err('BACKEND_UNAVAILABLE', `TensorFlow.js could not start its backend '${registeredAs}'`)
  }
  await tf.ready()
  const platform = { 'tfjs-core': tf.version_core, node: process.versions.node }
  return ok({ ...loaded.value, versions: { ...versions, ...platform } })
}

function reasonFor(passedOver: readonly string[], wanted: string | undefined): string {
  if (wanted !== undefined) return 'it was asked for'
  if (passedOver.length === 0) return 'it is the fastest this program knows'
  return `not available: ${passedOver.join('; ')}`
}
