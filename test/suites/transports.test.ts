import { once } from 'node:events'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { Frame } from '@contract/frames'
import { createClient, streamWindow } from '@contract/client'
import { call, stream, type ClientOf, type ServicesOf, type Transport } from '@contract/rpc'
import { AppError } from '@main/base/result'
import { createMemoryPair } from '@main/host/rpc/memory'
import { messagePortTransport, type ElectronPort } from '@main/host/rpc/electron'
import { websocketTransport } from '@main/host/rpc/websocket'
import { servePeer } from '@main/host/rpc/peer'

const contract = {
  sums: {
    add: call(z.object({ left: z.number(), right: z.number().min(0) }), z.object({ sum: z.number() })),
    double: call(z.object({ values: Frame }), z.object({ values: Frame })),
    fail: call(z.object({ how: z.enum(['expected', 'unexpected', 'unsendable']) }), z.object({ value: z.unknown() })),
    wait: call(z.object({}), z.object({})),
    count: stream(z.object({ to: z.number().int() }), z.object({ n: z.number() }), 'every'),
    newest: stream(z.object({ to: z.number().int() }), z.object({ n: z.number() }), 'latest'),
    forever: stream(z.object({}), z.object({ n: z.number() }), 'every'),
  },
} as const

/** What the services saw, so that a test can tell what happened on the serving side. */
interface Seen {
  emitted: number
  aborted: number
  ended: number
}

function createServices(seen: Seen): ServicesOf<typeof contract> {
  return {
    sums: {
      add: ({ left, right }) => ({ sum: left + right }),
      double: ({ values }) => ({ values: { ...values, data: values.data.map((value) => 2 * value) as typeof values.data } }),
      fail({ how }) {
        if (how === 'expected') throw new AppError({ code: 'RUN_NOT_FOUND', message: 'no run r1', detail: { id: 'r1' } })
        if (how === 'unexpected') throw new TypeError('a stack must not leave')
        return { value: () => 'a function' }
      },
      wait: (_args, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            seen.aborted++
            reject(new AppError({ code: 'CANCELLED', message: 'stopped' }))
          })
        }),
      async count({ to }, { emit }) {
        for (let n = 1; n <= to; n++) {
          seen.emitted++
          await emit({ n })
        }
      },
      async newest({ to }, { emit }) {
        for (let n = 1; n <= to; n++) await emit({ n })
      },
      async forever(_args, { emit }) {
        try {
          for (let n = 1; ; n++) await emit({ n })
        } finally {
          seen.ended++
        }
      },
    },
  }
}

interface Connection {
  readonly serving: Transport
  readonly calling: Transport
  end(): Promise<void>
}

function electronShape(port: MessagePort): ElectronPort {
  return {
    postMessage: (message) => port.postMessage(message),
    on(event: 'message' | 'close', listener: (event: { data: unknown }) => void) {
      if (event === 'message') port.on('message', (data) => listener({ data }))
      else port.on('close', () => listener({ data: undefined }))
    },
    start: () => port.start(),
    close: () => port.close(),
  }
}

