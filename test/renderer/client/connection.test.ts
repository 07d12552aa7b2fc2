import type { Transport } from '@contract/rpc'
import { createMemoryPair } from '@main/host/rpc/memory'
import { openConnection } from '@renderer/client/connection'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A main process that answers hello and remembers what else it was asked; `answers` says whether it replies. */
function createMain(protocol = 1): { open(): Promise<Transport>; readonly asked: string[]; drop(): void } {
  const asked: string[] = []
  let serving: Transport | undefined
  return {
    asked,
    async open() {
      const [window, main] = createMemoryPair()
      serving = main
      main.onMessage((received) => {
        const message = received as { kind: string; id: number; method: string }
        if (message.kind !== 'request') return
        const isHello = message.method === 'system.hello'
        if (!isHello) asked.push(message.method)
        const value = isHello ? { protocol } : message.method
        if (message.method !== 'runs.show') main.send({ kind: 'response', id: message.id, value })
      })
      return window
    },
    drop: () => serving?.close(),
  }
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0)

describe('a connection', () => {
  test('a request made before there is a connection is answered by the first one', async () => {
    const main = createMain()
    const connection = openConnection(main.open)
    const answer = connection.client.runs.list({})

    expect(connection.state.value).toBe('connecting')
    expect(await answer).toBe('runs.list')
    expect(connection.state.value).toBe('ready')
  })

  test('losing it rejects what is open, shows it, and makes the next one by itself', async () => {
    const main = createMain()
    const { client, state, generation } = openConnection(main.open)
    await settle()
    const open = client.runs.show({ runId: 'run-1' }).catch((error: { code: string }) => error.code)
    await settle()

    main.drop()
    await settle()

    expect(await open).toBe('CONNECTION_CLOSED')
    expect(state.value).toBe('reconnecting')
    await vi.advanceTimersByTimeAsync(300)
    expect([state.value, generation.value]).toEqual(['ready', 2])
  })

  test('a request made while it is lost waits for the next one', async () => {
    const main = createMain()
    const { client } = openConnection(main.open)
    await settle()
    main.drop()
    await settle()
    const answer = client.jobs.list({})

    await vi.advanceTimersByTimeAsync(300)

    expect(await answer).toBe('jobs.list')
  })

  test('a request that waits can be cancelled and is then never sent', async () => {
    const main = createMain()
    let opens = false
    const { client } = openConnection(() => (opens ? main.open() : Promise.reject(new Error('no host'))))
    const cancel = new AbortController()
    const answer = client.jobs.list({}, { signal: cancel.signal }).catch((error: { code: string }) => error.code)
    cancel.abort()

    expect(await answer).toBe('CANCELLED')
    opens = true
    await vi.advanceTimersByTimeAsync(1000)
    expect(main.asked).toEqual([])
  })

  test('attempts are spaced by doubling waits', async () => {
    const atMs: number[] = []
    openConnection(() => {
      atMs.push(Date.now())
      return Promise.reject(new Error('no host'))
    })

    await vi.advanceTimersByTimeAsync(4000)

    expect(atMs.map((ms, i) => ms - (atMs[i - 1] ?? ms))).toEqual([0, 250, 500, 1000, 2000])
  })

  test('a main process of another protocol is refused, not guessed at', async () => {
    const main = createMain(2)
    const { state, failure } = openConnection(main.open)
    await settle()

    expect(state.value).toBe('refused')
    expect(failure.value?.message).toContain('protocol 2')
  })
})
