import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { AppError } from '@main/base/result'
import { unwrap } from '@main/base/result'
import { defaultsOf, type SettingValues } from '@main/base/settings'
import type { RunSpec } from '@contract/runs'
import { scoped } from '@main/engine/tf'
import { createNetwork, type Network } from '@main/lab/models/network'
import { models } from '@main/lab/models'
import { createRng } from '@main/base/rng'
import type { Dimensions } from '@main/lab/models/model'
import { exportedNetwork } from '@main/lab/exporters/exported-network'
import { completeSpec } from '@main/lab/recipes/resolve-setup'
import { randomTokens, tinyTransformer } from '../../../fixtures/transformers'
import { createScratch, createTestHost, root, type TestHost } from '../../../fixtures/host'

let it: TestHost | undefined
afterEach(async () => {
  await it?.end()
  it = undefined
})

/** A run of one checkpoint of this network, as if it had been imported. */
function stored(host: TestHost, network: Network, settings: SettingValues): string {
  const { n_ctx, d_vocab, d_vocab_out } = network.dims
  const spec = completeSpec({
    task: { id: 'unlabelled-tokens', settings: { n_ctx, d_vocab, d_vocab_out } },
    model: { id: network.model.id, settings },
    optimizer: { id: 'adamw', settings: {} },
    loss: { id: 'cross-entropy', settings: {} },
    schedule: {},
    seed: 0,
  }) as RunSpec
  const store = host.host.store()
  const run = store.runs.create({ name: 'foreign', spec, lastStep: 10, madeWith: 'a test', tags: ['imported'] })
  const rng = createRng(0).state()
  const state = { step: 10, params: network.arrays, buffers: {}, slots: {}, rng, cursor: { epoch: 0, offset: 0, orderRng: rng } }
  unwrap(store.checkpoints.write(run.id, state, { keepOptimizerState: false }))
  store.runs.change(run.id, { state: 'finished', step: 10 })
  return run.id
}

const normed = { normalization: 'LN', biases: true, tiedUnembedding: true } as const

describe('a processed copy', { timeout: 30_000 }, () => {
  test('is a run with its parent, the steps that were done, and the same log-probabilities', async () => {
    it = await createTestHost()
    const network = tinyTransformer({ settings: normed })
    const runId = stored(it, network, network.settings)
    network.dispose()
    const steps = await it.client.copies.steps({ runId, step: 10 })

    const made = await it.client.copies.saveProcessed({ runId, step: 10, steps: steps.map(({ id }) => id), name: 'folded' })

    const copy = await it.client.runs.show({ runId: made.runId })
    expect(steps.map(({ refusal }) => refusal)).toEqual([undefined, undefined, undefined, undefined])
    expect(made.largestDifference).toBeLessThan(1e-5)
    expect(made.largestDifference).toBeGreaterThan(0)
    expect(copy).toMatchObject({
      name: 'folded',
      state: 'finished',
      tags: ['imported'],
      parent: { runId, step: 10, how: 'weights rewritten: fold normalization, centre writing weights, centre unembedding, fold value biases' },
      spec: { model: { settings: { normalization: 'LNPre', tiedUnembedding: false } } },
    })
  })

  test('is refused with the reason where a step would change what the network says', async () => {
    it = await createTestHost()
    const network = tinyTransformer()
    const runId = stored(it, network, network.settings)
    network.dispose()

    const failure = await it.client.copies
      .saveProcessed({ runId, step: 10, steps: ['centre-writing'], name: 'no' })
      .catch((thrown: AppError) => thrown.failure)

    expect(failure).toEqual({ code: 'ACTION_UNAVAILABLE', message: 'centre writing weights: the model has no LayerNorm; the mean of the stream reaches what reads it' })
  })
})

const python = process.env['GROKSCOPE_PYTHON'] ?? 'python3'
const hasTorch = spawnSync(python, ['-c', 'import torch, safetensors.torch'], { timeout: 60_000 }).status === 0

const exportedVariants: readonly SettingValues[] = [
  normed,
  { normalization: 'RMS', gatedMlp: true, activation: 'silu', positions: 'rotary', d_head: 5 },
  { normalization: 'LNPre', biases: true, attentionOnly: true, attentionDirection: 'bidirectional' },
  { constantAttention: 0.3, activation: 'gelu', attentionScale: 3 },
  { positions: 'none', activation: 'gelu_new', biases: true, n_layers: 1 },
]

