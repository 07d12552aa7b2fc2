/** The form by tables against the plain one (test/fixtures/ticket-perceptron.ts): the same logits, the same gradients. */
import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { scoped, tf, type Tensor } from '@main/engine/tf'
import embeddingPerceptron from '@main/lab/models/embedding-perceptron'
import type { Model } from '@main/lab/models/model'
import { createNetwork } from '@main/lab/models/network'
import { expectClose, onEachBackend, useBackend, valuesOf } from '../../../fixtures/backends'
import ticketPerceptron from '../../../fixtures/ticket-perceptron'

const dims = { n_ctx: 2, d_vocab: 7, d_vocab_out: 7 }
const settings = { d_model: 11, d_embed: 11, d_mlp: 6, activation: 'relu', initScale: 1 }
const { params } = embeddingPerceptron.init(settings as never, dims, createRng(3))
const tokens = Int32Array.of(0, 1, 4, 4, 2, 3, 6, 0, 5, 5)

function gradientsOf(model: Model, wants: boolean): { loss: number[]; grads: number[][] } {
  return scoped(() => {
    const names = Object.keys(params)
    const run = (...given: Tensor[]): Tensor => {
      const values = new Map(names.map((name, i) => [name, given[i]!]))
      const logits = model.forward(settings as never, {
        tokens: tf.tensor2d(tokens, [5, 2], 'int32'),
        mode: 'train',
        rng: createRng(0),
        isPlain: !wants,
        wants: () => wants,
        param: (name) => values.get(name)!,
        hook: (_name, activation) => activation,
        setBuffer: () => {},
      })
      return logits.square().mul(tf.range(1, 8)).sum()
    }
    const inputs = names.map((name) => tf.tensor(params[name]!.data, [...params[name]!.shape]))
    const { value, grads } = tf.valueAndGrads(run as never)(inputs)
    return { loss: valuesOf(value), grads: grads.map(valuesOf) }
  })
}

describe('a perceptron with an embedding', () => {
  onEachBackend(() => {
    test.each([false, true])('has the loss and gradients of its plain form; somebody looks between: %s', (wants) => {
      const [found, wanted] = [gradientsOf(embeddingPerceptron, wants), gradientsOf(ticketPerceptron, false)]

      expectClose(found.loss, wanted.loss, { rtol: 1e-5 })
      expect(found.grads.length).toBe(4)
      found.grads.forEach((grad, i) => expectClose(grad, wanted.grads[i]!, { rtol: 2e-5, atol: 2e-5 }))
    })
  })
})

describe('its initial weights', () => {
  useBackend('cpu')

  test('have the deviation kappa / √rows', () => {
    const wide = embeddingPerceptron.init({ d_model: 400, d_mlp: 48, activation: 'relu', initScale: 2 } as never, { n_ctx: 2, d_vocab: 67, d_vocab_out: 67 }, createRng(1))
    const found = Object.entries(wide.params).map(([name, { data, shape }]) => {
      const square = data.reduce((sum, value) => sum + value * value, 0) / data.length
      return [name, Math.sqrt(square * shape[0]!)] as const
    })

    for (const [, scaled] of found) expect(scaled).toBeCloseTo(2, 1)
    expect(found.map(([name]) => name)).toEqual(['W_E', 'W_in', 'W_out', 'W_U'])
  })
  test('an unordered pair has the logits of its mirror image', () => {
    const network = createNetwork(embeddingPerceptron, settings, dims, params)
    const [one, mirrored] = [[1, 5], [5, 1]].map((pair) => {
      const logits = network.run(Int32Array.from(pair))
      const values = valuesOf(logits)
      logits.dispose()
      return values
    })
    network.dispose()

    expect(one).toEqual(mirrored)
  })
})
