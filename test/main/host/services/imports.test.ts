import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { ImportDraft } from '@contract/imports'
import { unwrap, type AppError, type Failure } from '@main/base/result'
import { createRng } from '@main/base/rng'
import { scoped } from '@main/engine/tf'
import { exportedNetwork } from '@main/lab/exporters/exported-network'
import type { Network } from '@main/lab/models/network'
import { computeInProcess, createTestHost, root, type TestHost } from '../../../fixtures/host'
import { npzFile } from '../../../fixtures/npz'
import { randomTokens, tinyTransformer } from '../../../fixtures/transformers'

const corpus = join(root, 'test/fixtures/corpus')

let it: TestHost | undefined
afterEach(async () => {
  await it?.end()
  it = undefined
})

const failureOf = (promise: Promise<unknown>): Promise<Failure | undefined> =>
  promise.then(() => undefined, (thrown: AppError) => thrown.failure)

const folders = (): readonly string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('grokscope-import-'))

/** Hands over files in pieces. */
async function drop({ client }: TestHost, files: Readonly<Record<string, Uint8Array>>, pieceBytes = 2 ** 20): Promise<string> {
  const { importId } = await client.imports.begin({})
  for (const [path, bytes] of Object.entries(files)) {
    for (let offset = 0; offset === 0 || offset < bytes.length; offset += pieceBytes) {
      await client.imports.put({ importId, path, offset, totalBytes: bytes.length, bytes: bytes.slice(offset, offset + pieceBytes) })
    }
  }
  return importId
}

describe('files on their way in', { timeout: 30_000 }, () => {
  test('a gap between pieces, a name that is none and a file without its end are refused', async () => {
    it = await createTestHost()
    const { client } = it
    const { importId } = await client.imports.begin({})
    const bytes = new Uint8Array(10)
    const put = (path: string, offset: number): Promise<unknown> => client.imports.put({ importId, path, offset, totalBytes: 100, bytes })
    await put('a.pt', 0)

    expect(await failureOf(put('a.pt', 20))).toMatchObject({ code: 'ARGUMENTS_INVALID', message: expect.stringContaining('does not continue') })
    expect(await failureOf(put('../a.pt', 0))).toMatchObject({ code: 'ARGUMENTS_INVALID' })
    expect(await failureOf(put('a/./b', 0))).toMatchObject({ code: 'ARGUMENTS_INVALID' })
    expect(await failureOf(client.imports.open({ importId }))).toMatchObject({ message: "'a.pt' has 10 of 100 bytes so far" })
  })

  test('are removed when the import is discarded, when too many are open, and when the program ends', async () => {
    const before = folders()
    it = await createTestHost()
    const first = await drop(it, { 'a.pt': new Uint8Array(10) })
    await it.client.imports.discard({ importId: first })
    const afterDiscard = folders().length - before.length
    for (let i = 0; i < 6; i++) await drop(it, { 'a.pt': new Uint8Array(10) })
    const many = folders().length - before.length
    await it.end()
    it = undefined

    expect([afterDiscard, many, folders().length - before.length]).toEqual([0, 4, 0])
  })

  test('an import that was discarded is refused with what to do', async () => {
    it = await createTestHost()
    expect(await failureOf(it.client.imports.open({ importId: 'import-1' }))).toEqual({
      code: 'ACTION_UNAVAILABLE',
      message: "there is no open import 'import-1'; drop the files again",
    })
  })
})

// A network exported and imported again is the same network: its own logits are the reference.

const settings = { n_layers: 2, n_heads: 2, d_model: 8, d_head: 4, d_mlp: 16, activation: 'gelu_new', normalization: 'LN', biases: true }

function exported(seed = 7): { readonly files: Readonly<Record<string, Uint8Array>>; readonly reference: Uint8Array; readonly network: Network } {
  const network = tinyTransformer({ settings, seed })
  const { tensors, config } = exportedNetwork(network)
  const tokens = randomTokens(3)
  const logits = scoped(() => Float32Array.from(network.run(tokens).dataSync()))
  const reference = npzFile({ tokens: { shape: [3, 5], data: tokens }, logits: { shape: [3, 5, 7], data: logits } })
  network.dispose()
  return { files: { 'mine/model.safetensors': tensors, 'mine/config.json': new TextEncoder().encode(config) }, reference, network }
}

/** Every question answered as proposed. */
async function answered({ client }: TestHost, importId: string): Promise<ImportDraft> {
  const { draft, proposal } = await client.imports.open({ importId })
  const answers = Object.fromEntries(proposal.questions.map(({ key, default: usual }) => [key, usual]))
  return { ...draft, answers: { ...answers, ...draft.answers } }
}

