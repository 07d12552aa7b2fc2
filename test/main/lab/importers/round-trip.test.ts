/** What this program exports, its own importers read back: the same network, and nothing to ask but the vocabulary. */
import { describe, expect, test } from 'vitest'
import { defaultsOf, type SettingValues } from '@main/base/settings'
import { exportedNetwork } from '@main/lab/exporters/exported-network'
import { sourceOf } from '@main/lab/importers/importer'
import { applyMapping } from '@main/lab/importers/opening/apply-mapping'
import { openCheckpoint, proposeMapping } from '@main/lab/importers/opening/open-checkpoint'
import { createRng } from '@main/base/rng'
import stack from '@main/lab/models/mlp-stack'
import { createNetwork, type Network } from '@main/lab/models/network'
import { tinyTransformer } from '../../../fixtures/transformers'
import { useBackend } from '../../../fixtures/backends'

function readBack(network: Network, answers: SettingValues = {}) {
  const { tensors, config } = exportedNetwork(network)
  const opened = openCheckpoint([sourceOf('model.safetensors', tensors), sourceOf('config.json', new TextEncoder().encode(config))])
  if (!opened.ok) throw new Error(opened.error.message)
  const { checkpoint, matches } = opened.value
  const mapping = proposeMapping(checkpoint, matches[0]!.layoutId, answers)
  if (!mapping.ok) throw new Error(mapping.error.message)
  const imported = applyMapping(checkpoint, mapping.value)
  if (!imported.ok) throw new Error(imported.error.message)
  return { asked: mapping.value.questions.map(({ key }) => key), imported: imported.value }
}

/** What decides the answers; how weights start does not. */
const decisive = ({ initScale: _initScale, ...settings }: SettingValues): SettingValues => settings

describe('an exported network reads back', () => {
  useBackend('cpu')

  test.each<[SettingValues]>([
    [{}],
    [{ biases: true, normalization: 'LN', activation: 'gelu_new', normEpsilon: 1e-6 }],
    [{ normalization: 'RMS', gatedMlp: true, activation: 'silu', positions: 'rotary', rotaryBase: 500_000 }],
    [{ normalization: 'LNPre', attentionDirection: 'bidirectional', constantAttention: 0.25 }],
    [{ positions: 'none', tiedUnembedding: true, attentionScale: 1 }],
    [{ positions: 'rotary', d_head: 5, normalization: 'RMSPre' }],
  ])('transformer %o', (settings) => {
    const network = tinyTransformer({ settings })
    const { asked, imported } = readBack(network)
    const { arrays, dims } = network
    network.dispose()

    expect(asked).toEqual(['tokens'])
    expect(imported.dims).toEqual(dims)
    expect(decisive(imported.settings)).toEqual(decisive(network.settings))
    expect(imported.arrays).toEqual(arrays)
  })

  test('stack of linear layers', () => {
    const dims = { n_ctx: 3, d_vocab: 5, d_vocab_out: 4 }
    const settings = { ...defaultsOf(stack.fields), d_mlp: 6 }
    const { params } = stack.init(settings as never, dims, createRng(2)) // defaults, and a width
    const network = createNetwork(stack, settings, dims, params)
    const { imported } = readBack(network, { d_vocab: 5 })
    network.dispose()

    expect(imported).toEqual({ modelId: 'mlp-stack', settings, dims, arrays: params })
  })
})
