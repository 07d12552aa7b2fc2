import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AppError } from '@main/base/result'
import { createTestHost, ended, tinyRun, type TestHost } from '../../../fixtures/host'

let it: TestHost
beforeEach(async () => void (it = await createTestHost()))
afterEach(() => it.end())

const until = async (isTrue: () => Promise<boolean>): Promise<void> => {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('training a run', { timeout: 30_000 }, () => {
  test('a started run is trained to its last step, measured and checkpointed as scheduled', async () => {
    const { client } = it

    const { runId, jobId } = await client.runs.start({ name: 'tiny', spec: tinyRun() })
    const job = await ended(client, jobId)

    const run = await client.runs.show({ runId })
    const checkpoints = await client.runs.checkpoints({ runId })
    const [accuracy] = await client.runs.measurements({ runId, series: ['accuracy.test'] })
    expect(job).toMatchObject({ state: 'finished', done: 60, total: 60, runId, title: 'Training tiny' })
    expect(run).toMatchObject({ state: 'finished', step: 60, lastStep: 60 })
    expect(checkpoints.map(({ step, hasOptimizerState }) => [step, hasOptimizerState])).toEqual([
      [0, false], [20, false], [40, false], [60, true],
    ])
    expect([...accuracy!.steps.data]).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60])
    expect(accuracy).toMatchObject({ title: 'Accuracy, test', unit: '1' })
  })

  test('a specification that cannot be trained is refused with its path and leaves no run', async () => {
    const { client } = it
    const spec = { ...tinyRun(), model: { id: 'mlp', settings: { d_mlp: -1 } } }

    const failure = await client.runs.start({ name: 'wrong', spec }).catch((thrown: AppError) => thrown.failure)

    expect(failure).toMatchObject({ code: 'SETTING_INVALID', message: expect.stringMatching(/^model\.d_mlp: d_mlp is -1/) })
    expect(await client.runs.list({})).toEqual([])
  })

  test('a cancelled run keeps a checkpoint of where it stopped and resumes to the same end as an uninterrupted one', async () => {
    const { client } = it
    const spec = tinyRun({ steps: 400, checkpointEvery: 200 })
    const whole = await client.runs.start({ name: 'whole', spec })
    await ended(client, whole.jobId)

    const cut = await client.runs.start({ name: 'cut', spec })
    await until(async () => (await client.runs.checkpoints({ runId: cut.runId })).length > 0)
    await client.jobs.cancel({ jobId: cut.jobId })
    const cancelled = await ended(client, cut.jobId)
    const stopped = await client.runs.show({ runId: cut.runId })
    const resumed = await client.runs.resume({ runId: cut.runId })
    await ended(client, resumed.jobId)

    const store = it.host.store()
    expect(cancelled.state).toBe('cancelled')
    expect(stopped.state).toBe('cancelled')
    expect(stopped.step).toBeLessThan(400)
    expect(store.checkpoints.load(cut.runId, 400)).toEqual(store.checkpoints.load(whole.runId, 400))
    expect(store.measurements.series(cut.runId)).toEqual(store.measurements.series(whole.runId))
  })

  test('a paused run stands still until it is continued', async () => {
    const { client, host } = it
    const { runId, jobId } = await client.runs.start({ name: 'pausing', spec: tinyRun({ steps: 100_000, checkpointEvery: 0 }) })
    const done = (): number => host.jobs.list().find(({ id }) => id === jobId)!.done
    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 250))
    await until(async () => done() > 0)

    await client.jobs.pause({ jobId })
    const { state } = await client.runs.show({ runId })
    await pause()
    const [early, late] = [done(), await pause().then(done)]
    await client.jobs.continue({ jobId })
    await until(async () => done() > late)
    await client.jobs.cancel({ jobId })
    await ended(client, jobId)

    expect(state).toBe('paused')
    expect(late).toBe(early)
  })

  test('a finished run is lengthened from where it ended', async () => {
    const { client } = it
    const { runId, jobId } = await client.runs.start({ name: 'longer', spec: tinyRun() })
    await ended(client, jobId)

    const { jobId: more } = await client.runs.resume({ runId, lastStep: 80 })
    await ended(client, more)

    expect(await client.runs.show({ runId })).toMatchObject({ state: 'finished', step: 80, lastStep: 80 })
    expect((await client.runs.checkpoints({ runId })).map(({ step }) => step)).toEqual([0, 20, 40, 60, 80])
  })

  test('a finished run has nothing to resume without a later last step', async () => {
    const { client } = it
    const { runId, jobId } = await client.runs.start({ name: 'done', spec: tinyRun() })
    await ended(client, jobId)

    await expect(client.runs.resume({ runId })).rejects.toMatchObject({ code: 'ACTION_UNAVAILABLE' })
  })

  test('a run without optimizer state is not trained from the beginning, and keeps its checkpoints', async () => {
    const { client } = it
    const { runId, jobId } = await client.runs.start({ name: 'kept', spec: tinyRun() })
    await ended(client, jobId)
    const { checkpoints } = it.host.store()
    const last = checkpoints.load(runId, 60)
    if (last.ok) checkpoints.write(runId, last.value, { keepOptimizerState: false })

    const { jobId: more } = await client.runs.resume({ runId, lastStep: 80 })
    const job = await ended(client, more)

    expect(job).toMatchObject({ state: 'failed', failure: { code: 'ACTION_UNAVAILABLE' } })
    expect((await client.runs.checkpoints({ runId })).map(({ step }) => step)).toEqual([0, 20, 40, 60])
  })

  test('a training that diverges fails with step and place, and its run says so', async () => {
    const { client } = it
    const spec = { ...tinyRun({ steps: 500 }), optimizer: { id: 'sgd', settings: { learningRate: 1e6 } } }
    const { runId, jobId } = await client.runs.start({ name: 'diverging', spec })

    const job = await ended(client, jobId)

    expect(job).toMatchObject({ state: 'failed', failure: { code: 'LOSS_NOT_FINITE' } })
    expect(await client.runs.show({ runId })).toMatchObject({ state: 'failed', failure: { code: 'LOSS_NOT_FINITE' } })
  })
})

