import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ImageSetCard } from '@contract/images'
import type { RunSpec } from '@contract/runs'
import type { AppError } from '@main/base/result'
import { digitSet, idxFile } from '../../../fixtures/digits'
import { createTestHost, ended, type TestHost } from '../../../fixtures/host'

let it: TestHost
beforeAll(async () => void (it = await createTestHost()))
afterAll(() => it.end())

const set = digitSet(6)
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(() => 'nothing was refused', (thrown: AppError) => thrown.failure)

async function adopt(fileName: string, file: Uint8Array, name = 'Digits') {
  const pieceBytes = 8192
  let answer: { set?: ImageSetCard | undefined; waitsFor?: string | undefined } = {}
  for (let offset = 0; offset < file.length; offset += pieceBytes) {
    answer = await it.client.images.adopt({ name, fileName, offset, totalBytes: file.length, bytes: file.slice(offset, offset + pieceBytes) })
  }
  return answer
}
const imageFile = idxFile([60, 28, 28], set.images)
const labelFile = idxFile([60], set.labels)

function specOf(images: string): RunSpec {
  return {
    task: { id: 'digits', settings: { images, trainCount: 40, testCount: 20 } },
    model: { id: 'mlp-stack', settings: { n_layers: 1, d_mlp: 4, inputScale: 1 / 255 } },
    optimizer: { id: 'adamw', settings: {} },
    loss: { id: 'mse', settings: {} },
    schedule: { steps: 2, batchSize: 20, measureEvery: 1, checkpointEvery: 1 },
    seed: 2,
  }
}

describe('an image set', { timeout: 30_000 }, () => {
  test('is made of two files, in either order and gzipped or not, and has one id', async () => {
    expect(await adopt('labels', labelFile)).toEqual({ waitsFor: 'images' })
    const { set: card } = await adopt('images.gz', Uint8Array.from(gzipSync(imageFile)))
    await adopt('images', imageFile)
    const { set: again } = await adopt('labels', labelFile)

    expect(card).toMatchObject({ name: 'Digits', count: 60, rows: 28, columns: 28, classes: 10, id: expect.stringMatching(/^digits-[0-9a-f]{8}$/) })
    expect(again).toEqual(card)
    expect(await it.client.images.list({})).toEqual([card])
  })

  test('of files that do not belong together is refused', async () => {
    await adopt('images', imageFile, 'other')

    expect(await failureOf(adopt('labels', idxFile([59], set.labels.slice(1)), 'other'))).toMatchObject({
      code: 'IMPORT_REFUSED',
      message: expect.stringContaining('60 images but labels of shape [59]'),
    })
  })

  test('is trained on and looked into by its id', async () => {
    const [card] = await it.client.images.list({})
    const { runId, jobId } = await it.client.runs.start({ name: 'digits', spec: specOf(card!.id) })

    expect(await ended(it.client, jobId)).toMatchObject({ state: 'finished' })
    const mask = await it.client.masks.create({
      runId,
      step: 2,
      name: 'all',
      how: '',
      arrays: { 'layers.0.b': { axes: ['d_mlp'], shape: [4], data: new Uint8Array(4).fill(1) } },
    })
    const [series] = await it.client.runs.measurements({ runId, series: ['accuracy.test'] })
    expect((await it.client.masks.effect({ runId, step: 2, maskId: mask.id })).test).toBeCloseTo(series!.values.data.at(-1)!, 6)
  })

  test('that is not there is named by the check of a specification', async () => {
    const { complaints } = await it.client.recipes.check({ spec: specOf('nothing') })

    expect(complaints).toEqual([{ path: 'task.images', message: expect.stringContaining("no image set 'nothing'") }])
  })

  test('is removed, and then no longer trained on', async () => {
    const [card] = await it.client.images.list({})
    await it.client.images.remove({ id: card!.id })

    expect(await it.client.images.list({})).toEqual([])
    expect(await failureOf(it.client.images.remove({ id: card!.id }))).toMatchObject({ code: 'ARGUMENTS_INVALID' })
  })
})