describe('an exported checkpoint', { timeout: 120_000 }, () => {
  test('lies in a folder with the scripts that load it, under TransformerLens’s names', async () => {
    it = await createTestHost({ resources: join(root, 'resources'), opensProject: false })
    await it.host.createProject(join(it.folder, 'p.grokscope'))
    const network = tinyTransformer({ settings: normed })
    const runId = stored(it, network, network.settings)
    network.dispose()

    const { folder } = await it.client.copies.export({ runId, step: 10 })

    const config = JSON.parse(readFileSync(join(folder!, 'config.json'), 'utf8')) as Record<string, unknown>
    const header = readFileSync(join(folder!, 'model.safetensors')).subarray(8, 2000).toString()
    expect(readdirSync(folder!).sort()).toEqual(['config.json', 'grokscope_network.py', 'load_grokscope.py', 'model.safetensors'])
    expect(config).toMatchObject({ d_model: 8, normalization_type: 'LN', act_fn: 'relu', n_ctx: 5, positional_embedding_type: 'standard' })
    expect(header).toContain('"embed.W_E"')
  })

  test('goes nowhere when the dialog for its folder is dismissed', async () => {
    const dialogs = { chooseProject: () => Promise.resolve(undefined), chooseFolder: () => Promise.resolve(undefined) }
    it = await createTestHost({ dialogs })
    const network = tinyTransformer()
    const runId = stored(it, network, network.settings)
    network.dispose()

    expect(await it.client.copies.export({ runId, step: 10 })).toEqual({})
  })

  test.skipIf(!hasTorch)('printed by the script that is shipped has the same logits in PyTorch', async () => {
    it = await createTestHost({ resources: join(root, 'resources'), opensProject: false })
    await it.host.createProject(join(it.folder, 'p.grokscope'))
    const network = tinyTransformer({ settings: normed, seed: 3 })
    const runId = stored(it, network, network.settings)
    const ours = logitsOf(network, randomTokens(1))
    const { folder } = await it.client.copies.export({ runId, step: 10 })

    const { stdout, stderr, status } = spawnSync(python, ['load_grokscope.py', '.', randomTokens(1).join(',')], { cwd: folder!, encoding: 'utf8' })

    expect({ status, stderr }).toMatchObject({ status: 0 })
    const theirs = (JSON.parse(stdout) as number[][]).flat()
    expect(theirs.length).toBe(ours.length)
    expect(largestDifference(ours, theirs)).toBeLessThan(1e-5)
  })

  test.skipIf(!hasTorch)('of every kind of network has the same logits in PyTorch', async () => {
    const scratch = createScratch()
    const networks = [
      ...exportedVariants.map((settings) => tinyTransformer({ settings, seed: 3 })),
      drawn('mlp', { d_mlp: 8, batchNorm: true, biases: true }, { n_ctx: 2, d_vocab: 7, d_vocab_out: 7 }),
      drawn('mlp-stack', { d_mlp: 8, inputScale: 0.1 }, { n_ctx: 4, d_vocab: 7, d_vocab_out: 3 }),
    ]
    const folders = networks.map((network, i) => {
      const folder = join(scratch.folder, String(i))
      mkdirSync(folder)
      const { tensors, config } = exportedNetwork(network)
      writeFileSync(join(folder, 'model.safetensors'), tensors)
      writeFileSync(join(folder, 'config.json'), config)
      const tokens = randomTokens(2, { length: network.dims.n_ctx })
      return { folder, tokens: [...tokens], length: network.dims.n_ctx, ours: logitsOf(network, tokens) }
    })

    const { stdout, stderr } = spawnSync(python, ['-c', comparison, JSON.stringify(folders)], { cwd: join(root, 'resources/export'), encoding: 'utf8' })

    scratch.remove()
    expect(stderr).toBe('')
    const differences = (JSON.parse(stdout) as number[][]).map((theirs, i) => largestDifference(folders[i]!.ours, theirs))
    expect(differences.length).toBe(networks.length)
    expect(Math.max(...differences)).toBeLessThan(1e-5)
  })
})

const comparison = `
import json, sys, torch
from safetensors.torch import load_file
from grokscope_network import logits
found = []
for one in json.loads(sys.argv[1]):
    config = json.load(open(one["folder"] + "/config.json"))
    tokens = torch.tensor(one["tokens"]).reshape(-1, one["length"])
    found.append(logits(config, load_file(one["folder"] + "/model.safetensors"), tokens).flatten().tolist())
print(json.dumps(found))
`

function drawn(id: string, settings: SettingValues, dims: Dimensions): Network {
  const model = models.require(id)
  const complete = { ...defaultsOf(model.fields), ...settings }
  const { params, buffers } = model.init(complete as never, dims, createRng(4)) // every key is a field's
  const draws = createRng(5)
  const arrays = Object.entries({ ...params, ...buffers }).map(([name, array]) => {
    return [name, { ...array, data: array.data.map((value) => value + 0.2 * draws.uniform()) }] as const
  })
  return createNetwork(model, complete, dims, Object.fromEntries(arrays))
}

/** Frees the network. */
function logitsOf(network: Network, tokens: Int32Array): readonly number[] {
  const logits = scoped(() => [...network.run(tokens).dataSync()])
  network.dispose()
  return logits
}

const largestDifference = (ours: readonly number[], theirs: readonly number[]): number =>
  ours.length === theirs.length ? Math.max(...theirs.map((value, i) => Math.abs(value - ours[i]!))) : Infinity
