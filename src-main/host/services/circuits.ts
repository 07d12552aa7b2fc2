import { AppError } from '../../base/result'
import { CircuitRecord } from '../../contract/circuit-record'
import type { circuits as namespace } from '../../contract/circuits'
import type { ServiceOf } from '../../contract/rpc'
import type { Ask } from './asking'

export function createCircuitsService(ask: Ask): ServiceOf<typeof namespace> {
  return {
    graph: (at, { signal }) => ask(at, (client, key) => client.circuits.graph({ key }, { signal })),
    methods: (at, { signal }) => ask(at, (client, key) => client.circuits.methods({ key }, { signal })),
    estimate: ({ runId, step, ...terms }, { signal }) =>
      ask({ runId, step }, (client, key) => client.circuits.estimate({ key, ...terms }, { signal })),
    score: ({ runId, step, ...terms }, { emit, signal }) =>
      ask({ runId, step }, (client, key) => client.circuits.score({ key, ...terms }, (scores) => void emit(scores), { signal })),
    curve: ({ runId, step, ...terms }, { signal }) =>
      ask({ runId, step }, (client, key) => client.circuits.curve({ key, ...terms }, { signal })),
    randomCurve: ({ runId, step, ...terms }, { signal }) =>
      ask({ runId, step }, (client, key) => client.circuits.randomCurve({ key, ...terms }, { signal })),
    circuit: ({ runId, step, ...terms }, { signal }) =>
      ask({ runId, step }, (client, key) => client.circuits.circuit({ key, ...terms }, { signal })),
    edge: ({ runId, step, ...terms }, { signal }) =>
      ask({ runId, step }, (client, key) => client.circuits.edge({ key, ...terms }, { signal })),
    completeness: ({ runId, step, ...terms }, { signal }) =>
      ask({ runId, step }, (client, key) => client.circuits.completeness({ key, ...terms }, { signal })),
    minimality: ({ runId, step, ...terms }, { signal }) =>
      ask({ runId, step }, (client, key) => client.circuits.minimality({ key, ...terms }, { signal })),
    sufficiency: ({ runId, step, ...terms }, { signal }) =>
      ask({ runId, step }, (client, key) => client.circuits.sufficiency({ key, ...terms }, { signal })),
    stability: ({ runId, step, ...terms }, { signal }) =>
      ask({ runId, step }, (client, key) => client.circuits.stability({ key, ...terms }, { signal })),
    agreement: ({ runId, step, ...terms }, { signal }) =>
      ask({ runId, step }, (client, key) => client.circuits.agreement({ key, ...terms }, { signal })),
    read: ({ text }) => readCircuit(text),
  }
}

/** Throws ARGUMENTS_INVALID with the first thing that is wrong, and where. */
function readCircuit(text: string): CircuitRecord {
  const parsed = CircuitRecord.safeParse(jsonOf(text))
  if (parsed.success) {
    const names = new Set(parsed.data.nodes.map(({ name }) => name))
    const stray = parsed.data.edges.findIndex(({ from, to }) => !names.has(from) || !names.has(to))
    if (stray < 0) return parsed.data
    const { from, to } = parsed.data.edges[stray]!
    throw invalid(`edges.${stray} goes from '${from}' to '${to}'; the nodes have no '${names.has(from) ? to : from}'`)
  }
  const { path, message } = parsed.error.issues[0]! // there is one, or it had succeeded
  throw invalid(`${path.join('.') || 'the file'}: ${message}`)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid(`it is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

const invalid = (what: string): AppError =>
  new AppError({ code: 'ARGUMENTS_INVALID', message: `not a circuit that this program exports: ${what}` })
