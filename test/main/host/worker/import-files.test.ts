import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { stepsOf, withDropped, type Dropped } from '@main/host/worker/import-files'
import { safetensorsFile } from '@main/lab/exporters/safetensors'
import { namedArray } from '@main/base/array'
import { createScratch } from '../../../fixtures/host'

const scratch = createScratch()
afterAll(() => scratch.remove())

/** A safetensors file of scalars of these names. */
function tensorsNamed(...names: readonly string[]): Uint8Array {
  return safetensorsFile(Object.fromEntries(names.map((name) => [name, namedArray([], [], Float32Array.of(1))])))
}

function dropped<T>(contents: Readonly<Record<string, Uint8Array | string>>, look: (dropped: Dropped) => T): T {
  const files = Object.entries(contents).map(([name, bytes]) => {
    const path = join(scratch.folder, `${performance.now()}`, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
    return { name, path, sizeBytes: Buffer.byteLength(bytes) }
  })
  return withDropped(files, look)
}

const shape = ({ checkpoints }: Dropped): unknown =>
  checkpoints.map(({ step, files }) => [step, ...files.map(({ path }) => path)])

describe('dropped files', () => {
  test('a folder of a model is one checkpoint with what lies beside it', () => {
    const files = { 'gpt2/config.json': '{}', 'gpt2/model.safetensors': tensorsNamed('a'), 'gpt2/vocab.json': '{}' }

    expect(dropped(files, shape)).toEqual([[0, 'gpt2/model.safetensors', 'gpt2/config.json', 'gpt2/vocab.json']])
  })

  test('shards are one checkpoint', () => {
    const files = { 'model-00001-of-00002.safetensors': tensorsNamed('a'), 'model-00002-of-00002.safetensors': tensorsNamed('b') }

    expect(dropped(files, shape)).toEqual([[0, 'model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']])
  })

  test('files of the same tensors are a series in order of their steps', () => {
    const files = { 'model_epoch_1000.safetensors': tensorsNamed('a'), 'model_epoch_200.safetensors': tensorsNamed('a'), 'config.json': '{}' }

    expect(dropped(files, shape)).toEqual([
      [200, 'model_epoch_200.safetensors', 'config.json'],
      [1000, 'model_epoch_1000.safetensors', 'config.json'],
    ])
  })

  test('folders of checkpoints are a series, each with its own configuration or the one above', () => {
    const files = {
      'run/config.json': '{"of":"run"}',
      'run/checkpoint-500/model.safetensors': tensorsNamed('a'),
      'run/checkpoint-500/config.json': '{}',
      'run/checkpoint-1000/model.safetensors': tensorsNamed('a'),
      'run/checkpoint-1000/optimizer.pt': 'state',
    }

    expect(dropped(files, shape)).toEqual([
      [500, 'run/checkpoint-500/model.safetensors', 'run/checkpoint-500/config.json'],
      [1000, 'run/checkpoint-1000/model.safetensors', 'run/config.json'],
    ])
    expect(dropped(files, ({ notes }) => notes)).toEqual(['optimizer.pt not read; it holds the trainer’s state and no weights'])
  })

  test('files that hold no tensors are refused with their names', () => {
    expect(() => dropped({ 'notes.txt': 'hello', 'more.md': '# more' }, shape)).toThrow(/none of 'notes.txt', 'more.md' begins like a file of tensors/)
  })
})

describe('steps', () => {
  test.each([
    [['model.pt'], [0]],
    [['modadd113_seed0_model_epoch_60000.pt'], [60000]],
    [['step-000100/model.pt', 'step-000050/model.pt'], [100, 50]],
    [['seed1_10.pt', 'seed1_20.pt', 'seed1_30.pt'], [10, 20, 30]],
    [['first.pt', 'second.pt'], [0, 1]],
    [['a_step1_x.pt', 'b_step1_y.pt'], [0, 1]],
  ])('of %j are %j', (paths, steps) => {
    expect(stepsOf(paths)).toEqual(steps)
  })
})
