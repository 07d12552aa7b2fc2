import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MaskArrays, MaskCard } from '@contract/masks'
import { unwrap, type AppError } from '@main/base/result'
import { resolveSetup } from '@main/lab/recipes/resolve-setup'
import { createTestHost, ended, tinyRun, type TestHost } from '../../../fixtures/host'

let it: TestHost
let runId: string
const step = 60

beforeAll(async () => {
  it = await createTestHost()
  const started = await it.client.runs.start({ name: 'tiny', spec: tinyRun() })
  runId = started.runId
  await ended(it.client, started.jobId)
})
afterAll(() => it.end())

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(() => 'nothing was refused', (thrown: AppError) => thrown.failure)

/** W_out with the first `removed` entries removed. */
function arrays(removed: number): MaskArrays {
  const W_out = unwrap(it.host.store().checkpoints.load(runId, step)).params['W_out']!
  return { W_out: { axes: [...W_out.axes], shape: [...W_out.shape], data: Uint8Array.from(W_out.data, (_, i) => (i < removed ? 0 : 1)) } }
}

const create = (name: string, removed = 28): Promise<MaskCard> => it.client.masks.create({ runId, step, name, how: 'by hand', arrays: arrays(removed) })
const cells = (...at: number[]) => ({ axes: ['cell'], shape: [at.length], data: Int32Array.from(at) })

describe('a mask', { timeout: 30_000 }, () => {
  test('is listed with what it keeps, and shown entry by entry', async () => {
    const card = await create('half')

    const shown = await it.client.masks.show({ maskId: card.id })

    expect(card).toMatchObject({ version: 1, sparsity: 0.5, runId, step, layers: [{ name: 'W_out', shape: [8, 7], kept: 28, count: 56 }] })
    expect(shown).toEqual({ card, arrays: arrays(28) })
    expect(await it.client.masks.list({ runId })).toContainEqual(card)
  })

  test('is derived with some entries toggled, as its next version, and the one before stays as it is', async () => {
    const first = await create('edited')

    const next = await it.client.masks.derive({
      maskId: first.id,
      how: 'two entries',
      changes: [
        { array: 'W_out', cells: cells(0, 1), isKept: true },
        { array: 'W_out', cells: cells(55), isKept: false },
      ],
    })

    const bits = async (maskId: string): Promise<readonly number[]> => [...(await it.client.masks.show({ maskId })).arrays['W_out']!.data]
    const wanted = Array.from({ length: 56 }, (_, i) => (i === 55 || (i < 28 && i > 1) ? 0 : 1))
    expect(next).toMatchObject({ version: 2, name: 'edited', family: first.family, madeFrom: first.id, how: 'two entries' })
    expect(await bits(next.id)).toEqual(wanted)
    expect(await bits(first.id)).toEqual([...arrays(28)['W_out']!.data])
  })

  test('that is removed comes back under the same id', async () => {
    const { id } = await create('gone')
    const isListed = async (): Promise<boolean> => (await it.client.masks.list({})).some((card) => card.id === id)

    await it.client.masks.remove({ maskId: id })
    const whileRemoved = await isListed()
    await it.client.masks.restore({ maskId: id })

    expect([whileRemoved, await isListed()]).toEqual([false, true])
  })

  test('of picked neurons keeps every weight but theirs, and a version of another mask keeps what both keep', async () => {
    const picked = await it.client.masks.pick({ runId, step, removed: [0, 3], name: 'neurons', how: 'picked' })
    const base = await create('base', 20)
    const both = await it.client.masks.pick({ runId, step, removed: [7], name: 'base', how: 'and neuron 7', madeFrom: base.id })

    const { arrays: kept } = await it.client.masks.show({ maskId: both.id })
    expect(picked.sparsity).toBe(2 / 8)
    expect(both).toMatchObject({ version: 2, madeFrom: base.id })
    expect([...kept['W_out']!.data]).toEqual(Array.from({ length: 56 }, (_, i) => (i < 20 || i >= 49 ? 0 : 1)))
  })

  test.each([
    ['over arrays that are not there', () => ({ nothing: arrays(1)['W_out']! }), "the network has no 'nothing'"],
    ['of another shape', () => ({ W_out: { axes: ['x'], shape: [2], data: Uint8Array.of(1, 0) } }), 'W_out is [2] in the mask and [8, 7] in the network'],
    ['of other numbers', () => ({ W_out: { ...arrays(0)['W_out']!, data: new Uint8Array(56).fill(3) } }), 'W_out holds 3; a mask holds 0 and 1'],
  ])('%s is refused', async (_name, make, message) => {
    const failure = await failureOf(it.client.masks.create({ runId, step, name: 'x', how: '', arrays: make() }))

    expect(failure).toMatchObject({ code: 'MASK_UNFIT', message: expect.stringContaining(message) })
  })

  test('is not derived by entries that it does not have', async () => {
    const { id } = await create('small')
    const change = (array: string, at: number) => failureOf(it.client.masks.derive({ maskId: id, how: '', changes: [{ array, cells: cells(at), isKept: true }] }))

    expect(await change('W_out', 56)).toEqual({ code: 'MASK_UNFIT', message: 'W_out has no entry 56; it has 56' })
    expect(await change('W_in', 0)).toEqual({ code: 'MASK_UNFIT', message: "the mask is not over 'W_in'; it is over W_out" })
  })

  test('that is unknown is refused with those there are', async () => {
    expect(await failureOf(it.client.masks.show({ maskId: 'mask-x' }))).toMatchObject({
      code: 'MASK_NOT_FOUND',
      message: expect.stringContaining("no mask 'mask-x' in this project; it has mask-"),
    })
  })
})

