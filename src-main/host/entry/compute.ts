/** Composition root of a compute process: `compute.js <role> [--backend id]`, started and spoken to by the supervisor. */
import { parseArgs } from 'node:util'
import { unwrap } from '../../base/result'
import { backendCandidates } from '../../engine/backends'
import { chooseBackend, madeWith } from '../../engine/backend'
import { tf } from '../../engine/tf'
import { computeContract } from '../compute/contract'
import { parentTransport } from '../rpc/child'
import { servePeer } from '../rpc/peer'
import { createWorkerServices } from '../worker/services'

const transport = parentTransport()
if (!transport) {
  process.stderr.write('grokscope: the compute process is started by the program, not by hand\n')
  process.exit(2)
}
// Without a parent nobody wants the result.
transport.onClose(() => process.exit(0))
// An interrupt from the terminal goes to the whole group; the parent decides what it means for this process.
process.on('SIGINT', () => {})

// Keeps the library's banner off the standard error, whose last line is quoted when this process dies.
tf.enableProdMode()

const { values } = parseArgs({ options: { backend: { type: 'string' } }, allowPositionals: true })
const chosen = await chooseBackend(backendCandidates, { wanted: values.backend })
const onBroken = (thrown: unknown): void =>
  void process.stderr.write(`${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`)
if (chosen.ok) {
  const { id, title, reason } = chosen.value
  const services = createWorkerServices({ backend: { id, title, reason }, madeWith: madeWith(chosen.value) })
  servePeer(transport, computeContract, services, { onBroken })
} else {
  // The supervisor greets first, so that why there is no backend reaches whoever asked for one.
  const hello = (): never => unwrap(chosen)
  const { process: greeting } = computeContract
  servePeer(transport, { process: greeting }, { process: { hello, ping: () => ({ memoryBytes: 0 }) } }, { onBroken })
}
