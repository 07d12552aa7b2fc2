import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { AppError } from '@main/base/result'
import { forkCompute } from '@main/host/compute/compute-process'
import { createSupervisor, type Supervisor, type SupervisorOptions } from '@main/host/compute/supervisor'
import { root } from '../../../fixtures/host'

let supervisor: Supervisor
afterEach(() => supervisor.dispose())

function supervise(behaviour: string, options: Partial<SupervisorOptions> = {}): Supervisor {
  const entry = join(root, 'test/fixtures/compute-child.mjs')
  supervisor = createSupervisor({ spawn: forkCompute({ entry, args: [behaviour] }), backoffMs: 1, ...options })
  return supervisor
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5))
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The id of the process that answers. */
const pidOf = async (work: Supervisor['analyse']): Promise<number> =>
  (await work(({ client }) => client.catalog.parts({}))) as unknown as number // the fixture answers with its id

describe('the supervisor', () => {
  test('answers from the analyst and reports its backend and memory', async () => {
    const { analyse, status } = supervise('answer', { pingEveryMs: 5 })

    const told = await analyse(async ({ backend, madeWith }) => ({ backend: backend.title, madeWith }))
    await until(() => status().memoryBytes > 0)

    expect(told).toEqual({ backend: 'analyst', madeWith: 'fake' })
    expect(status()).toMatchObject({ state: 'ready', memoryBytes: 1024, backend: { id: 'fake' } })
  })

  test('a process that dies fails its work with exit code and last words', async () => {
    const { analyse, status } = supervise('die')

    const failure = await analyse(({ client }) => client.catalog.series({})).catch((thrown: AppError) => thrown.failure)

    const message = 'the compute process ended: exit code 7; last words: out of something'
    expect(failure).toMatchObject({ code: 'COMPUTE_DIED', message })
    expect(status().lastFailure).toMatchObject({ code: 'COMPUTE_DIED', message })
  })

  test('a killed analyst is replaced and answers again', async () => {
    const { analyse } = supervise('answer')
    const first = await pidOf(analyse)
    const open = analyse(({ client }) => client.catalog.recipes({})).catch((thrown: AppError) => thrown.failure)

    process.kill(first, 'SIGKILL')

    expect(await open).toMatchObject({ code: 'COMPUTE_DIED', message: expect.stringContaining('signal SIGKILL') })
    const second = await pidOf(analyse)
    expect(second).not.toBe(first)
  })

  test('work beyond the number of trainers waits for a free one and leaves the analyst free', async () => {
    const { train, analyse, pids } = supervise('answer', { trainers: 1 })
    let release: () => void = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const order: string[] = []
    const first = train(() => held.then(() => void order.push('first')))
    const second = train(async () => void order.push('second'))

    await analyse(({ client }) => client.catalog.series({}))
    order.push('analyst')
    const running = pids().length
    release()
    await Promise.all([first, second])

    expect(order).toEqual(['analyst', 'first', 'second'])
    expect(running).toBe(2)
  })

  test('waiting for a trainer ends when it is cancelled', async () => {
    const { train } = supervise('answer', { trainers: 1 })
    let release: () => void = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const first = train(() => held)
    const controller = new AbortController()
    const waiting = train(() => Promise.resolve(), controller.signal)
    controller.abort()

    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
    release()
    await first
  })

  test('a cancelled reading leaves its process to the next one', async () => {
    const { read } = supervise('answer')
    const controller = new AbortController()
    let first: number | undefined
    const held = read(async ({ client }) => {
      first = (await client.catalog.parts({})) as unknown as number // the fixture answers with its id
      controller.abort()
      await new Promise(() => {})
    }, controller.signal)

    await expect(held).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await pidOf((work) => read(work, new AbortController().signal))).toBe(first)
  })

  test('a cancelled reading whose process does not listen costs that process and nothing else', async () => {
    const { read, pids, status } = supervise('silent', { graceMs: 30 })
    const controller = new AbortController()
    const held = read(() => Promise.resolve(), controller.signal)
    await until(() => pids().length === 1)

    controller.abort()

    await expect(held).rejects.toMatchObject({ code: 'CANCELLED' })
    await until(() => pids().length === 0)
    expect(status().lastFailure).toBeUndefined()
  })

  test('a process that stops answering is killed', async () => {
    const { analyse } = supervise('silent', { pingEveryMs: 5, allowedMs: 50 })

    const failure = await analyse(() => Promise.resolve()).catch((thrown: AppError) => thrown.failure)

    expect(failure).toMatchObject({ code: 'COMPUTE_DIED', message: expect.stringContaining('SIGKILL') })
  })

  test('disposing leaves no process behind', async () => {
    const { analyse, train, pids, dispose } = supervise('answer')
    await Promise.all([pidOf(analyse), pidOf((work) => train(work))])
    const running = pids()

    await dispose()

    expect(running.length).toBe(2)
    expect(running.filter(isAlive)).toEqual([])
  })
})