describe('a run whose schedule checkpoints rarely', { timeout: 30_000 }, () => {
  test('has one checkpoint outside the schedule at a time, to resume from, and none when it has finished', async () => {
    await it.end()
    it = await createTestHost({ extraEveryMs: 1 })
    const { client, host } = it
    const extras: number[][] = []
    const controller = new AbortController()
    const watch = (runIds: readonly string[]): void => {
      for (const id of runIds) {
        const steps = host.store().checkpoints.list(id).map(({ step }) => step)
        extras.push(steps.filter((step) => step % 50 !== 0))
      }
    }
    const following = client.runs.follow({}, ({ changed }) => watch(changed), { signal: controller.signal }).catch(() => {})
    const { runId, jobId } = await client.runs.start({ name: 'rare', spec: tinyRun({ steps: 100, checkpointEvery: 50 }) })
    await ended(client, jobId)
    controller.abort()
    await following

    expect(extras.some((steps) => steps.length === 1)).toBe(true)
    expect(Math.max(...extras.map((steps) => steps.length))).toBe(1)
    expect((await client.runs.checkpoints({ runId })).map(({ step, hasOptimizerState }) => [step, hasOptimizerState])).toEqual([
      [0, false], [50, false], [100, true],
    ])
  })
})

describe('the library', { timeout: 30_000 }, () => {
  test('names, tags and removal are kept, and removal can be undone', async () => {
    const { client } = it
    const { runId, jobId } = await client.runs.start({ name: 'first', spec: tinyRun({ steps: 1 }) })
    await ended(client, jobId)

    await client.runs.rename({ runId, name: 'renamed' })
    await client.runs.tag({ runId, tags: ['kept'] })
    await client.runs.remove({ runId })
    const whileRemoved = await client.runs.list({})
    await client.runs.restore({ runId })

    expect(whileRemoved).toEqual([])
    expect(await client.runs.list({})).toMatchObject([{ id: runId, name: 'renamed', tags: ['kept'] }])
  })

  test('followers hear of a rename', async () => {
    const { client } = it
    const { runId, jobId } = await client.runs.start({ name: 'first', spec: tinyRun({ steps: 1 }) })
    await ended(client, jobId)
    const controller = new AbortController()
    const heard: string[] = []
    const following = client.runs.follow({}, ({ changed }) => void heard.push(...changed), { signal: controller.signal })

    await client.runs.rename({ runId, name: 'renamed' })
    await until(async () => heard.length > 0)
    controller.abort()

    await expect(following).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(heard).toEqual([runId])
  })
})
