/** Every model, in every variant its settings offer: hook points complete, a hook really replaces, seeds decide. */
import { describe, expect, test } from 'vitest'
import { sizeOf } from '@main/base/array'
import { createRng } from '@main/base/rng'
import { defaultsOf, type SettingValues } from '@main/base/settings'
import { scoped, tf, type Tensor } from '@main/engine/tf'
import { models } from '@main/lab/models'
import type { Model } from '@main/lab/models/model'
import { createNetwork, type Network } from '@main/lab/models/network'
import golden from '../golden/perceptrons.json'
import { expectClose, onEachBackend, useBackend, valuesOf } from '../fixtures/backends'
import { arraysOf, trainedOnPairs } from '../fixtures/goldens'

const dims = { n_ctx: 2, d_vocab: 5, d_vocab_out: 5 }
const tokens = Int32Array.of(0, 1, 4, 4, 2, 3, 3, 0)

/** Sizes small enough for a test; a transformer of two layers, its heads not as wide as the stream allows. */
function narrow({ fields }: Model): SettingValues {
  const sizes = { d_mlp: 8, n_layers: 2, d_model: 8, n_heads: 2, d_head: 3 }
  return Object.fromEntries(Object.entries(sizes).filter(([key]) => key in fields))
}

/** Defaults, and each choice and switch away from its default, narrowed to width 8. */
function variants(model: Model): readonly { readonly name: string; readonly model: Model; readonly settings: SettingValues }[] {
  const base: SettingValues = { ...defaultsOf(model.fields), ...narrow(model) }
  const changed = Object.entries(model.fields).flatMap(([key, field]): readonly SettingValues[] => {
    if (field.kind === 'boolean') return [{ [key]: !field.default }]
    if (field.kind === 'choice') return field.choices.map((choice) => ({ [key]: choice }))
    return []
  })
  return [{}, ...changed].map((change) => ({
    name: `${model.id} ${JSON.stringify(change)}`,
    model,
    settings: { ...base, ...change },
  }))
}

function createFrom(model: Model, settings: SettingValues, seed = 1): Network {
  const { params, buffers } = model.init(settings as never, dims, createRng(seed))
  return createNetwork(model, settings, dims, { ...params, ...buffers })
}

/** Logits, as numbers. */
const logitsOf = (network: Network, hooks = {}): number[] => {
  const logits = network.run(tokens, hooks)
  const values = valuesOf(logits)
  logits.dispose()
  return values
}

