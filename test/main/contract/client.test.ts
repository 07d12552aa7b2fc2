import { clientOver, createCaller, createClient, streamWindow } from '@contract/client'
import type { Message, Transport } from '@contract/rpc'
import { describe, expect, test } from 'vitest'

/** The other end as a list of what was sent and a way to answer. */
function createWire(): { transport: Transport; readonly sent: Message[]; answer(message: Message): void; close(): void } {
  const sent: Message[] = []
  let onMessage: (message: unknown) => void = () => undefined
  let onClose: () => void = () => undefined
  return {
    sent,
    answer: (message) => onMessage(message),
    close: () => onClose(),
    transport: {
      send: (message) => void sent.push(message),
      onMessage: (listener) => (onMessage = listener),
      onClose: (listener) => (onClose = listener),
      close: () => undefined,
    },
  }
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'settled',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  )

describe('the calling half', () => {
  test('a call is one request and one response, whatever the order of answers', async () => {
    const { transport, sent, answer } = createWire()
    const client = createClient(transport)
    const first = client.runs.list({})
    const second = client.jobs.list({})
    answer({ kind: 'response', id: 2, value: 'jobs' })
    answer({ kind: 'response', id: 1, value: 'runs' })

    expect([await first, await second]).toEqual(['runs', 'jobs'])
    expect(sent).toEqual([
      { kind: 'request', id: 1, method: 'runs.list', args: {} },
      { kind: 'request', id: 2, method: 'jobs.list', args: {} },
    ])
  })

  test('a stream begins with its window of credit and gives one back for each event read', async () => {
    const { transport, sent, answer } = createWire()
    const events: unknown[] = []
    const ended = createClient(transport).jobs.follow({}, (jobs) => events.push(jobs))
    answer({ kind: 'event', id: 1, event: ['a'] })
    answer({ kind: 'event', id: 1, event: ['b'] })
    answer({ kind: 'response', id: 1 })
    await ended

    expect(events).toEqual([['a'], ['b']])
    expect(sent.slice(1)).toEqual([
      { kind: 'signal', id: 1, credit: streamWindow },
      { kind: 'signal', id: 1, credit: 1 },
      { kind: 'signal', id: 1, credit: 1 },
    ])
  })

  test('aborting rejects at once, tells the serving side, and drops its late answer', async () => {
    const { transport, sent, answer } = createWire()
    const cancel = new AbortController()
    const code = codeOf(createClient(transport).runs.list({}, { signal: cancel.signal }))
    cancel.abort()
    answer({ kind: 'response', id: 1, value: [] })

    expect(await code).toBe('CANCELLED')
    expect(sent.at(-1)).toEqual({ kind: 'signal', id: 1, cancel: true })
  })

  test('a request with a signal that is aborted already is never sent', async () => {
    const { transport, sent } = createWire()

    expect(await codeOf(createClient(transport).runs.list({}, { signal: AbortSignal.abort() }))).toBe('CANCELLED')
    expect(sent).toEqual([])
  })

  test('an error keeps its code and detail', async () => {
    const { transport, answer } = createWire()
    const failed = createClient(transport).runs.show({ runId: 'x' })
    const error = { code: 'RUN_NOT_FOUND', message: "the project has no run 'x'", detail: { nearest: 'y' } }
    answer({ kind: 'response', id: 1, error })

    await expect(failed).rejects.toMatchObject(error)
  })

  test('a closed transport rejects what is open and everything after', async () => {
    const { transport, close } = createWire()
    const client = createClient(transport)
    const open = codeOf(client.runs.list({}))
    close()

    expect([await open, await codeOf(client.runs.list({}))]).toEqual(['CONNECTION_CLOSED', 'CONNECTION_CLOSED'])
  })

  test('a reader that throws ends its stream with what it threw', async () => {
    const { transport, sent, answer } = createWire()
    const code = codeOf(
      createClient(transport).jobs.follow({}, () => {
        throw new Error('cannot draw')
      }),
    )
    answer({ kind: 'event', id: 1, event: [] })

    expect(await code).toBe('cannot draw')
    expect(sent.at(-1)).toEqual({ kind: 'signal', id: 1, cancel: true })
  })

  test('methods are stable values that carry their names, and a client is not a promise', async () => {
    const client = clientOver(createCaller(createWire().transport))

    expect(client.runs.list).toBe(client.runs.list)
    expect(client.runs.list.method).toBe('runs.list')
    expect(await client).toBe(client)
  })
})
