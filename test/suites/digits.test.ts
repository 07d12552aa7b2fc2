/** The task on images: drawn as it says, and learned by a perceptron on pixels. */
import { describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import { createRng } from '@main/base/rng'
import { allRegistries, complaintsAbout, resolveSetup } from '@main/lab/recipes/resolve-setup'
import digits from '@main/lab/tasks/digits'
import { imageSetOf } from '@main/lab/tasks/components/image-set'
import type { Dataset, Resources } from '@main/lab/tasks/task'
import { train } from '@main/lab/train/loop'
import type { RunSpec } from '@main/lab/train/run-spec'
import { useBackend } from '../fixtures/backends'
import { digitSet } from '../fixtures/digits'
import { createRecord } from '../fixtures/training'

const set = digitSet(300)
const resources: Resources = { images: (id) => (id === 'digits-1' ? set : undefined) }
const registries = { ...allRegistries, resources }
const settings = { images: 'digits-1', trainCount: 2000, testCount: 1000 }

/** A perceptron of width 200 on pixels, as arXiv:2310.19470 app. B. */
function specOf(change: { readonly model?: RunSpec['model']['settings']; readonly loss?: string; readonly steps?: number } = {}): RunSpec {
  return {
    task: { id: 'digits', settings },
    model: { id: 'mlp-stack', settings: { n_layers: 1, d_mlp: 200, inputScale: 1 / 255, ...change.model } },
    optimizer: { id: 'adamw', settings: { learningRate: 1e-3, weightDecay: 0.1 } },
    loss: { id: change.loss ?? 'cross-entropy', settings: {} },
    schedule: { steps: change.steps ?? 150, batchSize: 200, measureEvery: 50, checkpointEvery: 150 },
    seed: 1,
  }
}

async function learned(spec: RunSpec): Promise<Readonly<Record<string, number>>> {
  const record = createRecord()
  unwrap(await train(unwrap(resolveSetup(spec, registries)), { sink: record, signal: new AbortController().signal }))
  return record.values.get(Math.max(...record.values.keys()))!
}

describe('images', () => {
  const dataset = (over = {}, seed = 1): Dataset => digits.create({ ...settings, ...over } as never, createRng(seed), resources)

  test('are drawn without repetition, as many as are wanted, with the label each has', () => {
    const { tokens, labels, exampleCount, splits, train: trained, n_ctx, d_vocab_out } = dataset({ trainCount: 70, testCount: 30 })
    const pictures = Array.from({ length: exampleCount }, (_, example) => tokens.subarray(example * n_ctx, (example + 1) * n_ctx).join())
    const known = new Map(Array.from(set.labels, (label, image) => [Array.from(set.images.subarray(image * 784, (image + 1) * 784)).join(), label]))

    expect([exampleCount, trained.length, splits.test.length, n_ctx, d_vocab_out]).toEqual([100, 70, 30, 784, 10])
    expect(pictures.map((picture) => known.get(picture))).toEqual([...labels])
    expect(new Set([...trained, ...splits.test]).size).toBe(100)
  })

  test('are the same for the same seed and others for another', () => {
    expect(dataset()).toEqual(dataset())
    expect(dataset({}, 2).train.join()).not.toBe(dataset().train.join())
  })

  test('that the project does not have, or not so many of, are named', () => {
    const about = (over: object): string | undefined =>
      complaintsAbout({ ...specOf(), task: { id: 'digits', settings: { ...settings, ...over } } }, registries)[0]?.message

    expect(about({})).toBeUndefined()
    expect(about({ images: 'fashion' })).toBe("the project has no image set 'fashion'; drop two IDX files, images and labels, and choose it")
    expect(about({ trainCount: 2500 })).toBe('2500 training and 1000 test images are more than the 3000 of the set')
  })

  test.each([
    ['images without an axis', [4, 6], [4], 'the images are [4, 6]'],
    ['other numbers of images and labels', [4, 2, 3], [3], '4 images but labels of shape [3]'],
    ['one class', [4, 2, 3], [4], 'all images have label 0'],
  ])('of %s are refused', (_name, imageShape, labelShape, message) => {
    const zeros = (shape: readonly number[]) => ({ shape, data: new Uint8Array(shape.reduce((product, length) => product * length, 1)) })

    expect(imageSetOf(zeros(imageShape), zeros(labelShape))).toMatchObject({ ok: false, error: { message: expect.stringContaining(message) } })
  })
})

describe('a perceptron on pixels', { timeout: 60_000 }, () => {
  useBackend('wasm')

  test('tells nine unseen digits of ten after 150 batches', async () => {
    expect((await learned(specOf()))['accuracy.test']).toBeGreaterThanOrEqual(0.9)
  })

  test('that has learned nothing tells one of ten', async () => {
    expect((await learned(specOf({ steps: 1, model: { inputScale: 1e-6 } })))['accuracy.test']).toBeLessThan(0.35)
  })

  test('learns with squared error too, and begun at eight times the weights it does not generalize by then', async () => {
    const [plain, large] = [await learned(specOf({ loss: 'mse', steps: 80 })), await learned(specOf({ loss: 'mse', steps: 80, model: { initScale: 8 } }))]

    expect(plain['accuracy.test']).toBeGreaterThanOrEqual(0.8)
    expect(large['weight-norm']! / plain['weight-norm']!).toBeGreaterThan(4)
    expect(large['accuracy.test']).toBeLessThan(plain['accuracy.test']! - 0.1)
  })
})
