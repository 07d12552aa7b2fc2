import { describe, expect, test } from 'vitest'
import { AppError } from '@main/base/result'
import type { Clock } from '@main/base/time'
import { createJobs, type JobControl } from '@main/host/compute/job'

/** A clock that stands still until it is moved. */
function createHand(): Clock & { move(ms: number): void } {
  let now = 1000
  return { nowMs: () => now, tickMs: () => now, move: (ms) => void (now += ms) }
}

const description = { title: 'Counting', kind: 'train', total: 100, unit: 'steps' } as const

/** Work that ends when it is told to, and hands out its control. */
function createWork(): { work(control: JobControl): Promise<void>; control(): JobControl; end(error?: Error): void } {
  let given: JobControl | undefined
  let settle: (error?: Error) => void = () => {}
  const finished = new Promise<void>((resolve, reject) => {
    settle = (error) => (error ? reject(error) : resolve())
  })
  return {
    work(control) {
      given = control
      return finished
    },
    control: () => given!,
    end: settle,
  }
}

describe('a job', () => {
  test('is queued until its work begins, runs with a rate, and finishes complete', async () => {
    const clock = createHand()
    const jobs = createJobs(clock)
    const { work, control, end } = createWork()
    const { ended } = jobs.add(description, work)
    await Promise.resolve()
    const states = [jobs.list()[0]!.state]
    control().begun()
    control().progress(0)
    clock.move(2000)
    control().progress(40)
    states.push(jobs.list()[0]!.state)
    const [midway] = jobs.list()
    clock.move(500)
    end()

    expect(await ended).toMatchObject({ state: 'finished', done: 100, elapsedMs: 2500 })
    expect(states).toEqual(['queued', 'running'])
    expect(midway).toMatchObject({ rate: 20, done: 40, elapsedMs: 2000 })
  })

  test('does not count paused time and tells its work about both ends of the pause', async () => {
    const clock = createHand()
    const jobs = createJobs(clock)
    const { work, control, end } = createWork()
    const { id, ended } = jobs.add(description, work)
    await Promise.resolve()
    const told: boolean[] = []
    control().begun()
    control().onPause((isPaused) => told.push(isPaused))

    clock.move(1000)
    jobs.pause(id)
    clock.move(9000)
    jobs.continue(id)
    clock.move(1000)
    end()

    expect((await ended).elapsedMs).toBe(2000)
    expect(told).toEqual([true, false])
  })

  test('that is cancelled ends as cancelled when its work says so', async () => {
    const jobs = createJobs(createHand())
    const { work, control, end } = createWork()
    const { id, ended } = jobs.add(description, work)
    await Promise.resolve()

    jobs.cancel(id)
    const wasAborted = control().signal.aborted
    end(new AppError({ code: 'CANCELLED', message: 'stopped' }))

    expect(wasAborted).toBe(true)
    expect((await ended).state).toBe('cancelled')
  })

  test('that fails keeps the code and the message', async () => {
    const jobs = createJobs(createHand())
    const { work, end } = createWork()
    const { ended } = jobs.add(description, work)
    end(new AppError({ code: 'STORAGE_FULL', message: 'no room left' }))

    expect(await ended).toMatchObject({ state: 'failed', failure: { code: 'STORAGE_FULL', message: 'no room left' } })
  })

  test('that ended is refused pause and cancel, and leaves the list after a minute', async () => {
    const clock = createHand()
    const jobs = createJobs(clock)
    const { work, end } = createWork()
    const { id, ended } = jobs.add(description, work)
    end()
    await ended

    expect(jobs.pause(id)).toMatchObject({ ok: false, error: { code: 'ACTION_UNAVAILABLE' } })
    clock.move(60_001)
    expect(jobs.list()).toEqual([])
    expect(jobs.cancel(id)).toMatchObject({ ok: false, error: { code: 'JOB_NOT_FOUND' } })
  })
})