describe('a network that was exported', { timeout: 60_000 }, () => {
  test('is imported with its settings, its weights and its own logits', async () => {
    it = await createTestHost()
    const { files, reference, network } = exported()
    const importId = await drop(it, { ...files, 'reference.npz': reference }, 700)
    const draft = await answered(it, importId)

    const { runId, card } = await it.client.imports.finish({ importId, draft, name: 'mine' })

    const run = await it.client.runs.show({ runId })
    const stored = unwrap(it.host.store().checkpoints.load(runId, 0))
    expect(run).toMatchObject({ state: 'finished', tags: ['imported'], spec: { model: { id: 'transformer', settings } }, checkpointCount: 1 })
    expect(stored.params).toEqual(network.arrays)
    expect(card).toMatchObject({ missing: [], unused: [], logits: { isWithin: true, comparedCount: 105 } })
    expect(card.logits!.largestError).toBeLessThan(1e-5)
    expect((await it.client.imports.record({ runId })).record).toMatchObject({ card, format: 'safetensors', draft })
    expect(await failureOf(it.client.imports.open({ importId }))).toMatchObject({ code: 'ACTION_UNAVAILABLE' })
  })

  test('with another activation is told apart by its reference', async () => {
    it = await createTestHost()
    const { files, reference } = exported()
    const importId = await drop(it, { ...files, 'reference.npz': reference })
    const draft = await answered(it, importId)

    const card = await it.client.imports.card({ importId, draft: { ...draft, settings: { activation: 'relu' } } })

    expect(card.logits).toMatchObject({ isWithin: false })
  })

  test('opens the next time as it was left, whatever project kept it', async () => {
    it = await createTestHost()
    const { files } = exported()
    const first = await drop(it, files)
    const draft = { ...(await answered(it, first)), settings: { normEpsilon: 1e-6 } }
    await it.client.imports.finish({ importId: first, draft, name: 'mine' })

    const again = await it.client.imports.open({ importId: await drop(it, files) })
    const other = await it.client.imports.open({ importId: await drop(it, exported(8).files) })

    expect(again).toMatchObject({ isRemembered: true, draft })
    expect(other.isRemembered).toBe(false)
  })

  test('as a series becomes one run with a checkpoint at each step', async () => {
    it = await createTestHost()
    const [early, late] = [exported(1), exported(2)]
    const named = (name: string, { files }: typeof early): Record<string, Uint8Array> => ({ [`mine/${name}`]: files['mine/model.safetensors']! })
    const importId = await drop(it, { ...late.files, 'mine/model.safetensors': new Uint8Array(0), ...named('step_200.safetensors', late), ...named('step_100.safetensors', early) })
    const draft = await answered(it, importId)

    const { runId } = await it.client.imports.finish({ importId, draft, name: 'series' })

    const steps = (await it.client.runs.checkpoints({ runId })).map(({ step }) => step)
    expect(steps).toEqual([100, 200])
    expect(unwrap(it.host.store().checkpoints.load(runId, 100)).params).toEqual(early.network.arrays)
    expect(unwrap(it.host.store().checkpoints.load(runId, 200)).params).toEqual(late.network.arrays)
  })

  test('with a parameter mapped to a tensor that does not fit cannot be finished, and the reason is named', async () => {
    it = await createTestHost()
    const importId = await drop(it, exported().files)
    const draft = { ...(await answered(it, importId)), parameters: { W_U: { parts: [{ from: 'embed.W_E', steps: [] }], axis: 0 } } }

    const { problems, rows } = await it.client.imports.check({ importId, draft })
    const failure = await failureOf(it.client.imports.finish({ importId, draft, name: 'wrong' }))

    expect(problems).toEqual(['W_U: [7, 8] is not [8, 7]'])
    expect(rows.find(({ name }) => name === 'W_U')).toMatchObject({ state: 'wrong', isChanged: true })
    expect(failure).toEqual({ code: 'IMPORT_REFUSED', message: 'W_U: [7, 8] is not [8, 7]' })
    expect(await it.client.runs.list({})).toEqual([])
  })
})

describe('hostile files', { timeout: 120_000 }, () => {
  test('are refused in one sentence or proposed, whatever is done to a sound one', async () => {
    it = await createTestHost()
    const { files } = exported()
    const sound = files['mine/model.safetensors']!
    const draws = createRng(5)
    const messages = new Set<string>()
    for (let round = 0; round < 150; round++) {
      const bytes = sound.slice(0, draws.below(3) === 0 ? draws.below(sound.length) : sound.length)
      for (let i = 0; i < 1 + draws.below(8) && bytes.length > 0; i++) bytes[draws.below(Math.min(bytes.length, 600))] = draws.below(256)
      const importId = await drop(it, { 'model.safetensors': bytes })
      const failure = await failureOf(it.client.imports.open({ importId }))
      await it.client.imports.discard({ importId })
      if (failure) messages.add(`${failure.code} ${failure.message.includes('\n') || failure.message.endsWith('.') ? 'is no sentence' : 'ok'}`)
    }

    expect([...messages]).toEqual(['IMPORT_REFUSED ok'])
    expect(await failureOf(it.client.imports.open({ importId: await drop(it, files) }))).toBeUndefined()
  })

  test.each(readdirSync(corpus).filter((name) => /\.(pt|npz|npy|tar|safetensors)$/.test(name)))('%s of the corpus is refused in one sentence or proposed', async (name) => {
    it = await createTestHost()
    const importId = await drop(it, { [name]: new Uint8Array(readFileSync(join(corpus, name))) })
    const failure = await failureOf(it.client.imports.open({ importId }))

    expect(failure?.code ?? 'IMPORT_REFUSED').toBe('IMPORT_REFUSED')
    expect(failure?.message ?? '').not.toMatch(/\n|invariant|undefined/)
  })

  test('one that ends the process that reads it costs nothing else, and the next file is read', async () => {
    const spawn = await computeInProcess()
    let isFirst = true
    it = await createTestHost({
      spawn(role) {
        const started = spawn(role)
        if (role !== 'importer' || !isFirst) return started
        isFirst = false
        const { transport } = started
        // As a process that is killed while it reads.
        const dying = { ...transport, send: (message: Parameters<typeof transport.send>[0]) => ('method' in message && message.method === 'imports.hash' ? started.kill() : transport.send(message)) }
        return { ...started, transport: dying }
      },
    })
    const importId = await drop(it, exported().files)

    const failure = await failureOf(it.client.imports.open({ importId }))
    const next = await it.client.imports.open({ importId })

    expect(failure).toMatchObject({ code: 'IMPORT_REFUSED', message: expect.stringContaining('the process that read the files ended: killed') })
    expect(next.proposal.layoutId).toBe('transformer-lens')
  })
})
