import { describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import { complaintsAbout, completeSpec, resolveSetup } from '@main/lab/recipes/resolve-setup'
import type { RunSpec } from '@main/lab/train/run-spec'
import { tinySpec } from '../../../fixtures/training'

const pathsOf = (spec: RunSpec): string[] => complaintsAbout(spec).map(({ path }) => path)

describe('resolving a specification', () => {
  test('a sound specification gives the dataset, the parts and complete settings', () => {
    const setup = resolveSetup(tinySpec({ schedule: { batchSize: 8 } }))

    expect(setup).toMatchObject({
      ok: true,
      value: {
        seed: 1,
        dataset: { exampleCount: 49, d_vocab: 7 },
        modelSettings: { d_mlp: 8, activation: 'quadratic', batchNorm: false, dropout: 0 },
        optimizerSettings: { learningRate: 0.01, beta2: 0.98 },
        schedule: { steps: 12, batchSize: 8, stopWhen: 'never' },
      },
    })
  })

  test('every wrong setting is named by its path', () => {
    const spec: RunSpec = {
      ...tinySpec({ task: { p: 1.5, share: 0.5 }, model: { activation: 'cubic', dropout: 1 }, schedule: { steps: -1 } }),
      seed: -3,
    }

    expect(pathsOf(spec)).toEqual(['task.p', 'task.share', 'model.activation', 'model.dropout', 'schedule.steps', 'seed'])
  })

  test('an unknown part is named with the nearest known ones', () => {
    const spec = { ...tinySpec(), optimizer: { id: 'adamm', settings: {} } }

    expect(complaintsAbout(spec)).toEqual([
      { path: 'optimizer', message: "unknown optimizer 'adamm'; nearest: adam, adamw, sgd" },
    ])
  })

  test('division by a composite modulus, a batch beyond the training set and an empty one are refused', () => {
    expect(pathsOf(tinySpec({ task: { operation: '/', p: 9 } }))).toEqual(['task.p'])
    expect(pathsOf(tinySpec({ schedule: { batchSize: 30 } }))).toEqual(['schedule.batchSize'])
    expect(pathsOf(tinySpec({ schedule: { batchSize: 29 } }))).toEqual([])
    expect(pathsOf(tinySpec({ task: { p: 2, trainFraction: 0.2 } }))).toEqual(['task.trainFraction'])
  })

  test('the failure is the first complaint and carries all of them', () => {
    const result = resolveSetup(tinySpec({ task: { p: 0, trainFraction: 2 } }))

    expect(result).toMatchObject({
      ok: false,
      error: {
        code: 'SETTING_INVALID',
        message: 'task.p: p is 0; expected an integer from 2 to 499',
        detail: { complaints: [{ path: 'task.p' }, { path: 'task.trainFraction' }] },
      },
    })
  })

  test('a complete specification is a fixed point, and resolves to the same setup', () => {
    const complete = completeSpec(tinySpec())

    const [again, wanted] = [complete, tinySpec()].map((spec) => {
      const { tokenText, ...setup } = unwrap(resolveSetup(spec))
      return { ...setup, text: tokenText(3) }
    })

    expect(completeSpec(complete)).toEqual(complete)
    expect(again).toEqual(wanted)
  })

  test('settings of the model, the loss and the schedule do not shift split and labels', () => {
    const plain = resolveSetup(tinySpec())
    const other = resolveSetup(tinySpec({ model: { d_mlp: 16, dropout: 0.5 }, loss: 'cross-entropy', schedule: { batchSize: 4 } }))

    expect(other.ok && other.value.dataset).toEqual(plain.ok && plain.value.dataset)
  })
})