const connections: Record<string, () => Promise<Connection>> = {
  async memory() {
    const [serving, calling] = createMemoryPair()
    return { serving, calling, end: async () => calling.close() }
  },
  async MessagePort() {
    const { port1, port2 } = new MessageChannel()
    const [serving, calling] = [messagePortTransport(electronShape(port1)), messagePortTransport(electronShape(port2))]
    return { serving, calling, end: async () => calling.close() }
  },
  async WebSocket() {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const [[accepted]] = await Promise.all([once(server, 'connection'), once(socket, 'open')])
    return {
      serving: websocketTransport(accepted as WebSocket),
      calling: websocketTransport(socket),
      async end() {
        socket.close()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  },
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await turn()
}

describe.each(Object.keys(connections))('over %s', (name) => {
  let connection: Connection
  let client: ClientOf<typeof contract>
  let seen: Seen
  let broken: unknown[]

  beforeEach(async () => {
    connection = await connections[name]!()
    seen = { emitted: 0, aborted: 0, ended: 0 }
    broken = []
    servePeer(connection.serving, contract, createServices(seen), { onBroken: (thrown) => broken.push(thrown) })
    client = createClient<typeof contract>(connection.calling)
  })
  afterEach(() => connection.end())

  test('a call answers with what its service returned', async () => {
    expect(await client.sums.add({ left: 2, right: 3 })).toEqual({ sum: 5 })
  })

  test('answers find their own questions when many are open', async () => {
    const lefts = Array.from({ length: 50 }, (_, i) => i)
    const answers = await Promise.all(lefts.map((left) => client.sums.add({ left, right: 1 })))
    expect(answers.map(({ sum }) => sum)).toEqual(lefts.map((left) => left + 1))
  })

  test('arrays arrive with their type, shape and non-finite values', async () => {
    const values = { axes: ['pos'], shape: [3], data: Float32Array.of(0.5, NaN, -Infinity) }
    expect(await client.sums.double({ values })).toEqual({ values: { ...values, data: Float32Array.of(1, NaN, -Infinity) } })
  })

  test('a megabyte crosses in both directions unchanged', async () => {
    const data = Float32Array.from({ length: 262_144 }, (_, i) => i)
    const { values } = await client.sums.double({ values: { axes: ['pos'], shape: [data.length], data } })
    expect(values.data.every((value, i) => value === 2 * i)).toBe(true)
  })

  test('an expected failure keeps code, message and detail', async () => {
    const failure = await client.sums.fail({ how: 'expected' }).catch((thrown: AppError) => thrown.failure)
    expect(failure).toEqual({ code: 'RUN_NOT_FOUND', message: 'no run r1', detail: { id: 'r1' } })
  })

  test('an unexpected failure crosses as INTERNAL without its stack and is reported where it happened', async () => {
    const failure = await client.sums.fail({ how: 'unexpected' }).catch((thrown: AppError) => thrown.failure)
    expect(failure).toEqual({ code: 'INTERNAL', message: 'a stack must not leave' })
    expect(broken).toEqual([expect.any(TypeError)])
  })

  test.each(['sums.nonsense', 'sums.constructor', 'constructor.name', '__proto__.toString', 'sums', 'sums.add.x'])(
    'method %s is unknown',
    async (method) => {
      const answer = new Promise((resolve) => connection.calling.onMessage(resolve))
      connection.calling.send({ kind: 'request', id: 7, method, args: {} })
      expect(await answer).toMatchObject({ id: 7, error: { code: 'METHOD_UNKNOWN' } })
    },
  )

  test('arguments that do not fit are refused with path, seen and expected', async () => {
    const wrong = { left: 'two', right: -1 } as unknown as { left: number; right: number }
    const failure = await client.sums.add(wrong).catch((thrown: AppError) => thrown.failure)
    expect(failure).toMatchObject({
      code: 'ARGUMENTS_INVALID',
      message: 'sums.add: left is "two", expected number; right is -1, expected number to be >=0',
    })
  })

  test('a frame whose shape does not account for its data is refused', async () => {
    const values = { axes: ['pos'], shape: [4], data: Float32Array.of(1, 2) }
    await expect(client.sums.double({ values })).rejects.toMatchObject({ code: 'ARGUMENTS_INVALID' })
  })

  test('messages that are no requests are passed over', async () => {
    const junk = [null, 7, 'text', [], {}, { kind: 'request' }, { kind: 'request', id: 'a', method: 'sums.add' }]
    for (const message of junk) connection.calling.send(message as never)
    expect(await client.sums.add({ left: 1, right: 1 })).toEqual({ sum: 2 })
  })

  test('every event of an every stream arrives, in order, before its end', async () => {
    const read: number[] = []
    await client.sums.count({ to: 30 }, ({ n }) => void read.push(n))
    expect(read).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
  })

  test('an every stream whose reader gives no credit back is held at the window', async () => {
    connection.calling.send({ kind: 'request', id: 900, method: 'sums.count', args: { to: 1000 } })
    connection.calling.send({ kind: 'signal', id: 900, credit: streamWindow })
    await until(() => seen.emitted >= streamWindow)
    // A round trip after the window is full: whatever the stream would still send has had its turn.
    await client.sums.add({ left: 0, right: 0 })

    expect(seen.emitted).toBe(streamWindow)
  })

  test('a latest stream without credit ends with its newest event and drops the ones between', async () => {
    const read: number[] = []
    connection.calling.onMessage((message) => {
      const { kind, event } = message as { kind: string; event?: { n: number } }
      if (kind === 'event') read.push(event!.n)
    })
    const ended = new Promise<void>((resolve) => {
      connection.calling.onMessage((message) => {
        const { kind, id } = message as { kind: string; id: number }
        if (kind === 'response' && id === 901) resolve()
      })
    })
    connection.calling.send({ kind: 'request', id: 901, method: 'sums.newest', args: { to: 50 } })
    await ended

    expect(read).toEqual([50])
  })

  test('cancelling a call rejects it with CANCELLED and aborts its service', async () => {
    const controller = new AbortController()
    const waiting = client.sums.wait({}, { signal: controller.signal })
    controller.abort()

    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
    await until(() => seen.aborted === 1)
    expect(broken).toEqual([])
  })

  test('cancelling a stream from inside its reader stops the producer', async () => {
    const controller = new AbortController()
    const read: number[] = []
    const reading = client.sums.forever(
      {},
      ({ n }) => {
        read.push(n)
        if (n === 5) controller.abort()
      },
      { signal: controller.signal },
    )

    await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' })
    await until(() => seen.ended === 1)
    expect(read).toEqual([1, 2, 3, 4, 5])
  })

  test('the end of the connection fails what is open and stops what serves it', async () => {
    const waiting = client.sums.wait({})
    const stopped = expect(waiting).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
    await client.sums.add({ left: 0, right: 0 })
    connection.calling.close()

    await stopped
    await until(() => seen.aborted === 1)
    await expect(client.sums.add({ left: 0, right: 0 })).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
  })

  test('a value that cannot be sent does not leave its caller waiting', async () => {
    const failure = client.sums.fail({ how: 'unsendable' })
    // JSON leaves a function out, structured cloning refuses it.
    const answer = await failure.catch((thrown: AppError) => thrown.failure)
    expect(answer).toEqual(name === 'WebSocket' ? {} : expect.objectContaining({ code: 'INTERNAL' }))
  })
})

describe('a WebSocket that is not this program', () => {
  test.each([
    ['text', 'hello', 1003],
    ['a malformed frame', Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0), 1007],
  ])('sending %s loses its connection', async (_what, sent, code) => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    server.on('connection', (accepted) => websocketTransport(accepted))
    const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
    await once(socket, 'open')
    socket.send(sent)
    const [closedWith] = (await once(socket, 'close')) as [number]
    expect(closedWith).toBe(code)
    await new Promise((resolve) => server.close(resolve))
  })
})
