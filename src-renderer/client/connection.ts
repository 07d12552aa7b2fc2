/**
 * One client for the life of the window over transports that come and go.
 *
 * 1. A request made while there is no connection waits for the next one, until its caller cancels it.
 * 2. A request that was open when the connection ended rejects with CONNECTION_CLOSED: it may or may not have happened.
 * 3. Each new connection raises `generation`; queries and streams that are still wanted ask again when it changes.
 * 4. Reconnecting waits 0.25 s, doubling to 8 s.
 */
import { clientOver, createCaller, wireErrorOf, type Caller } from '@contract/client'
import type { Client } from '@contract/index'
import type { CallOptions, Transport, WireError } from '@contract/rpc'
import { protocolVersion } from '@contract/words'
import { readonly, ref, type Ref } from 'vue'

export type ConnectionState = 'connecting' | 'ready' | 'reconnecting' | 'refused'

export interface Connection {
  readonly client: Client
  readonly state: Readonly<Ref<ConnectionState>>
  /** Counts connections made; 0 before the first. */
  readonly generation: Readonly<Ref<number>>
  /** Why the last attempt failed. */
  readonly failure: Readonly<Ref<WireError | undefined>>
  close(): void
}

const firstWaitMs = 250
const longestWaitMs = 8000

export function openConnection(open: () => Promise<Transport>): Connection {
  const state = ref<ConnectionState>('connecting')
  const generation = ref(0)
  const failure = ref<WireError>()
  let caller = createDeferred<Caller>()
  let transport: Transport | undefined
  let isClosed = false
  let waitMs = firstWaitMs

  async function connect(): Promise<void> {
    try {
      const opened = await open()
      const candidate = createCaller(opened)
      opened.onClose(() => lost(opened))
      const hello = (await candidate.call('system.hello', { protocol: protocolVersion })) as { protocol: number }
      if (hello.protocol !== protocolVersion) return refuse(hello.protocol)
      transport = opened
      waitMs = firstWaitMs
      failure.value = undefined
      state.value = 'ready'
      generation.value++
      caller.resolve(candidate)
    } catch (thrown) {
      failure.value = wireErrorOf(thrown)
      retry()
    }
  }

  function lost(ended: Transport): void {
    if (ended !== transport || isClosed) return
    transport = undefined
    caller = createDeferred()
    retry()
  }

  function retry(): void {
    if (isClosed) return
    state.value = generation.value === 0 ? 'connecting' : 'reconnecting'
    setTimeout(() => void connect(), waitMs)
    waitMs = Math.min(waitMs * 2, longestWaitMs)
  }

  function refuse(theirs: number): void {
    state.value = 'refused'
    failure.value = {
      code: 'METHOD_UNKNOWN',
      message: `the main process speaks protocol ${theirs}, this window ${protocolVersion}; reloading gets the matching one`,
    }
  }

  void connect()
  return {
    client: clientOver(waitingCaller(() => caller.promise)),
    state: readonly(state),
    generation: readonly(generation),
    failure: readonly(failure) as Readonly<Ref<WireError | undefined>>,
    close() {
      isClosed = true
      transport?.close()
    },
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
}

function createDeferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((settle) => (resolve = settle))
  return { promise, resolve }
}

/** Hands each request to the caller of the moment, or to the next one. */
function waitingCaller(current: () => Promise<Caller>): Caller {
  async function ready(options: CallOptions | undefined): Promise<Caller> {
    const signal = options?.signal
    if (!signal) return current()
    return Promise.race([
      current(),
      new Promise<never>((_resolve, reject) => {
        const cancelled = (): void => reject({ code: 'CANCELLED', message: 'cancelled before it was sent' })
        if (signal.aborted) cancelled()
        else signal.addEventListener('abort', cancelled, { once: true })
      }),
    ])
  }
  return {
    call: async (method, args, options) => (await ready(options)).call(method, args, options),
    stream: async (method, args, onEvent, options) => (await ready(options)).stream(method, args, onEvent, options),
  }
}