describe('a checkpoint under a mask', { timeout: 30_000 }, () => {
  test('of neurons fares as the network without them; a mask of ones changes nothing', async () => {
    const { id } = await it.client.masks.pick({ runId, step, removed: [1, 4], name: 'two', how: '' })
    const whole = await create('whole', 0)

    expect(await it.client.masks.effect({ runId, step, maskId: id })).toEqual(await it.client.interpret.pruned({ runId, step, removed: [1, 4] }))
    expect(await it.client.masks.effect({ runId, step, maskId: whole.id })).toEqual(await it.client.interpret.pruned({ runId, step, removed: [] }))
  })

  test('without any output weight always answers class 0', async () => {
    const { id } = await create('nothing', 56)
    const { labels, splits } = unwrap(resolveSetup(tinyRun())).dataset

    const { test: accuracy } = await it.client.masks.effect({ runId, step, maskId: id })

    expect(accuracy).toBe(splits.test.filter((example) => labels[example] === 0).length / splits.test.length)
  })

  test('becomes a run of its own with lineage, zeros where the mask has them', async () => {
    const { id } = await create('applied')

    const { runId: child } = await it.client.masks.apply({ runId, step, maskId: id, name: 'under a mask' })

    const state = unwrap(it.host.store().checkpoints.load(child, 0))
    const before = unwrap(it.host.store().checkpoints.load(runId, step)).params['W_out']!.data
    expect(await it.client.runs.show({ runId: child })).toMatchObject({ state: 'finished', parent: { runId, step, how: 'under mask applied, version 1' } })
    expect([...state.params['W_out']!.data]).toEqual([...before].map((weight, i) => (i < 28 ? 0 : weight)))
  })

  test('of other shapes refuses the mask with both shapes', async () => {
    const { id } = await create('narrow')
    const { runId: wide, jobId } = await it.client.runs.start({
      name: 'wide',
      spec: { ...tinyRun({ steps: 1, checkpointEvery: 1 }), model: { id: 'mlp', settings: { d_mlp: 9 } } },
    })
    await ended(it.client, jobId)

    expect(await failureOf(it.client.masks.effect({ runId: wide, step: 1, maskId: id }))).toEqual({
      code: 'MASK_UNFIT',
      message: 'W_out is [8, 7] in the mask and [9, 7] in the network; expected equal shapes',
    })
  })

  test('keeps the frequencies of what is left, and says how that was computed', async () => {
    const { id } = await it.client.masks.pick({ runId, step, removed: [0, 1, 2, 3, 4, 5, 6], name: 'one neuron', how: '' })
    const neurons = await it.client.interpret.neurons({ runId, step })

    const found = await it.client.masks.spectrum({ runId, step, maskId: id })

    expect(found.maskedIpr.data[7]).toBeCloseTo(neurons.ipr.data[7]!, 6)
    expect([...found.maskedIpr.data.slice(0, 7)]).toEqual(Array(7).fill(0))
    expect(found.how.spec).toMatchObject({ seed: 3 })
  })
})

describe('a mask as a file', { timeout: 30_000 }, () => {
  test.each(['safetensors', 'packed'] as const)('%s is taken in again as the same mask', async (format) => {
    const card = await create(`file ${format}`, 30)
    const { bytes, fileName } = await it.client.masks.export({ maskId: card.id, format })

    const adopted = await it.client.masks.adopt({ runId, step, name: 'again', offset: 0, totalBytes: bytes.length, bytes })

    expect(fileName).toMatch(/^file .* v1\..*safetensors$/)
    expect((await it.client.masks.show({ maskId: adopted.mask!.id })).arrays).toEqual(arrays(30))
  })

  test('is drawn over the weights of a checkpoint, all axes but the last as rows', async () => {
    const { id } = await create('drawn', 3)
    const { params } = unwrap(it.host.store().checkpoints.load(runId, step))

    const under = await it.client.masks.picture({ runId, step, maskId: id })
    const bare = await it.client.masks.picture({ runId, step, array: 'W_in' })

    expect(under).toMatchObject({ array: 'W_out', weights: { axes: ['d_mlp', 'd_vocab'], shape: [8, 7], data: params['W_out']!.data } })
    expect([...under.kept.data.slice(0, 4)]).toEqual([0, 0, 0, 1])
    expect([bare.weights.axes, bare.weights.shape]).toEqual([['pos·d_vocab', 'd_mlp'], [14, 8]])
    expect(bare.kept.data.every((bit) => bit === 1)).toBe(true)
    expect(await failureOf(it.client.masks.picture({ runId, step, array: 'W' }))).toMatchObject({
      code: 'ARGUMENTS_INVALID',
      message: expect.stringContaining("no array 'W'"),
    })
  })

  test('overlap of masks is theirs layer by layer', async () => {
    const [x, y] = [await create('x', 14), await create('y', 28)]

    const { layers, jaccard } = await it.client.masks.overlap({ runId, step, maskIds: [x.id, y.id] })

    expect(layers).toEqual(['W_out', 'all'])
    expect(jaccard.data[1]).toBe(Math.fround(28 / 42))
  })
})