describe.each([...models].flatMap(variants))('$name', ({ model, settings }) => {
  useBackend('cpu')
  const hookPoints = model.hookPoints(settings as never, dims)
  const within = <T>(use: (network: Network) => T): T => {
    const network = createFrom(model, settings)
    try {
      return use(network)
    } finally {
      network.dispose()
    }
  }

  test('the forward pass reaches exactly the declared hook points, in their order', () => {
    const reached: string[] = []
    within((network) => {
      const hooks = hookPoints.map(({ name }) => [name, (x: Tensor) => (reached.push(name), x)] as const)
      logitsOf(network, Object.fromEntries(hooks))
    })

    expect(reached).toEqual(hookPoints.map(({ name }) => name))
    expect(new Set(reached).size).toBe(reached.length)
  })

  test('recorded activations have the declared axes and shapes', () => {
    within((network) => {
      const { logits, cache } = network.record(tokens, hookPoints.map(({ name }) => name))
      const found = [...cache].map(([name, { shape }]) => ({ name, shape }))
      tf.dispose([logits, ...cache.values()])

      expect(found).toEqual(hookPoints.map(({ name, shape }) => ({ name, shape: [tokens.length / 2, ...shape] })))
      for (const { axes, shape } of hookPoints) expect(axes.length).toBe(shape.length + 1)
    })
  })

  test('an identity hook on every hook point changes nothing', () => {
    within((network) => {
      const identity = Object.fromEntries(hookPoints.map(({ name }) => [name, (x: Tensor) => x]))

      // With nobody looking a model may take a shorter way, which rounds otherwise.
      expectClose(logitsOf(network, identity), logitsOf(network), { atol: 5e-6 })
    })
  })

  test.each(hookPoints)('a hook at $name replaces the activation', ({ name }) => {
    within((network) => {
      const changed = logitsOf(network, { [name]: (x: Tensor) => x.mul(0).add(tf.linspace(0.3, 0.7, x.size / x.shape[0]!).reshape([1, ...x.shape.slice(1)])) })

      expect(changed).not.toEqual(logitsOf(network))
    })
  })

  test('logits are linear in the last hook point, or are its activation', () => {
    within((network) => {
      const { name, axes } = hookPoints.at(-1)!
      const isAnswer = axes.includes('d_vocab')
      const [once, twice, none] = [1, 2, 0].map((factor) => logitsOf(network, { [name]: (x: Tensor) => x.mul(factor) }))
      const { logits, cache } = network.record(tokens, [name])
      const found = { logits: valuesOf(logits), last: valuesOf(cache.get(name)!) }
      tf.dispose([logits, ...cache.values()])

      // Without a norm after it the last activation is what the unembedding reads, biases aside.
      expectClose(twice!.map((x, i) => x - none![i]!), once!.map((x, i) => 2 * (x - none![i]!)), { atol: 1e-4, rtol: 1e-4 })
      if (isAnswer) expect(found.last).toEqual(found.logits)
    })
  })

  test('the seed decides the weights, and parameters fit their axes', () => {
    const { params, buffers } = model.init(settings as never, dims, createRng(1))

    expect(model.init(settings as never, dims, createRng(1))).toEqual({ params, buffers })
    expect(model.init(settings as never, dims, createRng(2)).params).not.toEqual(params)
    for (const { axes, shape, data } of Object.values({ ...params, ...buffers })) {
      expect([axes.length, data.length]).toEqual([shape.length, sizeOf(shape)])
    }
  })

  test('training and evaluation reach the same hook points, and every parameter has a gradient', () => {
    const { params, buffers } = model.init(settings as never, dims, createRng(1))
    const names = Object.keys(params)
    const reached: string[] = []
    const sizes = scoped(() => {
      const all = Object.entries({ ...params, ...buffers }).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])])
      const fixed: Record<string, Tensor> = Object.fromEntries(all)
      const objective = (...given: Tensor[]): Tensor => {
        const now = { ...fixed, ...Object.fromEntries(names.map((name, i) => [name, given[i]!])) }
        const logits = model.forward(settings as never, {
          tokens: tf.tensor2d(tokens, [4, 2], 'int32'),
          mode: 'train',
          rng: createRng(3),
          param: (name) => now[name]!,
          hook: (name, x) => (reached.push(name), x),
          setBuffer: () => {},
          isPlain: false,
          wants: () => true,
        })
        return logits.mul(tf.range(1, logits.size + 1, 1).reshape(logits.shape)).sum()
      }
      return tf.grads(objective as never)(names.map((name) => fixed[name]!)).map((grad) => valuesOf(grad).some((x) => x !== 0))
    })

    expect(reached).toEqual(hookPoints.map(({ name }) => name))
    expect(Object.fromEntries(names.map((name, i) => [name, sizes[i]]))).toEqual(
      Object.fromEntries(names.map((name) => [name, true])),
    )
  })
})

onEachBackend(() => {
  const { tolerance } = golden.header
  test.each(golden.cases)('twenty steps equal PyTorch’s: $id', ({ settings, loss, p, initial, losses, buffers, ...rest }) => {
    const trained = trainedOnPairs({
      p,
      model: settings,
      optimizer: { id: 'adamw', settings: { learningRate: 0.01, weightDecay: 0.1, beta1: 0.9, beta2: 0.98 } },
      loss,
      params: arraysOf(initial, { p, d_mlp: settings.d_mlp }),
      steps: losses.length,
      rng: [1, 2, 3, 4],
    })

    expectClose(trained.losses, losses, { rtol: tolerance })
    expectClose(trained.logitsOfFirstPairs, rest.logitsOfFirstPairs, { atol: 10 * tolerance, rtol: 10 * tolerance })
    for (const [name, wanted] of Object.entries(buffers)) {
      expectClose(trained.buffers[name]!.data, wanted as number[], { rtol: tolerance, atol: tolerance })
    }
  })
})
