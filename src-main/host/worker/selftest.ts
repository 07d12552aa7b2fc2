/** The benchmark of circuit methods over known circuits, as a person runs it on a machine of their own. */
import { err, ok, unwrap, type Result } from '../../base/result'
import { backendCandidates } from '../../engine/backends'
import { chooseBackend } from '../../engine/backend'
import { tf } from '../../engine/tf'
import { circuitMethods } from '../../lab/interpret/circuit-methods'
import type { CircuitMethod } from '../../lab/interpret/circuit-methods/circuit-method'
import { knownCircuits } from '../../lab/interpret/known-circuits'
import { benchmark, judgeable, type BenchmarkRow } from '../../lab/interpret/known-circuits/components/known-benchmark'
import { knownVariants } from '../../lab/interpret/known-circuits/components/known-network'

/** Minutes over all networks, or fit for graphs of a few edges only: run when asked for by name. */
const onlyByName = ['mask-learning', 'exhaustive']

export interface SelftestRequest {
  readonly backend: string | undefined
  /** All that score edges, but those only by name, when absent. */
  readonly methods: readonly string[] | undefined
  readonly pairCount: number
  readonly seed: number
}

export interface SelftestRun {
  readonly backend: string
  readonly methods: readonly { readonly id: string; readonly title: string }[]
  /** Networks in all. */
  readonly networkCount: number
  readonly rows: Generator<BenchmarkRow, void>
}

/** ARGUMENTS_INVALID names an unknown method, BACKEND_UNAVAILABLE an unknown backend. */
export async function openSelftest({ backend, methods, pairCount, seed }: SelftestRequest): Promise<SelftestRun> {
  const known = [...circuitMethods].filter((method) => judgeable(method) && !onlyByName.includes(method.id))
  const chosenMethods = methods ? methods.map((id) => unwrap(methodOf(id))) : known
  tf.enableProdMode()
  const { title } = unwrap(await chooseBackend(backendCandidates, { wanted: backend }))
  return {
    backend: title,
    methods: chosenMethods.map(({ id, title: named }) => ({ id, title: named })),
    networkCount: knownCircuits.ids.length * knownVariants.length,
    rows: benchmark({ circuits: knownCircuits, methods: chosenMethods, variants: knownVariants, pairCount, seed }),
  }
}

function methodOf(id: string): Result<CircuitMethod, 'ARGUMENTS_INVALID'> {
  const found = circuitMethods.find(id)
  if (!found) return err('ARGUMENTS_INVALID', `unknown circuit method '${id}'; nearest: ${circuitMethods.nearest(id)}`)
  if (!judgeable(found)) return err('ARGUMENTS_INVALID', `circuit method '${id}' scores ${found.over}; known circuits are told by edges`)
  return ok(found)
}
