/** Every optimizer: PyTorch's ten steps, a parabola, Rosenbrock's valley, inputs left alone. */
import { describe, expect, test } from 'vitest'
import { defaultsOf, type SettingValues } from '@main/base/settings'
import { scoped, tf, type Tensor } from '@main/engine/tf'
import { optimizers } from '@main/lab/optimizers'
import type { Optimizer } from '@main/lab/optimizers/optimizer'
import golden from '../golden/optimizers.json'
import { expectClose, onEachBackend, useBackend, valuesOf } from '../fixtures/backends'
import { arraysOf, trainedOnPairs } from '../fixtures/goldens'

interface Descent {
  readonly optimizer: Optimizer
  readonly settings: SettingValues
  readonly start: readonly number[]
  readonly objective: (x: Tensor) => Tensor
  readonly steps: number
}

/** Where the optimizer ends up on an objective of a vector. */
function descend({ optimizer, settings, start, objective, steps }: Descent): number[] {
  return scoped(() => {
    let param: Tensor = tf.tensor1d([...start])
    let slots: Readonly<Record<string, Tensor>> = Object.fromEntries(
      optimizer.slots.map((slot) => [slot, tf.zeros([start.length])]),
    )
    for (let step = 1; step <= steps; step++) {
      const grad = tf.grad(objective)(param)
      ;({ param, slots } = optimizer.update(settings as never, { param, grad, slots, step }))
    }
    return valuesOf(param)
  })
}

/** Settings under which an optimizer with these fields descends both functions. */
function gentle(optimizer: Optimizer, learningRate: number): SettingValues {
  return { ...defaultsOf(optimizer.fields), weightDecay: 0, learningRate }
}

const isAdaptive = (optimizer: Optimizer): boolean => optimizer.slots.length > 1

describe.each([...optimizers])('$id', (optimizer) => {
  useBackend('cpu')

  test('finds the bottom of a parabola', () => {
    const objective = (x: Tensor): Tensor => x.sub(tf.tensor1d([3, -2])).square().mul(tf.tensor1d([1, 4])).sum()

    const found = descend({ optimizer, settings: gentle(optimizer, 0.05), start: [0, 0], objective, steps: 400 })

    expectClose(found, [3, -2], { atol: 1e-2 })
  })

  test('goes down the valley of Rosenbrock’s function', () => {
    const objective = (x: Tensor): Tensor => {
      const [a, b] = tf.split(x as tf.Tensor1D, 2) as [Tensor, Tensor]
      return tf.scalar(1).sub(a).square().add(b.sub(a.square()).square().mul(100)).sum()
    }
    const valueAt = (x: readonly number[]): number => (1 - x[0]!) ** 2 + 100 * (x[1]! - x[0]! ** 2) ** 2
    const settings = gentle(optimizer, isAdaptive(optimizer) ? 0.02 : 0.001)

    const found = descend({ optimizer, settings, start: [-1, 1], objective, steps: 1000 })

    // The valley's floor near (0, 0) has the value 1; less than half of that is well along it towards (1, 1).
    expect(valueAt(found)).toBeLessThan(0.5)
  })

  test('a zero gradient and no decay leave the weights where they are', () => {
    const objective = (x: Tensor): Tensor => x.mul(0).sum()

    expect(descend({ optimizer, settings: gentle(optimizer, 0.1), start: [1, -2], objective, steps: 3 })).toEqual([1, -2])
  })

  test('weight decay alone shrinks the weights', () => {
    const objective = (x: Tensor): Tensor => x.mul(0).sum()
    const settings = { ...gentle(optimizer, 0.1), weightDecay: 0.5 }

    const [found] = descend({ optimizer, settings, start: [1], objective, steps: 1 })

    expect(found).toBeGreaterThan(0)
    expect(found).toBeLessThan(1)
  })

  test('an update leaves its inputs as they were', () => {
    scoped(() => {
      const param = tf.tensor1d([1, 2])
      const grad = tf.tensor1d([0.5, -1])
      const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, tf.tensor1d([0.1, 0.2])]))
      optimizer.update(defaultsOf(optimizer.fields) as never, { param, grad, slots, step: 2 })

      expect([param, grad, ...Object.values(slots)].map(valuesOf)).toEqual([
        [1, 2],
        [0.5, -1],
        ...optimizer.slots.map(() => [...Float32Array.of(0.1, 0.2)]),
      ])
    })
  })
})

onEachBackend(() => {
  const { tolerance } = golden.header
  test.each(golden.cases)('ten steps equal PyTorch’s: $id', ({ optimizer, settings, p, d_mlp, initial, losses, final }) => {
    const trained = trainedOnPairs({
      p,
      model: { d_mlp },
      // The import gives each case the keys of all cases, absent ones undefined in the type only.
      optimizer: { id: optimizer, settings: settings as unknown as SettingValues },
      loss: 'mse',
      params: arraysOf(initial, { p, d_mlp }),
      steps: losses.length,
    })

    expectClose(trained.losses, losses, { rtol: 1e-5, atol: tolerance })
    expectClose(trained.params['W_in']!.data, final.W_in, { rtol: 1e-5, atol: tolerance })
    expectClose(trained.params['W_out']!.data, final.W_out, { rtol: 1e-5, atol: tolerance })
  })
})
