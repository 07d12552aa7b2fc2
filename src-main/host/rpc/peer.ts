/**
 * The serving half of the wire: everything a transport does not know and a service should not care about. The calling
 * half is contract/client.ts.
 *
 * 1. A request names a method and carries arguments; both are checked here, so a service sees only what its schema
 *    accepts. Names are looked up among own properties, so `constructor` is as unknown as `runs.nonsense`.
 * 2. A call answers once. A stream sends events and answers when its handler's promise resolves.
 * 3. `every` streams: an event takes one credit; without credit it waits in line, and the promise of `emit` resolves when
 *    there is room for the next one. A producer that awaits `emit` therefore never runs ahead of its reader.
 * 4. `latest` streams: without credit the newest event replaces the waiting one. The last event before the end is always
 *    sent, credit or not, because it is the state the reader has to end up with.
 * 5. Cancelling aborts the handler's signal; whatever the handler says afterwards is dropped. The end of the transport
 *    cancels everything.
 * 6. Errors leave as {code, message, detail}, never with a stack.
 */
import { err, failureOf, ok, type Result } from '../../base/result'
import type { Disposable } from '../../base/disposable'
import type { CallContext, Contract, Message, MethodDef, ServicesOf, StreamContext, Transport } from '../../contract/rpc'
import { complaintsAbout } from './arguments'
import { createOutlet, type Outlet } from './outlet'

export interface PeerOptions {
  /** Told about failures nobody expected (INTERNAL), with what was thrown. */
  onBroken?(thrown: unknown, method: string): void
}

type Request = Extract<Message, { kind: 'request' }>
type Handler = (args: unknown, ctx: CallContext | StreamContext<unknown>) => unknown

/** One request being served. */
interface Open {
  readonly controller: AbortController
  readonly outlet: Outlet | undefined
}

/** Serves a contract over one transport until disposed or the transport closes. */
export function servePeer<C extends Contract>(
  transport: Transport,
  contract: C,
  services: ServicesOf<C>,
  options: PeerOptions = {},
): Disposable {
  const open = new Map<number, Open>()
  let isDisposed = false

  function dispose(): void {
    isDisposed = true
    for (const { controller } of [...open.values()]) controller.abort()
    open.clear()
  }

  function respond(id: number, result: Result<unknown>): void {
    if (isDisposed) return
    try {
      transport.send(result.ok ? { kind: 'response', id, value: result.value } : { kind: 'response', id, error: result.error })
    } catch (thrown) {
      // The value does not fit through the transport (a function, NaN outside a frame); its caller must hear of it.
      options.onBroken?.(thrown, `response ${id}`)
      transport.send({ kind: 'response', id, error: failureOf(thrown) })
    }
  }

  async function serve(request: Request): Promise<void> {
    const { id, method } = request
    const found = findMethod(contract, services, method)
    if (!found.ok) return respond(id, found)
    const { def, handler } = found.value
    const args = def.args.safeParse(request.args)
    if (!args.success) return respond(id, complaintsAbout(method, request.args, args.error))

    const controller = new AbortController()
    const { signal } = controller
    const outlet = def.kind === 'stream' ? createOutlet(transport, { id, delivery: def.delivery, signal }) : undefined
    open.set(id, { controller, outlet })
    let result: Result<unknown>
    try {
      const value = await handler(args.data, outlet ? { signal, emit: outlet.emit } : { signal })
      await outlet?.drained()
      result = ok(outlet ? undefined : value)
    } catch (thrown) {
      result = { ok: false, error: failureOf(thrown) }
      if (result.error.code === 'INTERNAL' && !signal.aborted) options.onBroken?.(thrown, method)
    }
    // A cancelled request has left the table, and its id may not be answered any more.
    if (open.get(id)?.controller === controller && open.delete(id)) respond(id, result)
  }

  transport.onMessage((received) => {
    const message = readMessage(received)
    if (isDisposed || !message) return
    if (message.kind === 'request') {
      // A repeated id would make one answer settle the other's question.
      if (!open.has(message.id)) void serve(message)
      return
    }
    const target = open.get(message.id)
    if (message.cancel) {
      open.delete(message.id)
      target?.controller.abort()
    } else if (message.credit !== undefined) target?.outlet?.grant(message.credit)
  })
  transport.onClose(dispose)
  return { dispose }
}

function findMethod<C extends Contract>(
  contract: C,
  services: ServicesOf<C>,
  method: string,
): Result<{ def: MethodDef; handler: Handler }, 'METHOD_UNKNOWN'> {
  const [namespace = '', verb = ''] = method.split('.', 2)
  const defs = Object.hasOwn(contract, namespace) ? contract[namespace] : undefined
  if (!defs) {
    return err('METHOD_UNKNOWN', `unknown method '${method}'; namespaces are ${Object.keys(contract).join(', ')}`)
  }
  const def = Object.hasOwn(defs, verb) ? defs[verb] : undefined
  if (!def || method !== `${namespace}.${verb}`) {
    return err('METHOD_UNKNOWN', `unknown method '${method}'; ${namespace} has ${Object.keys(defs).join(', ')}`)
  }
  const service = services[namespace] as Readonly<Record<string, Handler>> // ServicesOf gives every method its handler
  return ok({ def, handler: service[verb]! })
}

/** A request or signal; undefined for anything else, which includes what is meant for a caller on the same transport. */
function readMessage(received: unknown): Exclude<Message, { kind: 'response' | 'event' }> | undefined {
  if (typeof received !== 'object' || received === null) return undefined
  const { kind, id, method, args, cancel, credit } = received as Record<string, unknown>
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return undefined
  if (kind === 'request' && typeof method === 'string') return { kind, id, method, args }
  if (kind !== 'signal') return undefined
  if (cancel === true) return { kind, id, cancel }
  const isAmount = typeof credit === 'number' && Number.isInteger(credit) && credit > 0 && credit <= 1024
  return isAmount ? { kind, id, credit } : undefined
}
