import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AppError } from '@main/base/result'
import { losses } from '@main/lab/losses'
import { models } from '@main/lab/models'
import { optimizers } from '@main/lab/optimizers'
import { tasks } from '@main/lab/tasks'
import { createTestHost, ended, tinyRun, type TestHost } from '../../../fixtures/host'

let it: TestHost
beforeEach(async () => void (it = await createTestHost({ trainers: 2 })))
afterEach(() => it.end())

/** Small enough to train every arm in a moment; too small to reproduce anything. */
const small = {
  p: 7,
  d_mlp: 8,
  'schedule.steps': 20,
  checkpointEvery: 10,
  batchSize: 0,
} as const

describe('a recipe', { timeout: 60_000 }, () => {
  test('is listed with its arms, scales and claims in words', async () => {
    const recipes = await it.client.recipes.list({})
    const doshi = recipes.find(({ id }) => id === 'doshi-2023')!

    expect(doshi.scales.map(({ id }) => id)).toEqual(['smoke', 'paper'])
    expect(doshi.claims.find(({ id }) => id === 'memorizes-corrupted')).toMatchObject({ expect: '0.9 to 1' })
  })

  test('gives complete settings that pass its own check', async () => {
    const spec = await it.client.recipes.spec({ recipeId: 'doshi-2023', scale: 'paper', arm: 'base', seed: 2 })

    expect(spec).toMatchObject({ seed: 2, task: { settings: { p: 97 } }, model: { settings: { d_mlp: 500, dropout: 0 } } })
    expect(await it.client.recipes.check({ spec })).toEqual({ complaints: [] })
  })

  test('trains every arm over the seeds as one job and stores a verdict on every claim', async () => {
    const { client } = it
    const { jobId } = await client.recipes.run({ recipeId: 'doshi-2023', scale: 'smoke', seeds: [1, 2], set: small })
    const job = await ended(client, jobId)

    const runs = await client.runs.list({})
    const verdicts = await client.recipes.verdicts({ recipeId: 'doshi-2023' })
    const [card] = await client.recipes.list({})
    expect(job).toMatchObject({ state: 'finished', kind: 'recipe', total: 20 * runs.length })
    expect(runs.length).toBe(2 * card!.arms.length)
    expect(new Set(runs.map(({ state }) => state))).toEqual(new Set(['finished']))
    expect(verdicts.map(({ claimId }) => claimId).sort()).toEqual(card!.claims.map(({ id }) => id).sort())
    expect(verdicts[0]).toMatchObject({
      scale: 'smoke with p=7, d_mlp=8, schedule.steps=20, checkpointEvery=10, batchSize=0',
      runIds: runs.map(({ id }) => id),
      backend: 'cpu',
      versions: expect.stringMatching(/^grokscope 0\.0\.0-test, cpu \(/),
    })
    expect(verdicts[0]!.values.map(({ seed }) => seed)).toEqual([1, 2])
  })

  test('narrowed to one arm leaves the claims that need others unmeasured', async () => {
    const begun = await it.host.recipes.begin({ recipeId: 'doshi-2023', scale: 'smoke', seeds: [1], set: small, arms: ['base'] })
    await begun.ended

    const verdicts = await it.client.recipes.verdicts({})
    const decay = verdicts.find(({ claimId }) => claimId === 'weight-decay-generalizes')
    expect(begun.runIds.length).toBe(1)
    expect(decay).toMatchObject({ verdict: 'not run', values: [] })
  })

  test('that diverges fails as a whole and leaves no run in training', async () => {
    const { client } = it
    // Each step multiplies the weights by 1 - 10 * 100.
    const set = { ...small, 'schedule.steps': 100_000, learningRate: 10, weightDecay: 100 }
    const { jobId } = await client.recipes.run({ recipeId: 'doshi-2023', scale: 'smoke', seeds: [1], set })
    const job = await ended(client, jobId)

    const states = (await client.runs.list({})).map(({ state }) => state)
    expect(job).toMatchObject({ state: 'failed', failure: { code: 'LOSS_NOT_FINITE' } })
    expect(states.filter((state) => state === 'running' || state === 'queued')).toEqual([])
  })

  test.each([
    [{ recipeId: 'doshi-2032', scale: 'smoke', seeds: [1] }, 'RECIPE_UNKNOWN', 'known: doshi-2023'],
    [{ recipeId: 'doshi-2023', scale: 'huge', seeds: [1] }, 'SETTING_INVALID', "unknown scale 'huge'; known: smoke, paper"],
    [{ recipeId: 'doshi-2023', scale: 'smoke', seeds: [1], set: { width: 3 } }, 'SETTING_INVALID', "unknown setting 'width'"],
    [{ recipeId: 'doshi-2023', scale: 'smoke', seeds: [1], set: { d_mlp: -3 } }, 'SETTING_INVALID', 'd_mlp is -3'],
  ])('asked for as %o is refused and leaves no run', async (asked, code, message) => {
    const failure = await it.client.recipes.run(asked as never).catch((thrown: AppError) => thrown.failure)

    expect(failure).toMatchObject({ code, message: expect.stringContaining(message) })
    expect(await it.client.runs.list({})).toEqual([])
  })
})

test('every part is offered with the fields it is checked against', async () => {
  const { schedule, ...parts } = await it.client.recipes.parts({})

  for (const [name, registry] of Object.entries({ tasks, models, optimizers, losses })) {
    const offered = parts[name as keyof typeof parts] // the registries are named as the reply names its lists
    expect(offered.map(({ id, fields }) => [id, Object.keys(fields)])).toEqual(
      [...registry].map(({ id, fields }) => [id, Object.keys(fields)]),
    )
  }
  expect(schedule['steps']).toMatchObject({ kind: 'integer', title: 'Steps' })
})

test('complaints about a specification are listed by path', async () => {
  const spec = { ...tinyRun({ measureEvery: 0 }), model: { id: 'mpl', settings: {} } }
  const { complaints } = await it.client.recipes.check({ spec })
  expect(complaints.map(({ path }) => path)).toEqual(['model', 'schedule.measureEvery'])
})
