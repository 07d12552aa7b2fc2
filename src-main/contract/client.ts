/**
 * The calling half of the wire, for whoever calls: the renderer, the compute supervisor, tests.
 *
 *   const client = createClient(transport)
 *   const runs = await client.runs.list({})
 *   await client.jobs.follow({}, (jobs) => show(jobs), { signal })
 *
 * 1. A method is a call unless its second argument is a function; then it is a stream and the function reads it.
 * 2. Ids count up from 1 and are unique within one caller. Two callers on one transport would answer for each other.
 * 3. Aborting the signal rejects with CANCELLED at once and tells the serving side to stop; its late answer is dropped.
 * 4. A stream starts with `window` credits, and each event that was read gives one back. The serving side holds back,
 *    or for `latest` delivery drops, what it has no credit for.
 * 5. When the transport closes, everything open rejects with CONNECTION_CLOSED, and so does every later request.
 *
 * Replies are trusted: the serving side made them from the same contract. Nothing here depends on the schema library.
 */
import { AppError, failureOf } from '../base/result'
import type { contract } from './index'
import type { CallOptions, ClientOf, Contract, Message, Transport, WireError } from './rpc'

/** Events a stream may send before the first one was read. */
export const streamWindow = 4

/** Requests by method name, before types are put on them. */
export interface Caller {
  call(method: string, args: unknown, options?: CallOptions): Promise<unknown>
  stream(method: string, args: unknown, onEvent: (event: unknown) => void, options?: CallOptions): Promise<void>
}

interface Pending {
  settle(value: unknown): void
  fail(error: Error): void
  readonly onEvent?: ((event: unknown) => void) | undefined
}

export function createClient<C extends Contract = typeof contract>(transport: Transport): ClientOf<C> {
  return clientOver<C>(createCaller(transport))
}

/** A caller over one transport. Requests go out in order; answers may come in any. */
export function createCaller(transport: Transport): Caller {
  const pending = new Map<number, Pending>()
  let lastId = 0
  let isClosed = false

  transport.onMessage((received) => {
    const message = received as Message // the other end is this program's own peer
    const waiting = pending.get(message.id)
    if (!waiting) return
    if (message.kind === 'event') readEvent(message.id, waiting, message.event)
    if (message.kind !== 'response') return
    pending.delete(message.id)
    if (message.error) waiting.fail(new AppError(message.error))
    else waiting.settle(message.value)
  })
  transport.onClose(() => {
    isClosed = true
    for (const waiting of [...pending.values()]) waiting.fail(closed())
    pending.clear()
  })

  function readEvent(id: number, waiting: Pending, event: unknown): void {
    try {
      waiting.onEvent?.(event)
    } catch (thrown) {
      pending.delete(id)
      transport.send({ kind: 'signal', id, cancel: true })
      waiting.fail(thrown instanceof Error ? thrown : new Error(String(thrown)))
      return
    }
    // The reader may have cancelled while it was reading; a credit for an ended stream would reach nobody.
    if (pending.has(id)) transport.send({ kind: 'signal', id, credit: 1 })
  }

  function request(
    method: string,
    args: unknown,
    options: CallOptions | undefined,
    onEvent?: (event: unknown) => void,
  ): Promise<unknown> {
    const signal = options?.signal
    if (signal?.aborted) return Promise.reject(cancelled(method))
    if (isClosed) return Promise.reject(closed())
    const id = ++lastId
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        if (!pending.delete(id)) return
        transport.send({ kind: 'signal', id, cancel: true })
        reject(cancelled(method))
      }
      pending.set(id, {
        onEvent,
        settle(value) {
          signal?.removeEventListener('abort', onAbort)
          resolve(value)
        },
        fail(error) {
          signal?.removeEventListener('abort', onAbort)
          reject(error)
        },
      })
      signal?.addEventListener('abort', onAbort, { once: true })
      try {
        transport.send({ kind: 'request', id, method, args })
        if (onEvent) transport.send({ kind: 'signal', id, credit: streamWindow })
      } catch (thrown) {
        pending.get(id)?.fail(thrown instanceof Error ? thrown : new Error(String(thrown)))
        pending.delete(id)
      }
    })
  }

  return {
    call: (method, args, options) => request(method, args, options),
    stream: async (method, args, onEvent, options) => void (await request(method, args, options, onEvent)),
  }
}

/** Puts the contract's types on a caller: `client.namespace.verb(args)`. Methods are stable values with a `method` key. */
export function clientOver<C extends Contract = typeof contract>(caller: Caller): ClientOf<C> {
  const client = lazyRecord((namespace) => lazyRecord((verb) => methodOf(caller, `${namespace}.${verb}`)))
  return client as ClientOf<C> // every property is a method with both signatures; the type picks the declared one
}

function methodOf(caller: Caller, method: string): object {
  function invoke(args: unknown, second?: unknown, third?: CallOptions): Promise<unknown> {
    return typeof second === 'function'
      ? caller.stream(method, args, second as (event: unknown) => void, third)
      : caller.call(method, args, second as CallOptions | undefined)
  }
  return Object.assign(invoke, { method })
}

/**
 * Properties made when first read. `then` stays undefined, or awaiting a client would call it, and so does what does
 * not look like a name, because view frameworks mark objects with such keys and ask for them.
 */
function lazyRecord(make: (name: string) => object): object {
  const made = new Map<string, object>()
  return new Proxy(
    {},
    {
      get(_target, name) {
        if (typeof name !== 'string' || name === 'then' || !/^[a-z]/.test(name)) return undefined
        const known = made.get(name) ?? make(name)
        made.set(name, known)
        return known
      },
    },
  )
}

const cancelled = (method: string): AppError =>
  new AppError({ code: 'CANCELLED', message: `${method} was cancelled by its caller` } satisfies WireError)
const closed = (): AppError =>
  new AppError({ code: 'CONNECTION_CLOSED', message: 'the connection ended before the answer came' } satisfies WireError)

/** Any thrown value in the form that is shown and sent; an unknown one becomes INTERNAL and keeps its message. */
export function wireErrorOf(thrown: unknown): WireError {
  return isWireError(thrown) ? thrown : failureOf(thrown)
}

/** A failure as plain data; an AppError is an Error and takes the other way. */
function isWireError(thrown: unknown): thrown is WireError {
  if (typeof thrown !== 'object' || thrown === null || thrown instanceof Error) return false
  const { code, message } = thrown as Partial<WireError>
  return typeof code === 'string' && typeof message === 'string'
}
